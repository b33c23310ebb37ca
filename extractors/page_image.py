"""One page image → its tables and lines: upright, straight, without seals, with the check boxes read from pixels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from extractors import checkboxes, ocr
from extractors.checkboxes import CheckBox
from extractors.grid import order_blocks, tables_from_rulings
from extractors.lines import hull
from extractors.mark_shapes import find_shapes, text_row
from extractors.ocr import Reading
from extractors.page_prep import Prepared, ink_mask, prepare, seals, without_seals
from extractors.rulings import rulings
from extractors.second_reading import read_stamped, read_twice
from extractors.stopwatch import timed
from extractors.watermark import without_watermark
from pipeline.model import BBox, Cell, Line, Table

Image = npt.NDArray[np.uint8]

_BODY = 14.5  # points: the height of the box that detection draws around body text
_INSET = 1.2  # points between a cell's rule and what may be text
_TALL = 1.8  # a box this much higher than wide holds characters one below the other


@timed("ocr")
def read_page_image(image: Image, dpi: float) -> tuple[Line | Table, ...]:
    """The blocks of one page in reading order, boxes in points of the image as given.

    `image` is RGB uint8 of shape (height, width, 3), in any of the four turns; `dpi` its pixels per inch."""
    page = prepare(image)
    stamped = seals(page.image)
    clean = without_watermark(without_seals(page.image, stamped))
    found = ocr.detect(clean)
    ink = ink_mask(clean)
    scale = _scale(found)
    horizontals, verticals = rulings(ink, scale, found)
    frames, _ = tables_from_rulings(horizontals, verticals, ())
    cells = [_pixels(cell.bbox, scale) for table in frames for cell in table.cells if cell.bbox]
    spots = _spots(found, cells, ink, scale)
    readings = _readings(page.image, clean, stamped, spots)
    lines = _lines(clean, ink, spots, readings, scale)
    tables, rest = tables_from_rulings(horizontals, verticals, lines)
    return tuple(_on_page(block, page, scale, 72 / dpi) for block in order_blocks(tables, rest))


def _scale(found: Sequence[BBox]) -> float:
    """Pixels per point, reckoned from body text: a picture's dpi tag is often wrong or missing."""
    return median([min(box.bottom - box.top, box.x1 - box.x0) for box in found]) / _BODY if found else 1.0


# --- where text stands ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a line of text stands, and the part of the page that it may not leave: its cell, or all of it."""

    box: BBox
    within: BBox


def _spots(found: Sequence[BBox], cells: Sequence[BBox], ink: Image, scale: float) -> list[_Spot]:
    """One spot a line of text: detected ones cut at the cells' borders, and ink in cells that detection missed."""
    page = BBox(0.0, 0.0, float(ink.shape[1]), float(ink.shape[0]))
    inner = [_shrunk(cell, _INSET * scale) for cell in cells]
    spots: list[_Spot] = []
    for box in found:
        parts = [_Spot(part, cell) for cell in inner if (part := _part_in(box, cell))]
        spots += parts or [_Spot(box, page)]
    level = [
        _Spot(row, spot.within)
        for spot in spots
        for row in (_rows(ink, spot.box, scale) if _is_tall(spot.box) else [spot.box])
    ]
    level = [spot for spot in level if not any(_covers(other.box, spot.box) for other in level)]
    written = {spot.within for spot in level}
    level += [_Spot(row, cell) for cell in inner if cell not in written for row in _rows(ink, cell, scale)]
    return level


def _covers(larger: BBox, box: BBox) -> bool:
    """Detection draws some characters twice: most of the box lies in a larger one."""
    shared = _part(larger, box)
    return _area(larger) > _area(box) and _area(shared) > 0.5 * _area(box)


def _part(a: BBox, b: BBox) -> BBox:
    """What two boxes share; of no size when they share nothing."""
    x0, top = max(a.x0, b.x0), max(a.top, b.top)
    return BBox(x0, top, max(x0, min(a.x1, b.x1)), max(top, min(a.bottom, b.bottom)))


def _area(box: BBox) -> float:
    return (box.x1 - box.x0) * (box.bottom - box.top)


def _part_in(box: BBox, cell: BBox) -> BBox | None:
    """The part of a box that lies in a cell, when it is more than a margin."""
    part = _part(box, cell)
    height = box.bottom - box.top
    big = part.x1 - part.x0 > 0.3 * min(height, box.x1 - box.x0) and part.bottom - part.top > 0.5 * min(
        height, cell.bottom - cell.top
    )
    return part if big else None


def _is_tall(box: BBox) -> bool:
    return box.bottom - box.top > _TALL * (box.x1 - box.x0)


def _rows(ink: Image, box: BBox, scale: float) -> list[BBox]:
    """The rows of ink inside a box, each as a box with a margin."""
    x0, top = max(0, round(box.x0)), max(0, round(box.top))
    part = np.ascontiguousarray(ink[top : round(box.bottom), x0 : round(box.x1)])
    if not part.size:
        return []
    part = _without_specks(part, scale)
    filled = np.append((part > 0).any(axis=1), False)
    edges = np.flatnonzero(np.diff(filled, prepend=False))
    rows = []
    for first, last in _joined(list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)), 2.0 * scale):
        columns = np.flatnonzero((part[first:last] > 0).any(axis=0))
        middle = (first + last) / 2
        half = max((last - first) / 2 + 1.5 * scale, _BODY / 2 * scale)
        rows.append(
            BBox(
                max(box.x0, x0 + columns[0] - 2 * scale),
                max(box.top, top + middle - half),
                min(box.x1, x0 + columns[-1] + 1 + 2 * scale),
                min(box.bottom, top + middle + half),
            )
        )
    return rows


def _without_specks(part: Image, scale: float) -> Image:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    kept = [i for i in range(1, count) if max(stats[i, 2], stats[i, 3]) >= 3.0 * scale]
    return np.where(np.isin(labels, kept), 255, 0).astype(np.uint8)


def _joined(spans: Sequence[tuple[int, int]], gap: float) -> list[tuple[int, int]]:
    """Spans nearer than the gap as one."""
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and first - joined[-1][1] < gap:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _shrunk(box: BBox, by: float) -> BBox:
    return BBox(box.x0 + by, box.top + by, box.x1 - by, box.bottom - by)


# --- what it says --------------------------------------------------------------------------------------------


def _readings(image: Image, clean: Image, stamped: Sequence[BBox], spots: Sequence[_Spot]) -> list[Reading]:
    """What stands in each spot; `stamped` is where seals were taken out of the clean image."""
    readings = read_twice([ocr.crop(clean, spot.box) for spot in spots])
    under = [index for index, spot in enumerate(spots) if any(_area(_part(spot.box, seal)) for seal in stamped)]
    twice = read_stamped([ocr.crop(image, spots[index].box) for index in under], [readings[index] for index in under])
    for index, reading in zip(under, twice, strict=True):
        readings[index] = reading
    return readings


def _lines(image: Image, ink: Image, spots: Sequence[_Spot], readings: list[Reading], scale: float) -> list[Line]:
    """The spots' lines with the marks of their check boxes, in nominal points."""
    boxes = [spot.box for spot in spots]
    marks = _marks(image, ink, spots, readings)
    marked = [index for index, found in enumerate(marks) if found]
    for index in marked:
        boxes[index] = hull([boxes[index], *(mark.bbox for mark in marks[index])])
    boxed = [index for index in marked if any(mark.mark != checkboxes.TICK for mark in marks[index])]
    blanked = checkboxes.blanked(image, [mark for index in boxed for mark in marks[index]])
    for index, reading in zip(boxed, read_twice([ocr.crop(blanked, boxes[index]) for index in boxed]), strict=True):
        readings[index] = reading
    for index in marked:
        line = boxes[index] if index in boxed else spots[index].box
        readings[index] = checkboxes.with_marks(readings[index], line, marks[index])
    return [
        Line(text, _points(box, scale), reading.confidence)
        for box, reading in zip(boxes, readings, strict=True)
        if (text := _alone(reading.text.strip(), ink, box))
    ]


def _alone(text: str, ink: Image, box: BBox) -> str:
    """The text, or what a character alone must be: out of context, a dash is read as 一 and a slash as 1."""
    if text == "一":
        return "—"
    if text in ("1", "l", "I", "|", "丿") and _leans(ocr.crop(ink, box)):
        return "/"
    return text


def _leans(part: Image) -> bool:
    """Does the ink stand as far to the right at its top as a slash does?"""
    rows = np.flatnonzero((part > 0).any(axis=1))
    if len(rows) < 4:
        return False
    columns = [float(np.flatnonzero(part[row]).mean()) for row in (rows[len(rows) // 8], rows[-1 - len(rows) // 8])]
    return columns[0] - columns[1] > 0.2 * len(rows)


def _marks(image: Image, ink: Image, spots: Sequence[_Spot], readings: Sequence[Reading]) -> list[tuple[CheckBox, ...]]:
    """Each spot's marks, those that stand just before or after the box that detection drew included."""
    rows = [text_row(ink, spot.box) for spot in spots]
    found = [
        find_shapes(image, ink, _search_area(spot), row.bottom - row.top) for spot, row in zip(spots, rows, strict=True)
    ]
    shapes = [
        [shape for shape in some if not _elsewhere(shape.bbox, spot, spots)]
        for some, spot in zip(found, spots, strict=True)
    ]
    lines = list(zip(shapes, rows, readings, strict=True))
    sure = [checkboxes.sure_marks(*line) for line in lines]
    claims = [
        checkboxes.marks_of_line(*line, [shape for index in _beside(spot, spots) for shape in sure[index]])
        for line, spot in zip(lines, spots, strict=True)
    ]
    owner: dict[CheckBox, int] = {}
    for index in sorted(range(len(spots)), key=lambda index: spots[index].box.x0):
        for mark in claims[index]:
            if mark not in owner or _distance(mark, spots[index]) < _distance(mark, spots[owner[mark]]):
                owner[mark] = index
    return [tuple(mark for mark in found if owner[mark] == index) for index, found in enumerate(claims)]


def _elsewhere(box: BBox, spot: _Spot, spots: Sequence[_Spot]) -> bool:
    """Whether a box's middle lies in another line and not in this one."""
    x, y = (box.x0 + box.x1) / 2, (box.top + box.bottom) / 2
    inside = [other for other in spots if other.box.x0 <= x <= other.box.x1 and other.box.top <= y <= other.box.bottom]
    return bool(inside) and spot not in inside


def _beside(spot: _Spot, spots: Sequence[_Spot]) -> list[int]:
    """The spot itself and those just above and below it in its cell: a list of options may take several lines."""
    reach = 1.2 * (spot.box.bottom - spot.box.top)
    return [
        index
        for index, other in enumerate(spots)
        if other.within == spot.within
        and other.box.top - spot.box.bottom < reach
        and spot.box.top - other.box.bottom < reach
    ]


def _search_area(spot: _Spot) -> BBox:
    box, within = spot.box, spot.within
    height = box.bottom - box.top
    return BBox(
        max(box.x0 - height, within.x0),
        max(box.top - 0.15 * height, within.top),
        min(box.x1 + height, within.x1),
        min(box.bottom + 0.15 * height, within.bottom),
    )


def _distance(mark: CheckBox, spot: _Spot) -> float:
    """How far a box stands from a line; one before a line belongs to it rather than one after it."""
    middle = (mark.bbox.x0 + mark.bbox.x1) / 2
    if middle > spot.box.x1:
        return 2 * (middle - spot.box.x1)
    return max(0.0, spot.box.x0 - middle)


# --- back to the page ----------------------------------------------------------------------------------------


def _points(box: BBox, scale: float) -> BBox:
    return BBox(box.x0 / scale, box.top / scale, box.x1 / scale, box.bottom / scale)


def _pixels(box: BBox, scale: float) -> BBox:
    return _points(box, 1 / scale)


def _on_page(block: Line | Table, page: Prepared, scale: float, points: float) -> Line | Table:
    if isinstance(block, Line):
        return _line_on_page(block, page, scale, points)
    return _table_on_page(block, page, scale, points)


def _line_on_page(line: Line, page: Prepared, scale: float, points: float) -> Line:
    return replace(line, bbox=_box_on_page(line.bbox, page, scale, points))


def _table_on_page(table: Table, page: Prepared, scale: float, points: float) -> Table:
    cells = tuple(_cell_on_page(cell, page, scale, points) for cell in table.cells)
    return Table(cells, _box_on_page(table.bbox, page, scale, points))


def _cell_on_page(cell: Cell, page: Prepared, scale: float, points: float) -> Cell:
    return replace(
        cell,
        lines=tuple(_line_on_page(line, page, scale, points) for line in cell.lines),
        bbox=_box_on_page(cell.bbox, page, scale, points),
        tables=tuple(_table_on_page(table, page, scale, points) for table in cell.tables),
    )


def _box_on_page(box: BBox | None, page: Prepared, scale: float, points: float) -> BBox | None:
    return _points(page.box_on_page(_pixels(box, scale)), 1 / points) if box else None
