"""A city's list of recommended projects (附件2)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CityList:
    """One city's list."""

    city: str
