"""What a PDF page paints, in one pass of pdfminer's interpreter: glyphs, rulings, pictures, small shapes.

Points from the top left of the page as a viewer shows it: /Rotate applied, the CropBox cut out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from pdfminer.pdfcolor import PDFColorSpace
from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdffont import PDFFont, PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFGraphicState, PDFPageInterpreter, PDFResourceManager, PDFTextState
from pdfminer.pdfpage import PDFPage
from pdfminer.utils import apply_matrix_pt, apply_matrix_rect

from extractors.grid import Ruling
from extractors.pdf_glyphs import repaired
from pipeline.model import BBox

THICKEST = 3.5  # a filled strip up to this thick is a ruling
SLOPE = 0.02  # a stroke that leans no more than this is level
LARGEST_MARK = 20.0  # check boxes and the ticks in them are smaller
MOST_OBJECTS = 60_000  # characters and paths of a page; one with more is a map or an attack
INVISIBLE = {3, 7}  # text render modes: neither filled nor stroked

Matrix = tuple[float, float, float, float, float, float]


class Glyph(NamedTuple):
    """One character as painted. `turned` text does not run from left to right."""

    text: str
    box: BBox
    size: float
    turned: bool
    slanted: bool
    white: bool


class Picture(NamedTuple):
    """An embedded picture: its place, and its width in pixels."""

    box: BBox
    pixels: int


class Shape(NamedTuple):
    """A small closed or open path, such as a check box or a tick."""

    box: BBox
    square: bool
    dark: bool  # filled, and not in white


@dataclass(slots=True)
class PageContent:
    """All that a page paints, in the order of painting. `hidden` counts invisible characters."""

    width: float
    height: float
    glyphs: list[Glyph] = field(default_factory=list)
    horizontals: list[Ruling] = field(default_factory=list)
    verticals: list[Ruling] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    fills: list[BBox] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    hidden: int = 0
    paths: int = 0


class TooMuchError(Exception):
    """The page paints more than MOST_OBJECTS."""


def page_content(page: PDFPage, resources: PDFResourceManager) -> PageContent:
    """Interprets the page. Raises TooMuchError, and on a malformed page whatever pdfminer meets."""
    device = _Device(resources, shown_box(page))
    PDFPageInterpreter(resources, device).process_page(page)
    return device.content


def shown_box(page: PDFPage) -> BBox:
    """The part of the page that is shown, in the interpreter's turned space (y goes up, so top > bottom)."""
    x0, y0, x1, y1 = page.mediabox
    turns: dict[int, Matrix] = {90: (0, -1, 1, 0, -y0, x1), 180: (-1, 0, 0, -1, x1, y1), 270: (0, 1, -1, 0, y1, -x0)}
    matrix = turns.get(page.rotate, (1, 0, 0, 1, -x0, -y0))
    c0, d0, c1, d1 = page.cropbox
    cropped = max(x0, min(c0, c1)), max(y0, min(d0, d1)), min(x1, max(c0, c1)), min(y1, max(d0, d1))
    if cropped[0] >= cropped[2] or cropped[1] >= cropped[3]:
        cropped = (x0, y0, x1, y1)
    left, low, right, high = apply_matrix_rect(matrix, cropped)
    return BBox(left, high, right, low)


class _Device(PDFTextDevice):
    """Collects what is painted; pdfminer calls it in the order of painting."""

    ctm: Matrix

    def __init__(self, resources: PDFResourceManager, shown: BBox) -> None:
        super().__init__(resources)
        self._shown = shown
        self._invisible = False
        self.content = PageContent(shown.x1 - shown.x0, shown.top - shown.bottom)

    def _place(self, x0: float, y0: float, x1: float, y1: float) -> BBox:
        left, right = (x0, x1) if x0 <= x1 else (x1, x0)
        low, high = (y0, y1) if y0 <= y1 else (y1, y0)
        shown = self._shown
        return BBox(left - shown.x0, shown.top - high, right - shown.x0, shown.top - low)

    def _is_shown(self, box: BBox) -> bool:
        page = self.content
        return 0 <= box.x0 + box.x1 <= 2 * page.width and 0 <= box.top + box.bottom <= 2 * page.height

    def _check_amount(self) -> None:
        if len(self.content.glyphs) + self.content.paths > MOST_OBJECTS:
            raise TooMuchError

    def render_string(
        self, textstate: PDFTextState, seq: Any, ncs: PDFColorSpace, graphicstate: PDFGraphicState
    ) -> None:
        self._check_amount()
        self._invisible = textstate.render in INVISIBLE
        super().render_string(textstate, seq, ncs, graphicstate)

    def render_char(
        self,
        matrix: Matrix,
        font: PDFFont,
        fontsize: float,
        scaling: float,
        rise: float,
        cid: int,
        ncs: PDFColorSpace,
        graphicstate: PDFGraphicState,
    ) -> float:
        advance = float(font.char_width(cid) * fontsize * scaling)
        try:
            text = font.to_unichr(cid)
        except PDFUnicodeNotDefined:
            text = f"(cid:{cid})"
        box = self._place(*apply_matrix_rect(matrix, _glyph_box(font, fontsize, rise, cid, advance)))
        if not self._is_shown(box):
            return advance
        if self._invisible:
            self.content.hidden += 1
            return advance
        a, b, c, d = matrix[:4]
        turned = a <= 0 or abs(b) > abs(a)
        glyph = Glyph(
            text=repaired(text, str(font.fontname)),
            box=box,
            size=abs(fontsize) * max(abs(a), abs(b), abs(c), abs(d)),
            turned=turned and not font.is_vertical(),
            slanted=min(abs(a), abs(b)) > 0.1 * max(abs(a), abs(b)),
            white=is_white(ncs, graphicstate.ncolor),
        )
        self.content.glyphs.append(glyph)
        return advance

    def begin_figure(self, name: str, bbox: Any, matrix: Matrix) -> None:
        """A form XObject: the interpreter itself carries its matrix."""

    def end_figure(self, name: str) -> None:
        """See `begin_figure`."""

    def render_image(self, name: str, stream: Any) -> None:
        box = self._place(*apply_matrix_rect(self.ctm, (0, 0, 1, 1)))
        width = stream.get_any(("W", "Width"))
        self.content.pictures.append(Picture(box, width if isinstance(width, int) else 0))

    def paint_path(
        self, graphicstate: PDFGraphicState, stroke: bool, fill: bool, evenodd: bool, path: Sequence[Any]
    ) -> None:
        stroked = stroke and not is_white(graphicstate.scs, graphicstate.scolor)
        filled = fill and not is_white(graphicstate.ncs, graphicstate.ncolor)
        self._check_amount()
        for operators, points in _subpaths(path, self.ctm):
            self.content.paths += 1
            xs, ys = [point[0] for point in points], [point[1] for point in points]
            box = self._place(min(xs), min(ys), max(xs), max(ys))
            straight = not set(operators) & set("cvy")
            if stroked:
                self._add_strokes(operators, points)
            if filled and straight:
                self._add_fill(box)
            self._add_shape(box, closed=fill or "h" in operators or points[0] == points[-1], dark=filled)

    def _add_strokes(self, operators: str, points: Sequence[tuple[float, float]]) -> None:
        closed = [*points, points[0]] if operators.endswith("h") else points
        for ((xa, ya), (xb, yb)), operator in zip(pairwise(closed), operators[1:], strict=False):
            if operator in "lh":
                box = self._place(xa, ya, xb, yb)
                width, height = box.x1 - box.x0, box.bottom - box.top
                if height <= max(SLOPE * width, 0.3):
                    self._add_horizontal(box)
                elif width <= max(SLOPE * height, 0.3):
                    self._add_vertical(box)

    def _add_fill(self, box: BBox) -> None:
        width, height = box.x1 - box.x0, box.bottom - box.top
        if min(width, height) > THICKEST:
            self.content.fills.append(box)
            return
        # A dot of a dotted border belongs to rulings both ways until it is joined with others.
        if width >= height or width <= THICKEST:
            self._add_horizontal(box)
        if height > width or height <= THICKEST:
            self._add_vertical(box)

    def _add_horizontal(self, box: BBox) -> None:
        position = (box.top + box.bottom) / 2
        start, end = max(box.x0, 0.0), min(box.x1, self.content.width)
        if start < end and -THICKEST <= position <= self.content.height + THICKEST:
            self.content.horizontals.append(Ruling(position, start, end))

    def _add_vertical(self, box: BBox) -> None:
        position = (box.x0 + box.x1) / 2
        start, end = max(box.top, 0.0), min(box.bottom, self.content.height)
        if start < end and -THICKEST <= position <= self.content.width + THICKEST:
            self.content.verticals.append(Ruling(position, start, end))

    def _add_shape(self, box: BBox, closed: bool, dark: bool) -> None:
        width, height = box.x1 - box.x0, box.bottom - box.top
        if max(width, height) <= LARGEST_MARK:
            square = closed and min(width, height) > 4 and 0.8 < width / height < 1.25
            self.content.shapes.append(Shape(box, square, dark))


def _glyph_box(
    font: PDFFont, fontsize: float, rise: float, cid: int, advance: float
) -> tuple[float, float, float, float]:
    """The character's box in text space, as pdfminer's own layout has it."""
    if not font.is_vertical():
        low = font.get_descent() * fontsize + rise
        return 0, low, advance, low + fontsize
    displacement: Any = font.char_disp(cid)
    vx, vy = displacement
    left = -(fontsize * 0.5 if vx is None else vx * fontsize * 0.001)
    top = (1000 - vy) * fontsize * 0.001 + rise
    return left, top + advance, left + fontsize, top


def _subpaths(path: Sequence[Any], ctm: Matrix) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Each subpath: its operators, and the points that they end in (none for the closing h)."""
    operators = ""
    points: list[tuple[float, float]] = []
    for segment in path:
        operator = str(segment[0])
        if operator == "m" and points:
            yield operators, points
            operators, points = "", []
        operators += operator
        if operator != "h":
            x, y = apply_matrix_pt(ctm, segment[-2:])
            points.append((x, y))
    if points:
        yield operators, points


def is_white(space: PDFColorSpace, colour: Any) -> bool:
    """Is the colour white? Of a named ink (Separation, Indexed, Pattern) that cannot be told: no."""
    parts = colour if isinstance(colour, tuple | list) else (colour,)
    if space.name in {"Separation", "DeviceN", "Indexed", "Pattern"}:
        return False
    if not all(isinstance(part, int | float) for part in parts):
        return False
    if len(parts) == 4:
        return bool(max(parts) <= 0.02)
    return len(parts) in {1, 3} and bool(min(parts) >= 0.98)
