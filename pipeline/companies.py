"""Names of companies, for telling whether two are one."""

import difflib
import re

from pipeline.normalise_base import fold

_ALIKE = 0.85  # a character or two in a name of ten or more
_SEAL = re.compile(r"[（(](?:盖章|公章|签章|加盖公章|单位公章)[）)]")


def company_key(name: str) -> str:
    """A company's whole name without what typing changes: width, spaces, brackets, a printed （盖章）."""
    return fold(_SEAL.sub("", name))


def same_company(one: str, other: str) -> bool:
    return company_key(one) == company_key(other)


def alike(one: str, other: str) -> bool:
    """Whether a misread character or two could be all that parts them; they are not the same."""
    a, b = company_key(one), company_key(other)
    return a != b and difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() >= _ALIKE
