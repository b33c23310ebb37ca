"""Labels that a narrow column breaks over two lines beside their value, made whole in the first line. Pure geometry.

净利润（万　1237.61 and 元）： under it become 净利润（万元）：　1237.61: the value stands on the first line's height.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from extractors.lines import box_of, halves
from pipeline.model import BBox, Line

_LEADING = 1.0  # in heights of the text: lines further apart are not one label
_MOST = 600  # lines of a page; a form has a hundred
_END = re.compile(r"[^：:\s]{0,22}[：:）)]+|[一-鿿]{1,12}(?=\s|$)")  # what a broken label ends with
_VALUE = re.compile(  # a space, or what recognition writes right behind a label: a figure, a date, a box, brackets
    r"\s+|(?<=[一-鿿])(?=[（(☐☑□■]|\d[\d,.，/-]*(?:万元|元|人|%)?(?:\s|$)|\d{4}年\d)"
)
_UNIT = re.compile(r"[（(]")  # a whole label may be followed by its unit
_VALUED = re.compile(r"[：:].{4}")  # a label with its value; a unit is shorter: （单位：万
_PLACES = 12  # words of a line at which a label may begin or end


def whole_labels(lines: Sequence[Line], is_label: Callable[[str], bool]) -> list[Line]:
    """The lines, with the rest of a broken label moved to where it was broken; what stood behind the rest stays."""
    if any(line.bbox is None for line in lines) or len(lines) > _MOST:
        return list(lines)
    whole: list[Line] = []
    for line in lines:
        left: Line | None = line
        while left is not None:
            left = _joined_above(left, whole, is_label)
    return whole


def _joined_above(line: Line, whole: list[Line], is_label: Callable[[str], bool]) -> Line | None:
    """Add the line to those before it, or its beginning to one of them; what is left of it then."""
    end = _END.match(line.text)
    rest = end[0] if end and not is_label(end[0]) else ""
    over = [place for place in range(len(whole) if rest else 0) if _is_under(line, whole[place])]
    over.sort(key=lambda place: -box_of(whole[place]).bottom)  # the nearest first
    for place in over:
        if joined := _joined(whole[place], line, rest, is_label):
            whole[place] = joined
            return _left(line, rest)
    for middle in (whole[place] for place in over if not re.search(r"\s|[：:]", whole[place].text)):
        for place in (place for place in range(len(whole)) if _is_under(middle, whole[place])):
            if joined := _joined(whole[place], middle, middle.text + rest, is_label):
                whole[place] = joined
                whole.remove(middle)
                return _left(line, rest)
    whole.append(line)
    return None


def _left(line: Line, rest: str) -> Line | None:
    """What stands behind the first characters of a line."""
    text = line.text[len(rest) :].strip()
    return replace(line, text=text, bbox=_behind(line, rest)) if text else None


def _joined(above: Line, below: Line, rest: str, is_label: Callable[[str], bool]) -> Line | None:
    """The line above with the rest of its label, where it ends with a word that the rest makes one."""
    text = above.text
    starts = [0, *(match.end() for match in re.finditer(r"\s+", text))][:_PLACES]
    ends = [*(match.start() for match in _VALUE.finditer(text)), len(text)][:_PLACES]
    for start in starts:
        for end in (end for end in ends if end > start):
            head = text[start:end]
            if _VALUED.search(head):
                break
            if (
                (_UNIT.match(rest) or not is_label(head))
                and is_label(head + rest)
                and _stands_over(above, start, end, below, rest)
            ):
                whole = replace(above, text=text[:end] + rest + text[end:])
                return _alone(whole, below) if end == len(text) and not start else whole
    return None


def _alone(label: Line, below: Line) -> Line:
    """A label with a cell to itself, as high as its lines, since a value may stand at the middle, and with a colon."""
    text = label.text if label.text.endswith(("：", ":")) else f"{label.text}："
    return replace(label, text=text, bbox=replace(box_of(label), bottom=box_of(below).bottom))


def _is_under(below: Line, above: Line) -> bool:
    low, high = box_of(below), box_of(above)
    height = min(low.bottom - low.top, high.bottom - high.top)
    return (
        low.top + low.bottom > high.top + high.bottom + height
        and low.top - high.bottom < _LEADING * height
        and min(low.x1, high.x1) > max(low.x0, high.x0)
    )


def _stands_over(above: Line, start: int, end: int, below: Line, rest: str) -> bool:
    """Whether a part of the line above stands over the rest."""
    left, right = _reckoned(above, start), _reckoned(above, end)
    return min(right, _reckoned(below, len(rest))) > max(left, box_of(below).x0)


def _behind(line: Line, rest: str) -> BBox:
    """The box of what stands behind the first characters of a line."""
    return replace(box_of(line), x0=_reckoned(line, len(rest)))


def _reckoned(line: Line, index: int) -> float:
    """Where a character of the line stands, by the width of those before it."""
    box = box_of(line)
    return box.x0 + (box.x1 - box.x0) * min(halves(line.text[:index]) / halves(line.text), 1.0)
