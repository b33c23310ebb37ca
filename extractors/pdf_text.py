"""Glyphs of a PDF page → lines of text: doubled glyphs, hidden ones, gaps; and is the text sound at all?"""

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

from extractors.grid import Ruling
from extractors.lines import TAB_GAP, WORD_GAP, hull
from extractors.pdf_content import Glyph, PageContent
from pipeline.model import BBox, Line

DOUBLED = 0.12  # in sizes: the same character this near is painted again to look bold
SMALLEST = 1.5  # points; smaller text is not meant to be read
UNREADABLE_SHARE = 0.03  # of a page's characters; the values are less than half of a form
SHORT = 4  # glyphs: so many may be painted out of their line's order
BAND = 12.0  # points
ENOUGH = 20  # characters that tell something about a page's text


def text_lines(content: PageContent) -> tuple[Line, ...]:
    """The visible text as runs: characters that follow each other with no wide gap and no rule between them."""
    rules = sorted(content.verticals)
    positions = [rule.position for rule in rules]
    runs: list[list[Glyph]] = []
    spaced = False
    for glyph in _visible(content):
        if glyph.text.isspace():
            spaced = True
            continue
        last = runs[-1][-1] if runs else None
        if last and _follows(last, glyph) and not _is_ruled_off(last, glyph, rules, positions):
            space = " " if _is_gap(last, glyph, spaced) else ""
            runs[-1].append(glyph._replace(text=space + glyph.text))
        else:
            runs.append([glyph])
        spaced = False
    return tuple(Line("".join(glyph.text for glyph in run), hull(glyph.box for glyph in run)) for run in _spliced(runs))


def _spliced(runs: Sequence[list[Glyph]]) -> list[list[Glyph]]:
    """The runs, a short one within the gap that a longer one leaves for it: a box of another font, or a drawn one,
    is painted before or after the line that it stands in."""
    runs = [part for run in runs for part in ([[g] for g in run] if _is_marks(run) else [run])]
    bands: dict[int, list[list[Glyph]]] = {}
    for run in runs:
        bands.setdefault(_band(run[0].box), []).append(run)
    taken: set[int] = set()
    for run in (run for run in runs if len(run) <= SHORT):
        near = [other for step in (-1, 0, 1) for other in bands.get(_band(run[0].box) + step, ())]
        host = next(((o, place) for o in near if id(o) not in taken and (place := _place_in(o, run))), None)
        if host is not None:
            other, place = host
            after = other[place]._replace(text=other[place].text.lstrip(" "))
            other[place - 1 : place + 1] = _parted([other[place - 1], *run, after])
            taken.add(id(run))
    return [run for run in runs if id(run) not in taken]


def _is_marks(run: Sequence[Glyph]) -> bool:
    """Marks without any word: those of one line may belong to several places of it."""
    return 1 < len(run) <= SHORT and not any(char.isalnum() for glyph in run for char in glyph.text)


def _place_in(host: Sequence[Glyph], run: Sequence[Glyph]) -> int | None:
    """Between which glyphs of the host the run stands: the index of the one after it."""
    middle = (run[0].box.x0 + run[-1].box.x1) / 2
    if host is run or len(host) <= len(run) or not host[0].box.x1 <= middle <= host[-1].box.x0:
        return None
    place = next(i for i, glyph in enumerate(host) if glyph.box.x0 >= middle)
    before, after, slack = host[place - 1], host[place], 0.2 * host[0].size
    fits = before.box.x1 - slack <= run[0].box.x0 and run[-1].box.x1 <= after.box.x0 + slack
    shared = min(before.box.bottom, run[0].box.bottom) - max(before.box.top, run[0].box.top)
    level = shared > 0.5 * min(before.box.bottom - before.box.top, run[0].box.bottom - run[0].box.top)
    return place if fits and level and not before.turned and not run[0].turned else None


def _parted(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The glyphs with a space where a gap parts two."""
    return [
        glyphs[0],
        *(
            glyph._replace(text=(" " if _is_gap(last, glyph, False) else "") + glyph.text.lstrip(" "))
            for last, glyph in pairwise(glyphs)
        ),
    ]


def _band(box: BBox) -> int:
    return int((box.top + box.bottom) / 2 // BAND)


def is_sound(text: str) -> bool:
    """False when the characters are not what the page shows: codes without Unicode, private use, random Han."""
    text = "".join(text.split())
    if len(text) < ENOUGH:
        return _unreadable(text) * 2 <= len(text)
    return _unreadable(text) <= UNREADABLE_SHARE * len(text) and not _is_random(text)


def _unreadable(text: str) -> int:
    """Characters without a meaning; a symbol font's bullets (U+F0xx) are none of them."""
    codes = sum(char == "\ufffd" or unicodedata.category(char) in {"Co", "Cn", "Cc", "Cs"} for char in text)
    bullets = sum("\uf000" <= char <= "\uf0ff" for char in text)
    return text.count("(cid:") * 5 + codes - bullets


def _is_random(text: str) -> bool:
    """Han text mostly outside of both common character sets, or hardly any letter at all."""
    han = [char for char in text if "\u3400" <= char <= "\u9fff"]
    if len(han) >= ENOUGH:
        return all(_encodable(han, charset) < 0.8 * len(han) for charset in ("gb2312", "big5"))
    symbols = sum(char in "!\"#$%&'*+,:;<=>?@[\\]^`{|}~" for char in text)
    return symbols > 0.5 * len(text)


def _encodable(chars: Iterable[str], charset: str) -> int:
    return sum(bool(char.encode(charset, "ignore")) for char in chars)


def _visible(content: PageContent) -> Iterable[Glyph]:
    """Glyphs that a reader sees, once each: no white ones on white, no specks, no slanted watermark."""
    seen: dict[tuple[str, int, int], list[tuple[float, float]]] = {}
    for glyph in content.glyphs:
        if glyph.size < SMALLEST or glyph.slanted or (glyph.white and not _on_colour(glyph.box, content)):
            continue
        if not glyph.text.isspace() and _is_repeated(glyph, seen):
            continue
        yield glyph


def _on_colour(box: BBox, content: PageContent) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.top + box.bottom) / 2
    grounds = [*content.fills, *(picture.box for picture in content.pictures)]
    return any(ground.x0 <= x <= ground.x1 and ground.top <= y <= ground.bottom for ground in grounds)


def _is_repeated(glyph: Glyph, seen: dict[tuple[str, int, int], list[tuple[float, float]]]) -> bool:
    near = max(DOUBLED * glyph.size, 0.5)
    x, y = glyph.box.x0, glyph.box.top
    column, row = int(x // 4), int(y // 4)
    reach = [0, -1, 1]
    for dx in reach:
        for dy in reach:
            for px, py in seen.get((glyph.text, column + dx, row + dy), ()):
                if abs(px - x) <= near and abs(py - y) <= near:
                    return True
    seen.setdefault((glyph.text, column, row), []).append((x, y))
    return False


def _follows(last: Glyph, glyph: Glyph) -> bool:
    """Does the glyph go on with the run on the same baseline, without a gap that a tab would stand for?"""
    if last.turned != glyph.turned:
        return False
    if glyph.turned:
        return abs(last.box.x0 - glyph.box.x0) < 0.5 * glyph.size and _distance(last, glyph) < TAB_GAP * glyph.size
    shared = min(last.box.bottom, glyph.box.bottom) - max(last.box.top, glyph.box.top)
    height = min(last.box.bottom - last.box.top, glyph.box.bottom - glyph.box.top)
    gap = glyph.box.x0 - last.box.x1
    return shared > 0.5 * height and -0.5 * glyph.size < gap < TAB_GAP * max(last.size, glyph.size)


def _is_ruled_off(last: Glyph, glyph: Glyph, rules: Sequence[Ruling], positions: Sequence[float]) -> bool:
    """Does a vertical rule stand between the two, so that they are in different cells?"""
    left, right = (last.box.x0 + last.box.x1) / 2, (glyph.box.x0 + glyph.box.x1) / 2
    middle = (glyph.box.top + glyph.box.bottom) / 2
    between = rules[bisect_left(positions, left) : bisect_left(positions, right)]
    return any(rule.start <= middle <= rule.end for rule in between)


def _is_gap(last: Glyph, glyph: Glyph, space: bool) -> bool:
    gap = glyph.box.x0 - last.box.x1
    if glyph.turned:
        gap = _distance(last, glyph)
    return gap > (0.05 if space else WORD_GAP) * glyph.size


def _distance(last: Glyph, glyph: Glyph) -> float:
    return max(glyph.box.top - last.box.bottom, last.box.top - glyph.box.bottom)


def visible_text(content: PageContent) -> str:
    """All visible characters without spaces, for judging them."""
    return "".join(glyph.text for glyph in _visible(content) if not glyph.text.isspace())


def mostly_turned(glyphs: Sequence[Glyph]) -> bool:
    """Does most text not run from left to right, so that the page would have to be turned to be read?"""
    return sum(glyph.turned for glyph in glyphs) > 0.6 * len(glyphs)
