"""Check boxes and radio buttons that are drawn, not typed: small squares and circles, ticked by what is inside."""

from collections.abc import Sequence
from dataclasses import replace

from extractors.pdf_content import Glyph, PageContent, Shape
from pipeline.model import TICKED, UNTICKED, BBox, Line

SMALLEST_BOX = 5.5  # points; smaller ones are bullets
MOST_SHAPES = 2000  # a page with more is a drawing
TICKS = frozenset("√✓✔☑☒✗✘×xXvV■●")
TOUCH = 1.5  # boxes this near to each other are a row of boxes for single characters


def take_check_boxes(content: PageContent) -> tuple[PageContent, tuple[Line, ...]]:
    """The check boxes as lines of one character, and the page without the glyphs that tick them."""
    if len(content.shapes) > MOST_SHAPES:
        return content, ()
    boxes = _boxes(content.shapes)
    found, ticks = [], set()
    for shape in boxes:
        if any(_touch(shape.box, other.box) for other in boxes if other is not shape):
            continue
        inside = [i for i, glyph in enumerate(content.glyphs) if _holds(shape.box, glyph.box) and glyph.text.strip()]
        if any(content.glyphs[i].text not in TICKS for i in inside):
            continue
        ticks.update(inside)
        found.append(Line(_state(shape, content.shapes, content.glyphs, inside), shape.box))
    kept = [glyph for i, glyph in enumerate(content.glyphs) if i not in ticks]
    return replace(content, glyphs=kept), tuple(found)


def _boxes(shapes: Sequence[Shape]) -> list[Shape]:
    """The outermost small squares; a border and a ground of one box count once."""
    squares = [shape for shape in shapes if shape.square and shape.box.x1 - shape.box.x0 >= SMALLEST_BOX]
    squares.sort(key=lambda shape: (-_width(shape), shape.box.top, shape.box.x0))
    kept: list[Shape] = []
    for shape in squares:
        if not any(_holds(other.box, shape.box) for other in kept):
            kept.append(shape)
    return sorted(kept, key=lambda shape: (shape.box.top, shape.box.x0))


def _state(box: Shape, shapes: Sequence[Shape], glyphs: Sequence[Glyph], inside: Sequence[int]) -> str:
    if inside:
        return TICKED
    parts = [shape for shape in shapes if shape is not box and _holds(box.box, shape.box)]
    if any(0.2 * _width(box) < _width(part) < 0.85 * _width(box) for part in parts):
        return TICKED
    if not parts and box.dark:
        return "■"  # as drawn; whether a solid square is a tick or a bullet, its neighbours tell
    return TICKED if box.dark or any(part.dark for part in parts) else UNTICKED


def _width(shape: Shape) -> float:
    return shape.box.x1 - shape.box.x0


def _holds(outer: BBox, inner: BBox) -> bool:
    """Is the middle of one in the other?"""
    x, y = (inner.x0 + inner.x1) / 2, (inner.top + inner.bottom) / 2
    return outer.x0 <= x <= outer.x1 and outer.top <= y <= outer.bottom


def _touch(a: BBox, b: BBox) -> bool:
    beside = min(a.bottom, b.bottom) - max(a.top, b.top) > 0.8 * (a.bottom - a.top)
    return beside and min(abs(a.x1 - b.x0), abs(b.x1 - a.x0)) <= TOUCH
