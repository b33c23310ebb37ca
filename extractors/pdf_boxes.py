"""Check boxes and radio buttons that are drawn, not typed: small squares and circles, ticked by what is inside."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from extractors.pdf_content import LARGEST_MARK, Glyph, PageContent, Shape
from pipeline.model import TICKED, UNTICKED, BBox

SMALLEST_BOX = 5.5  # points; smaller ones are bullets
MOST_BOXES = 400  # a page with more is a drawing
TICKS = frozenset("√✓✔☑☒✗✘×xXvV■●")
TOUCH = 1.5  # boxes this near to each other are a row of boxes for single characters

Placed = TypeVar("Placed", Glyph, Shape)


def take_check_boxes(content: PageContent) -> PageContent:
    """The page with its check boxes as glyphs of one character, in place of those that tick them."""
    squares = [shape for shape in content.shapes if shape.square and _width(shape) >= SMALLEST_BOX]
    if not 0 < len(squares) <= MOST_BOXES:
        return content
    boxes = _outermost(squares)
    glyphs, shapes = _by_height(content.glyphs), _by_height(content.shapes)
    found = []
    ticks: set[int] = set()
    for shape in boxes:
        if any(_touch(shape.box, other.box) for other in boxes if other is not shape):
            continue
        inside = [glyph for glyph in _inside(shape, glyphs) if glyph.text.strip()]
        if all(glyph.text in TICKS for glyph in inside):
            ticks.update(map(id, inside))
            found.append(_glyph(shape, TICKED if inside else _state(shape, _inside(shape, shapes))))
    kept = [glyph for glyph in content.glyphs if id(glyph) not in ticks]
    return replace(content, glyphs=kept + found)


def _glyph(shape: Shape, state: str) -> Glyph:
    return Glyph(state, shape.box, shape.box.bottom - shape.box.top, turned=False, slanted=False, white=False)


def _outermost(squares: Sequence[Shape]) -> list[Shape]:
    """A border and a ground of one box count once."""
    kept: list[Shape] = []
    for shape in sorted(squares, key=lambda shape: (-_width(shape), shape.box.top, shape.box.x0)):
        if not any(_holds(other.box, shape.box) for other in kept):
            kept.append(shape)
    return sorted(kept, key=lambda shape: (shape.box.top, shape.box.x0))


def _state(box: Shape, inside: Sequence[Shape]) -> str:
    parts = [shape for shape in inside if shape is not box]
    if any(0.2 * _width(box) < _width(part) < 0.85 * _width(box) for part in parts):
        return TICKED
    if not parts and box.dark:
        return "■"  # as drawn; whether a solid square is a tick or a bullet, its neighbours tell
    return TICKED if box.dark or any(part.dark for part in parts) else UNTICKED


def _by_height(items: Sequence[Placed]) -> dict[int, list[Placed]]:
    """The items by bands of the page, so that not every box looks at every glyph."""
    bands: dict[int, list[Placed]] = {}
    for item in items:
        bands.setdefault(_band(item.box), []).append(item)
    return bands


def _inside(shape: Shape, bands: dict[int, list[Placed]]) -> list[Placed]:
    near = [item for step in (-1, 0, 1) for item in bands.get(_band(shape.box) + step, ())]
    return [item for item in near if _holds(shape.box, item.box)]


def _band(box: BBox) -> int:
    return int((box.top + box.bottom) / 2 // LARGEST_MARK)


def _width(shape: Shape) -> float:
    return shape.box.x1 - shape.box.x0


def _holds(outer: BBox, inner: BBox) -> bool:
    """Is the middle of one in the other?"""
    x, y = (inner.x0 + inner.x1) / 2, (inner.top + inner.bottom) / 2
    return outer.x0 <= x <= outer.x1 and outer.top <= y <= outer.bottom


def _touch(a: BBox, b: BBox) -> bool:
    beside = min(a.bottom, b.bottom) - max(a.top, b.top) > 0.8 * (a.bottom - a.top)
    return beside and min(abs(a.x1 - b.x0), abs(b.x1 - a.x0)) <= TOUCH
