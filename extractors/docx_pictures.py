"""Pictures in a Word file that are pages: scans that were pasted instead of attached."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lxml import etree
from PIL import Image

from extractors.docx_names import R, w
from extractors.docx_xml import plain
from extractors.ooxml import Package, Relation
from extractors.unusable import Unusable
from pipeline.model import Method, Page, Problem

MAX_PICTURE_BYTES = 64 << 20
MIN_SHARE = 0.2  # of the sheet's area: half of a page beside its margins
MIN_PIXELS = 300_000  # below, no one could read a form: A5 at 75 dpi

_A4_EMU = 7_560_310 * 10_692_130  # 210 by 297 mm in English metric units, 360,000 to the centimetre
_TWIP_EMU = 635
_EXTENT = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}extent"
_BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_VML_IMAGE = "{urn:schemas-microsoft-com:vml}imagedata"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of page size; `number` counts them in reading order from 1."""

    number: int
    part: str


def page_pictures(root: etree._Element, package: Package, relations: Mapping[str, Relation]) -> tuple[Picture, ...]:
    """The embedded pictures of page size in reading order, each part once."""
    sheet = _sheet_area(root)
    parts: dict[str, None] = {}
    for graphic in root.iter(w("drawing"), w("pict")):
        for identity, area in _images(graphic):
            relation = relations.get(identity)
            if relation is None or relation.kind != "image" or (area is not None and area < MIN_SHARE * sheet):
                continue
            if relation.target not in parts and _pixels(package, relation.target) >= MIN_PIXELS:
                parts[relation.target] = None
    return tuple(Picture(number, part) for number, part in enumerate(parts, start=1))


def read_pictures(
    package: Package, pictures: tuple[Picture, ...], pages: range
) -> tuple[tuple[Page, ...], tuple[Problem, ...]]:
    """Read those pictures whose numbers are in `pages` by OCR; a Problem says in `where` which picture it is of."""
    from extractors import read_image  # a heavy import, which a file of words does without

    read_pages: list[Page] = []
    problems: list[Problem] = []
    for picture in pictures:
        if picture.number not in pages:
            continue
        reading = read_image.read(package.part(picture.part, MAX_PICTURE_BYTES) or b"", range(1, 2))
        read_pages += [replace(page, number=picture.number, method=Method.OCR) for page in reading.pages]
        problems += [replace(problem, where=f"第{picture.number}张图片") for problem in reading.problems]
    return tuple(read_pages), tuple(problems)


def _sheet_area(root: etree._Element) -> float:
    size = next(root.iter(w("pgSz")), None)
    try:
        return float(size.get(w("w"))) * float(size.get(w("h"))) * _TWIP_EMU**2  # type: ignore[union-attr,arg-type]
    except (AttributeError, TypeError, ValueError):
        return _A4_EMU


def _images(graphic: etree._Element) -> Iterator[tuple[str, float | None]]:
    """The relation ids of the pictures in one drawing, with its area in EMU² where it is stated."""
    extent = next(graphic.iter(_EXTENT), None)
    try:
        area = None if extent is None else float(extent.get("cx", "")) * float(extent.get("cy", ""))
    except ValueError:
        area = None
    for image in graphic.iter(_BLIP, _VML_IMAGE):
        identity = image.get(f"{{{R}}}embed" if image.tag == _BLIP else f"{{{R}}}id")
        if identity:
            yield identity, area


def _pixels(package: Package, part: str) -> int:
    """How many pixels a picture has, by its header alone; 0 when it is no raster picture that can be opened."""
    try:
        content = package.part(part, MAX_PICTURE_BYTES)
        with Image.open(io.BytesIO(content or b"")) as image:
            return image.width * image.height
    except (Unusable, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return 0


def picture_of_page(data: bytes, number: int) -> bytes | None:
    """The picture that `read_pictures` called page `number` of a Word file; None when there is none."""
    try:
        package = Package(data)
        name = package.main_part("word")
        root = package.xml(name)
        if root is None:
            return None
        plain(root, None, None)  # so that the same pictures are counted as in reading
        parts = {picture.number: picture.part for picture in page_pictures(root, package, package.relations(name))}
        return package.part(parts[number], MAX_PICTURE_BYTES) if number in parts else None
    except Unusable:
        return None
