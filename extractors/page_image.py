"""One page image → its tables and lines: upright, straight, without seals, with the check boxes read from pixels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from extractors import checkboxes, ocr
from extractors.checkboxes import CheckBox
from extractors.colour import with_paper
from extractors.grid import innermost, order_blocks, tables_from_rulings
from extractors.hairlines import hairlines
from extractors.lines import area, hull
from extractors.mark_shapes import Columns, Shape, find_shapes, text_row
from extractors.ocr import Reading
from extractors.page_prep import Prepared, flattened, has_room, ink_mask, prepare
from extractors.rulings import rulings
from extractors.seals import without_seals
from extractors.second_reading import CERTAIN, read_again, read_stamped
from extractors.spaces import with_gaps, without_false_spaces
from extractors.spots import BODY, Spot, apart, find_spots, shared
from extractors.stopwatch import timed
from extractors.watermark import without_watermark
from pipeline.model import BBox, Bounds, Cell, Line, Table, View

Image = npt.NDArray[np.uint8]

_ALONE = {"一": "—", "q": "9"}
_SMALL = 12 / 960  # of the page's longer side: text that is lower is looked for anew; usually it is 14 / 960 high
_SEEN, _MORE = 0.6, 1.4  # of a page's writing: where less lies in lines, they are looked for anew; times as much then
_EACH = 4  # pixels, of which one is looked at for that
_STROKE = 1 / 40  # of the longer side: no stroke of a character is so long
_LARGER_SIDE = 1440  # pixels, for small text: one side, since each size that detection is given takes memory


def read_page_image(image: Image, dpi: float) -> tuple[Line | Table, ...]:
    """The blocks of one page in reading order, boxes in points of the image as given.

    `image` is RGB or grey (`extractors.colour`), uint8, in any of the four turns; `dpi` its pixels per inch."""
    return read_viewed(image, dpi)[0]


@dataclass(frozen=True, slots=True)
class _Pictures:
    """An upright page as it is, the same without seals and watermark, to read and to see where text stands (`bare`),
    and its ink; `flat` is what `bare` was made of, with all that is pale, flattened; `seals` is where they stand."""

    given: Image
    clean: Image
    bare: Image
    flat: Image
    ink: Image
    seals: tuple[BBox, ...]


@timed("ocr")
def read_viewed(image: Image, dpi: float) -> tuple[tuple[Line | Table, ...], View | None]:
    """As `read_page_image`, with the view in which the page is upright and straight; None where it is so as given."""
    if not has_room(image):
        return (), None
    page = prepare(image)
    pictures = _pictures(page)
    found = apart(_detected(pictures, max(page.size)))
    scale = _scale(found)
    pale = hairlines(pictures.ink, pictures.flat, scale, found)
    horizontals, verticals = rulings(pictures.ink, scale, found, pale)
    frames, _ = tables_from_rulings(horizontals, verticals, ())
    cells = [_pixels(box, scale) for table in frames for box in innermost(table)]
    lines = _lines(pictures, find_spots(found, cells, pictures.ink, scale), scale)
    tables, rest = tables_from_rulings(horizontals, verticals, lines)
    blocks = tuple(_on_page(block, page, scale, 72 / dpi) for block in order_blocks(tables, rest))
    return blocks, page.view(72 / dpi)


def _pictures(page: Prepared) -> _Pictures:
    longest = max(page.size)
    unsealed = without_seals(page.image, longest)
    flat = flattened(unsealed.bare, longest)
    bare = without_watermark(unsealed.bare, flat, longest)
    ink = ink_mask(flat if bare is unsealed.bare else flattened(bare, longest))
    is_one = unsealed.clean is unsealed.bare
    clean = bare if is_one else without_watermark(unsealed.clean, flattened(unsealed.clean, longest), longest)
    return _Pictures(page.image, clean, bare, flat, ink, unsealed.places)


def _detected(pictures: _Pictures, longest: int) -> tuple[BBox, ...]:
    """Where lines of text stand; those of small print, and of a large sheet, in a larger picture.

    On patterned paper detection leaves out most lines, and finds them where nothing but their strokes is left."""
    image, writing = pictures.bare, _writing(pictures.ink, longest)
    found = ocr.detect(image, longest)
    if (seen := _within(found, writing)) < _SEEN * cv2.countNonZero(writing):
        strokes = _strokes_alone(image, pictures.ink)
        anew = ocr.detect(strokes, longest)
        if _within(anew, writing) > _MORE * seen:
            image, found = strokes, anew
    if not found or _text_height(found) >= _SMALL * longest:
        return found
    return ocr.detect(image, longest, _LARGER_SIDE)


def _writing(ink: Image, longest: int) -> Image:
    """Of each fourth pixel, the ink that is no part of a rule or a bar."""
    some = np.ascontiguousarray(ink[::_EACH, ::_EACH])
    run = max(3, round(_STROKE * longest / _EACH))
    long = [cv2.morphologyEx(some, cv2.MORPH_OPEN, np.ones(shape, np.uint8)) for shape in ((1, run), (run, 1))]
    return np.asarray(cv2.subtract(some, cv2.bitwise_or(*long)), np.uint8)


def _within(boxes: Sequence[BBox], writing: Image) -> int:
    """How much of it lies in the boxes."""
    return sum(cv2.countNonZero(ocr.crop(writing, _points(box, _EACH))) for box in boxes)


def _strokes_alone(image: Image, ink: Image) -> Image:
    """The ink with its soft edges on white paper."""
    return with_paper(image, cv2.bitwise_not(cv2.dilate(ink, np.ones((3, 3), np.uint8))))


def _scale(found: Sequence[BBox]) -> float:
    """Pixels per point, reckoned from body text: a picture's dpi tag is often wrong or missing."""
    return _text_height(found) / BODY if found else 1.0


def _text_height(found: Sequence[BBox]) -> float:
    return median([min(box.bottom - box.top, box.x1 - box.x0) for box in found]) if found else 0.0


# --- what it says --------------------------------------------------------------------------------------------


def _lines(pictures: _Pictures, spots: Sequence[Spot], scale: float) -> list[Line]:
    """The spots' lines with the marks of their check boxes, in nominal points.

    The boxes are found with what a first reading saw in their places. Where they left it unsure of a character beside
    them, they are painted over, and only then is read again what is not certain."""
    first = _first_readings(pictures, spots)
    spaced = [_spaced(*one, pictures.ink) for one in zip(first, spots, strict=True)]
    marks = _marks(pictures, spots, spaced)
    boxes, readings = _readings(pictures, spots, marks, first, spaced)
    leads = checkboxes.ticks_lead(readings)
    lines = []
    for spot, box, found, reading in zip(spots, boxes, marks, readings, strict=True):
        if found or checkboxes.TICK in reading.text:
            reading = checkboxes.with_marks(reading, box, found, leads)
        extent = _extent(spot, found)
        if text := _alone(reading.text.strip(), pictures.ink, extent):
            bounds = Bounds.AMISS if spot.is_cut else Bounds.SEEN
            lines.append(Line(text, _points(extent, scale), reading.confidence, bounds=bounds))
    return lines


def _first_readings(pictures: _Pictures, spots: Sequence[Spot]) -> list[Reading]:
    readings = list(ocr.read([ocr.crop(pictures.clean, spot.box) for spot in spots]))
    under = [index for index, spot in enumerate(spots) if any(area(shared(spot.box, seal)) for seal in pictures.seals)]
    stamped = [ocr.crop(pictures.given, spots[index].box) for index in under]
    for index, reading in zip(under, read_stamped(stamped, [readings[index] for index in under]), strict=True):
        readings[index] = reading
    return readings


def _readings(
    pictures: _Pictures,
    spots: Sequence[Spot],
    marks: Sequence[Sequence[CheckBox]],
    first: Sequence[Reading],
    spaced: Sequence[Reading],
) -> tuple[list[BBox], list[Reading]]:
    """What each spot says beside its check boxes, and the box in which that was read; `first` are the readings with
    them, `spaced` the same with their spaces."""
    boxes, readings = [spot.box for spot in spots], list(first)
    boxed = [index for index, found in enumerate(marks) if _has_box(found)]
    for index in boxed:
        readings[index] = checkboxes.without_boxes(first[index], boxes[index], marks[index])
    spoilt = [index for index in boxed if readings[index].confidence < CERTAIN]
    blanked = checkboxes.blanked(pictures.clean, [mark for index in spoilt for mark in marks[index]])
    for index in spoilt:
        boxes[index] = _extent(spots[index], marks[index])
    crops = [ocr.crop(blanked, box) for box in boxes]
    for index, reading in zip(spoilt, ocr.read([crops[index] for index in spoilt]), strict=True):
        readings[index] = reading
    said = list(spaced)
    for index, reading in enumerate(read_again(crops, readings)):
        if _has_box(marks[index]):
            said[index] = without_false_spaces(reading, crops[index].shape)
        elif reading is not first[index]:
            said[index] = _spaced(reading, spots[index], pictures.ink)
    return boxes, said


def _spaced(reading: Reading, spot: Spot, ink: Image) -> Reading:
    part = ocr.crop(ink, spot.box)
    return with_gaps(without_false_spaces(reading, part.shape), part)


def _has_box(marks: Sequence[CheckBox]) -> bool:
    return any(mark.mark != checkboxes.TICK for mark in marks)


def _extent(spot: Spot, marks: Sequence[CheckBox]) -> BBox:
    return hull([spot.box, *(mark.bbox for mark in marks)])


def _alone(text: str, ink: Image, box: BBox) -> str:
    """The text, or what a character alone must be: out of context, a dash is read as 一, a 9 as q and a slash as 1."""
    if text in _ALONE:
        return _ALONE[text]
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


def _marks(pictures: _Pictures, spots: Sequence[Spot], readings: Sequence[Reading]) -> list[tuple[CheckBox, ...]]:
    """Each spot's marks, those that stand just before or after the box that detection drew included."""
    rows = [text_row(pictures.ink, spot.box) for spot in spots]
    places = [checkboxes.places_of_boxes(*line) for line in zip(rows, readings, strict=True)]
    shapes = [_shapes(pictures, spots, *line) for line in zip(spots, rows, places, strict=True)]
    sure = [checkboxes.sure_marks(*line) for line in zip(shapes, rows, readings, strict=True)]
    claims: list[tuple[CheckBox, ...]] = []
    for index, (spot, row, reading) in enumerate(zip(spots, rows, readings, strict=True)):
        near = [shape for beside in _beside(spot, spots) for shape in sure[beside]]
        if not near:
            claims.append(())
            continue
        # What is a mark only because others are has room where none is by itself.
        more = [place for place in checkboxes.places_of_boxes(row, reading, near) if place not in places[index]]
        others = _shapes(pictures, spots, spot, row, more) if more else []
        found = sorted(dict.fromkeys(shapes[index] + others), key=lambda shape: shape.bbox.x0)
        claims.append(checkboxes.marks_of_line(found, row, reading, near))
    owner: dict[CheckBox, int] = {}
    for index in sorted(range(len(spots)), key=lambda index: spots[index].box.x0):
        for mark in claims[index]:
            if mark not in owner or _distance(mark, spots[index]) < _distance(mark, spots[owner[mark]]):
                owner[mark] = index
    return [tuple(mark for mark in found if owner[mark] == index) for index, found in enumerate(claims)]


def _shapes(
    pictures: _Pictures, spots: Sequence[Spot], spot: Spot, row: BBox, places: Sequence[Columns]
) -> list[Shape]:
    found = find_shapes(pictures.clean, pictures.ink, _search_area(spot), row.bottom - row.top, places)
    return [shape for shape in found if not _elsewhere(shape.bbox, spot, spots)]


def _elsewhere(box: BBox, spot: Spot, spots: Sequence[Spot]) -> bool:
    """Whether a box's middle lies in another line and not in this one."""
    x, y = (box.x0 + box.x1) / 2, (box.top + box.bottom) / 2

    def holds(line: BBox) -> bool:
        return line.x0 <= x <= line.x1 and line.top <= y <= line.bottom

    return not holds(spot.box) and any(holds(other.box) for other in spots)


def _beside(spot: Spot, spots: Sequence[Spot]) -> list[int]:
    """The spot itself and those just above and below it in its cell: a list of options may take several lines."""
    reach = 1.2 * (spot.box.bottom - spot.box.top)
    return [
        index
        for index, other in enumerate(spots)
        if other.box.top - spot.box.bottom < reach
        and spot.box.top - other.box.bottom < reach
        and other.within == spot.within
    ]


def _search_area(spot: Spot) -> BBox:
    box, within = spot.box, spot.within
    height = box.bottom - box.top
    return BBox(
        max(box.x0 - height, within.x0),
        max(box.top - 0.15 * height, within.top),
        min(box.x1 + height, within.x1),
        min(box.bottom + 0.15 * height, within.bottom),
    )


def _distance(mark: CheckBox, spot: Spot) -> float:
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
