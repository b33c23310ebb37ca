"""Answers' marks from a page's pixels: recognisers drop boxes, read 口 for ticked and empty ones alike, and V for √.

A mark is a square or a circle about as high as the text beside it, or a tick. Its shape tells its state; its place,
and what the recogniser saw there, tell it from a character: it stands where an option starts or ends, and the marks
of a list are alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import inf
from unicodedata import category

import numpy as np
import numpy.typing as npt

from extractors.mark_shapes import Columns, Shape
from extractors.ocr import Reading
from pipeline.model import TICKED, UNCLEAR, UNTICKED, BBox

Image = npt.NDArray[np.uint8]

_SAME_SIZE = 0.15
_MIDWAY = 0.35  # of the line's height: nobody says to which side a tick belongs that is no nearer to one than this
_DOUBTFUL = 0.5  # the most that a line with an unclear box is worth
TICK = "√"
# What recognisers make of a mark, besides symbols or nothing at all; all of it is also writing, which the place tells.
_SQUARE_CHARACTERS = frozenset("囗口回")
_MISREAD_BOX = _SQUARE_CHARACTERS | frozenset("凹冈xXvVdOoQ0〇")
_ANGULAR = frozenset("凹冈xXvVd")  # no ring is taken for these
_SQUARE = 4  # corners: no letter and no figure has as many
_QUOTES = frozenset("“”‘’")  # so narrow that their place may seem to be in the mark beside them; as are brackets
_BOX_OR_PAPER = _MISREAD_BOX | _QUOTES | {" "}
_MISREAD_TICK = frozenset("VvJjYyLrU/丿レ人入乂")
_NO_BOX = frozenset("=©®")
_TICKS = frozenset("/\\,，、'’‘7丿")  # what they make of a pen's tick beyond the box
_NEAR = 0.18  # of the line's height: a character whose centre is as near to a shape as that stands in it
_ROOM = 1.5  # of the line's height: no two characters of a word have their middles so far apart
_WORD, _WIDE_SET = 0.75, 1.1  # of the line's height: how near the next character stands in a word, and in wide figures
_PRINTED = 0.75  # of the line's height: a printed tick is no higher
_SPACE = 0.6  # of the line's height: more paper than stands between two characters of a word
_OPENING, _CLOSING = frozenset("（(【[〔"), frozenset("）)】]〕")
_BRACKETS = _OPENING | _CLOSING
_EM = 1.25  # of a box's side: the characters beside it
_IN_FIGURES = frozenset(".,·")  # after them, as after a digit, a ring is a nought and a stroke a seven or a one
_PER_CENT, _RING = frozenset("%％‰"), 0.6  # of the line's height: what is lower behind them is their second ring
_JOINTS = frozenset("-.,")  # of figures and codes
_ROUND = frozenset("0Oo")  # all that a line says, broken off a code or a figure
_NUMERALS = frozenset("零〇一二三四五六七八九十年")


@dataclass(frozen=True, slots=True)
class CheckBox:
    """A mark's place in pixels and what stands for it: TICKED, UNTICKED or UNCLEAR, and √ for a tick without a box."""

    bbox: BBox
    mark: str


def places_of_boxes(line: BBox, reading: Reading, alike: Sequence[Shape] = ()) -> list[Columns]:
    """The columns within which a box must stand to be a mark: between characters that no box is taken for.

    One that is like the marks given, of the line or its neighbours, needs no more room than the smallest may."""
    height, placed = line.bottom - line.top, _placed(reading, line)
    em = min([height, *(_EM * ((1 - _SAME_SIZE) * _side(box.bbox) - 1) for box in alike if box.kind == "box")])
    firm = [-1, *_firm(placed, height), len(placed)]
    places = []
    for left, right in pairwise(firm):
        before = placed[left][0] if left >= 0 else -inf
        after = placed[right][0] if right < len(placed) else inf
        seen = any(char not in _QUOTES for _, char in placed[left + 1 : right])
        if seen or after - before > _ROOM * em:
            places.append((before + _NEAR * height, after - _NEAR * height))
    return places


def _firm(placed: Sequence[tuple[float, str]], height: float) -> list[int]:
    """Which characters no box is taken for; nor is a 0 or x for any that stands among others of a figure or a code."""
    runs: list[list[int]] = []
    for index, (x, char) in enumerate(placed):
        before = placed[index - 1] if index else (-inf, "")
        if _in_code(char) and _in_code(before[1]) and x - before[0] <= (_WIDE_SET - _NEAR) * height:
            runs[-1].append(index)
        else:
            runs.append([index])
    return [index for run in runs if not all(_may_be_box(placed[i][1]) for i in run) for index in run]


def _may_be_box(char: str) -> bool:
    """Whether a character beside which there may be a box, or that a box is taken for."""
    return char in _BOX_OR_PAPER or _is_symbol(char)


def sure_marks(shapes: Sequence[Shape], line: BBox, reading: Reading) -> tuple[Shape, ...]:
    """The shapes that are marks by themselves, whatever else the list may show."""
    free = [shape for shape in shapes if shape.clear and _free(shape, line, reading)]
    height = line.bottom - line.top
    apart = [shape for shape in free if shape.kind == "tick" or not _like_writing(shape, line, reading)]
    doubtful = [shape for shape in free if shape not in apart and shape.before > _SPACE * height]
    return tuple(apart) + tuple(
        shape
        for shape in doubtful
        if sum(_same_size(shape.bbox, other.bbox) for other in doubtful) > 1
        or (shape.mark == TICKED and not _SQUARE_CHARACTERS & set(_seen(shape, line, reading)))
    )


def marks_of_line(shapes: Sequence[Shape], line: BBox, reading: Reading, sure: Sequence[Shape]) -> tuple[CheckBox, ...]:
    """The shapes that are marks and not characters; `sure` are those of the line and of its neighbours in the cell."""
    boxes = [shape for shape in sure if shape.kind == "box"]
    alike = [s for s in shapes if s.kind == "box" and any(_same_size(s.bbox, other.bbox) for other in boxes)]
    return tuple(
        CheckBox(shape.bbox, TICK if shape.kind == "tick" else shape.mark)
        for shape in shapes
        if ((shape in sure or shape in alike) and _free(shape, line, reading))
        or (shape in alike and shape.clear and _is_dropped(shape, line, reading))  # a tick ties it to what is beside it
    )


def ticks_lead(readings: Sequence[Reading]) -> bool | None:
    """Whether a page's ticks without boxes stand before their options, by the lines that one begins or ends; None where
    no line tells or they differ."""
    texts = [reading.text.strip() for reading in readings if len(reading.text.strip()) > 1]
    begin, end = (any(told) for told in ([t[0] == TICK for t in texts], [t[-1] == TICK for t in texts]))
    return begin if begin != end else None


def without_boxes(reading: Reading, line: BBox, marks: Sequence[CheckBox]) -> Reading:
    """The reading without what the recogniser saw in the boxes' places, as sure as its other characters are.

    It is worth nothing where a ticked box was not seen, since a pen's tick hides the character beside it too."""
    near = _NEAR * (line.bottom - line.top)

    def holds(mark: CheckBox, x: float) -> bool:
        return mark.bbox.x0 - near <= x <= mark.bbox.x1 + near

    def beside(place: float) -> bool:
        return not any(holds(mark, line.x0 + place * (line.x1 - line.x0)) for mark in marks)

    placed = [(x, char) for x, char in _placed(reading, line) if char != " "]
    hidden = any(mark.mark != UNTICKED and not any(holds(mark, x) for x, _ in placed) for mark in marks)
    kept = [(char, x) for char, x in zip(reading.text, reading.places, strict=True) if char in _QUOTES or beside(x)]
    sure = tuple((place, sureness) for place, sureness in reading.sure if beside(place))
    confidence = min((sureness for _, sureness in sure), default=reading.confidence)
    return Reading("".join(char for char, _ in kept), 0.0 if hidden else confidence, tuple(x for _, x in kept), sure)


def with_marks(reading: Reading, line: BBox, marks: Sequence[CheckBox], leads: bool | None = None) -> Reading:
    """A line that was read without its boxes, with each mark at its place in the text.

    `places` stay those of the characters alone; a box that is unclear, or a tick without one that may belong to either
    side, makes the line doubtful. `leads` is what the page tells of such ticks."""
    symbols, height = _symbols(reading, line, marks), line.bottom - line.top
    unclear = any(mark.mark == UNCLEAR for mark in marks) or _is_midway(symbols, height, leads)
    confidence = min(reading.confidence, _DOUBTFUL) if unclear else reading.confidence
    return replace(reading, text=_marked_text(symbols, height, leads), confidence=confidence)


def _symbols(reading: Reading, line: BBox, marks: Sequence[CheckBox]) -> list[tuple[float, str]]:
    """The line's characters and marks by their middles, without the spaces beside marks."""
    height = line.bottom - line.top
    symbols = [(x, char) for x, char in _placed(reading, line) if not _part_of_a_mark(x, char, marks, height)]
    symbols = sorted([*symbols, *(((mark.bbox.x0 + mark.bbox.x1) / 2, mark.mark) for mark in marks)])
    solid = [char for _, char in symbols if char != " "]
    words = accumulate(char != " " for _, char in symbols)
    beside = [any(map(_is_mark, solid[max(0, count - 1) : count + 1])) for count in words]
    return [symbol for symbol, is_beside in zip(symbols, beside, strict=True) if symbol[1] != " " or not is_beside]


def _is_midway(symbols: Sequence[tuple[float, str]], height: float, leads: bool | None) -> bool:
    """Whether a tick without box or brackets stands about as far from the word before it as from the one after it, and
    the page does not bear out which is the nearer one."""
    return any(
        char == TICK
        and abs((x - before) - (after - x)) < _MIDWAY * height
        and (x - before >= after - x) is not leads
        and not (left in _OPENING and right in _CLOSING)
        for (before, left), (x, char), (after, right) in zip(symbols, symbols[1:], symbols[2:], strict=False)
    )


def _marked_text(symbols: Sequence[tuple[float, str]], height: float, leads: bool | None) -> str:
    text = ""
    for index, (x, char) in enumerate(symbols):
        before = x - symbols[index - 1][0] if index else 0.0
        after = symbols[index + 1][0] - x if index + 1 < len(symbols) else 1.25 * height
        if _is_mark(char) and before and not text.endswith((" ", *_BRACKETS)):
            # A mark is set apart from the option that it does not belong to.
            is_midway = char == TICK and abs(before - after) < _MIDWAY * height
            is_its = leads if is_midway and leads is not None else before >= after
            text += f" {char}" if is_its else f"{char} "
        else:
            text += char
    return text.strip()


def _part_of_a_mark(x: float, char: str, marks: Sequence[CheckBox], height: float) -> bool:
    """A mark's own strokes, and a pen's tick that runs beyond its box, are not read again."""
    near = 0.35 * height
    read_again = char in _TICKS or _is_symbol(char)
    return any(
        (read_again and mark.bbox.x0 - near <= x <= mark.bbox.x1 + near)
        or (mark.mark == TICK and char in _MISREAD_TICK and mark.bbox.x0 <= x <= mark.bbox.x1)
        for mark in marks
    )


def blanked(image: Image, marks: Sequence[CheckBox]) -> Image:
    """The image with the boxes painted over in the paper's colour; the very image given where there are none."""
    clean = image.copy() if marks else image
    for mark in marks:
        margin = max(2, round(0.06 * (mark.bbox.x1 - mark.bbox.x0)))
        x0, top = max(0, round(mark.bbox.x0) - margin), max(0, round(mark.bbox.top) - margin)
        part = clean[top : round(mark.bbox.bottom) + margin, x0 : round(mark.bbox.x1) + margin]
        part[:] = np.percentile(part, 90, axis=(0, 1)).astype(np.uint8)
    return clean


def _free(shape: Shape, line: BBox, reading: Reading) -> bool:
    """Whether what the recogniser saw in the shape's place may be a mark."""
    misread = _MISREAD_BOX if shape.kind == "box" else _MISREAD_TICK
    seen = _seen(shape, line, reading)
    if not (shape.alone or any(_is_symbol(char) or (shape.kind == "tick" and char in misread) for char in seen)):
        return False
    if shape.kind == "box" and not shape.corners:
        misread = misread - _ANGULAR
    if not all(char in misread or char == " " or _is_symbol(char) for char in seen):
        return False
    own = _SQUARE_CHARACTERS if shape.mark == UNTICKED else _MISREAD_BOX - _ANGULAR
    if shape.corners == _SQUARE and shape.clear and not own & set(seen):
        return _is_among_words(shape, line, reading, seen)
    if not seen and not _has_room(shape, line, reading) and not _is_bracketed(shape, line, reading):
        return False
    before, after = _around(shape, line, reading)
    if before.isdigit() or before in _IN_FIGURES or reading.text.strip() in _ROUND:
        return False
    if before in _PER_CENT and _side(shape.bbox) < _RING * (line.bottom - line.top):
        return False
    if _in_code(before) and _in_code(after):
        return False
    before, after = _around(shape, line, reading, _WIDE_SET)
    if any(_in_code(char) for char in seen):
        return not (_in_code(before) or _in_code(after))
    return not (before and before in _NUMERALS and after and after in _NUMERALS)


def _is_among_words(shape: Shape, line: BBox, reading: Reading, seen: Sequence[str]) -> bool:
    """Whether a square is a mark however near words stand to it: not beside a figure, nor a box for a single character
    of a code."""
    if any(char.isdigit() or char in _IN_FIGURES for char in _around(shape, line, reading)):
        return False
    if any(_in_code(char) for char in seen):
        return not _in_code(_around(shape, line, reading, _WIDE_SET)[0])
    return bool(seen) or _has_room(shape, line, reading, _side(shape.bbox))


def _is_dropped(shape: Shape, line: BBox, reading: Reading) -> bool:
    """Whether the recogniser saw paper in the shape's place although there is room for something."""
    em = min(line.bottom - line.top, _EM * _side(shape.bbox))  # a pen makes a line higher than its characters
    return all(map(str.isspace, _seen(shape, line, reading))) and _has_room(shape, line, reading, em)


def _has_room(shape: Shape, line: BBox, reading: Reading, em: float | None = None) -> bool:
    """Whether the characters on both sides stand so far apart that the shape is no part of either."""
    (before, _), (after, _) = _neighbours(shape, line, reading)
    return after - before > _ROOM * (em or line.bottom - line.top)


def _is_bracketed(shape: Shape, line: BBox, reading: Reading) -> bool:
    """Whether a tick stands in brackets."""
    (_, before), (_, after) = _neighbours(shape, line, reading)
    return shape.kind == "tick" and before in _OPENING and after in _CLOSING


def _neighbours(shape: Shape, line: BBox, reading: Reading) -> tuple[tuple[float, str], tuple[float, str]]:
    """The characters nearest to a shape's middle, with their places."""
    middle = (shape.bbox.x0 + shape.bbox.x1) / 2
    placed = [(x, char) for x, char in _placed(reading, line) if not char.isspace()]
    before = max(((x, char) for x, char in placed if x <= middle), default=(-inf, ""))
    after = min(((x, char) for x, char in placed if x > middle), default=(inf, ""))
    return before, after


def _like_writing(shape: Shape, line: BBox, reading: Reading) -> bool:
    """Whether the recogniser saw a character that boxes are taken for."""
    return any(char in _MISREAD_BOX for char in _seen(shape, line, reading))


def _in_code(char: str) -> bool:
    """Whether a character is one of those of figures, codes and addresses."""
    return (char.isascii() and char.isalnum()) or char in _JOINTS


def _around(shape: Shape, line: BBox, reading: Reading, reach: float = _WORD) -> tuple[str, str]:
    """The characters just before and after a shape, if they stand within `reach`, in heights of the line."""
    height = line.bottom - line.top
    before = after = ""
    for x, char in _placed(reading, line):
        if shape.bbox.x0 - reach * height <= x < shape.bbox.x0 - _NEAR * height:
            before = char.strip()
        elif shape.bbox.x1 + _NEAR * height < x <= shape.bbox.x1 + reach * height and not after:
            after = char.strip()
    return before, after


def _seen(shape: Shape, line: BBox, reading: Reading) -> list[str]:
    near = _NEAR * (line.bottom - line.top)
    # A pen's tick reaches over the character that follows, but a narrow one whose middle is in it it is made of; a
    # printed tick reaches over none.
    by_pen = shape.kind == "tick" and _side(shape.bbox) > _PRINTED * (line.bottom - line.top)
    end = shape.bbox.x0 + 0.7 * (shape.bbox.x1 - shape.bbox.x0) if by_pen else shape.bbox.x1 + near
    narrow = _QUOTES | _BRACKETS if shape.kind == "tick" else _QUOTES
    return [
        char
        for x, char in _placed(reading, line)
        if shape.bbox.x0 - near <= x <= (max(end, shape.bbox.x1) if _in_code(char) else end) and char not in narrow
    ]


def _placed(reading: Reading, line: BBox) -> list[tuple[float, str]]:
    width = line.x1 - line.x0
    return [(line.x0 + place * width, char) for place, char in zip(reading.places, reading.text, strict=True)]


def _is_symbol(char: str) -> bool:
    """□ ☑ ⊠ ✓ and their like, which no word has; not what looks like a box and is itself."""
    return category(char) in ("So", "Sm") and char not in _NO_BOX


def _is_mark(char: str) -> bool:
    return char in (TICKED, UNTICKED, UNCLEAR, TICK)


def _same_size(a: BBox, b: BBox) -> bool:
    return abs(_side(a) - _side(b)) <= _SAME_SIZE * max(_side(a), _side(b)) + 1


def _side(box: BBox) -> float:
    return box.bottom - box.top
