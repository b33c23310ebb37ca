"""Lists of companies in bad standing that staff supply."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Registries:
    """The lists by USCC and by name."""
