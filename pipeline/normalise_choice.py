"""The words of an answer → its code. Which box is ticked is settled before, where the boxes are."""

import difflib
import re
from collections.abc import Sequence

from pipeline.model import Option, Problem
from pipeline.normalise_base import Normalised, fold, refuse

# A misread answer still is its option when four characters in five agree and no other option comes near.
_ALIKE = 0.8
_FUZZY_LENGTH = 4
_BETWEEN = re.compile(r"[、，,；;]")


def choice(raw: str, options: Sequence[Option], *, ocr: bool) -> Normalised:
    """One code. Two answers, or none that is known, is a Problem."""
    codes, _ = _named(raw, options)
    if not codes and ocr and (near := _nearest(fold(raw), options)):
        codes = [near]
    if len(codes) == 1:
        return Normalised(codes[0])
    words = "、".join(option.labels[0] for option in options)
    if codes:
        return refuse("ambiguous", f"“{raw.strip()}”选了不止一项，应为{words}之一")
    return refuse("unreadable", f"“{raw.strip()}”不是可选项，应为{words}之一")


def choices(raw: str, options: Sequence[Option], *, ocr: bool) -> Normalised:
    """Codes in the form's order; words that are no option are told, and the known ones kept."""
    codes, rest = _named(raw, options)
    strange: list[str] = []
    for word in rest:
        near = _nearest(word, options) if ocr else None
        (codes if near else strange).append(near or word)
    if not codes:
        return refuse("unreadable", f"“{raw.strip()}”不含可选项")
    ordered = tuple(option.code for option in options if option.code in codes)
    unknown = Problem("unknown-option", f"“{'、'.join(strange)}”不是可选项") if strange else None
    return Normalised(ordered, None, unknown)


def _named(raw: str, options: Sequence[Option]) -> tuple[list[str], list[str]]:
    """The codes whose words stand in the text, the longest words first so that 不是 is not 是, and what is left."""
    labels = sorted(((fold(label), o.code) for o in options for label in o.labels), key=lambda p: (-len(p[0]), p))
    for label, code in labels:
        if fold(raw) == label:
            return [code], []
    codes: list[str] = []
    rest: list[str] = []
    for part in _BETWEEN.split(raw):
        text = fold(part)
        for label, code in labels:
            if label in text:
                codes.append(code)
                text = text.replace(label, "\0")
        rest += [word for word in text.split("\0") if word]
    return list(dict.fromkeys(codes)), rest


def _nearest(word: str, options: Sequence[Option]) -> str | None:
    if len(word) < _FUZZY_LENGTH:
        return None
    near = {
        option.code
        for option in options
        for label in option.labels
        if difflib.SequenceMatcher(None, word, fold(label), autojunk=False).ratio() >= _ALIKE
    }
    return near.pop() if len(near) == 1 else None
