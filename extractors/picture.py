"""Evidence pictures: the place of a value on its page, outlined, as a small PNG."""

from io import BytesIO

import pypdfium2 as pdfium
from PIL import Image, ImageDraw
from pillow_heif import register_heif_opener

from extractors.docx_pictures import picture_of_page
from extractors.pdfium import open_pdf
from pipeline import media
from pipeline.model import BBox

WIDEST, HIGHEST = 900, 300  # pixels
SHARPEST = 2.0  # pixels per point: 144 dpi
AROUND = (60.0, 24.0)  # points of context beside and above
LEAST = (260.0, 70.0)  # points that a picture shows at least
OUTLINE = (0, 90, 255)  # text is black and seals are red
THICKNESS = 3
THUMBNAIL = (300, 300)
SANE_DPI = (50, 1200)
OBLONG = (1.1, 2.5)  # times as many pixels per inch across as down, or down as across: a fax in standard mode has 2.1
IMAGES = frozenset({media.JPEG, media.PNG, media.TIFF, media.BMP, media.WEBP, media.HEIC})

register_heif_opener()  # Pillow knows no HEIC by itself


def crop(data: bytes, media_type: str, page: int | None, bbox: BBox | None) -> bytes | None:
    """A PNG of the place with its surroundings, the box outlined; without a box the whole page, small.

    `page` counts from 1, `bbox` is in points as the readers give it; the pages of a Word file are the pictures of
    pages in it. None for kinds that have no pages, and for a file or page that cannot be drawn.
    """
    try:
        if media_type == media.PDF:
            picture = _from_pdf(data, page or 1, bbox)
        elif media_type in IMAGES:
            picture = _from_image(data, page or 1, bbox)
        elif media_type == media.DOCX and page and (pasted := picture_of_page(data, page)):
            picture = _from_image(pasted, 1, bbox)
        else:
            return None
    except (pdfium.PdfiumError, OSError, ValueError, EOFError, SyntaxError, Image.DecompressionBombError):
        return None  # the reading of such a file has said what is wrong with it
    return _png(picture) if picture else None


def dpi_of(image: Image.Image) -> float:
    """The picture's own dpi, once it is `squared`, or 72 (a pixel is a point) where its tag is missing or absurd."""
    across, down = _pixels_per_inch(image)
    return max(across, down) if _is_oblong(across, down) else across


def squared_size(image: Image.Image) -> tuple[int, int]:
    """The width and height that make a picture's pixels square."""
    across, down = _pixels_per_inch(image)
    if not _is_oblong(across, down):
        return image.size
    most = max(across, down)
    return round(image.width * most / across), round(image.height * most / down)


def _pixels_per_inch(image: Image.Image) -> tuple[float, float]:
    across, down = (float(dpi) for dpi in image.info.get("dpi", (0, 0)))
    least, most = SANE_DPI
    return (across, down if least <= down <= most else across) if least <= across <= most else (72.0, 72.0)


def _is_oblong(across: float, down: float) -> bool:
    return OBLONG[0] <= max(across, down) / min(across, down) <= OBLONG[1]


def _from_pdf(data: bytes, number: int, bbox: BBox | None) -> Image.Image | None:
    document = open_pdf(data)
    try:
        if not 1 <= number <= len(document):
            return None
        page = document[number - 1]
        width, height = page.get_size()
        window = _window(bbox, width, height)
        scale = _scale(window, bbox)
        margins = window.x0, height - window.bottom, width - window.x1, window.top
        bitmap = page.render(scale=scale, crop=margins, rev_byteorder=True, may_draw_forms=True)
        picture = bitmap.to_pil().convert("RGB")
        bitmap.close()
        page.close()
    finally:
        document.close()
    return _outlined(picture, bbox, window, scale)


def _from_image(data: bytes, number: int, bbox: BBox | None) -> Image.Image | None:
    with Image.open(BytesIO(data)) as image:
        if number > getattr(image, "n_frames", 1):
            return None
        image.seek(number - 1)
        unit, size = dpi_of(image) / 72, squared_size(image)  # unit: pixels per point
        window = _window(bbox, size[0] / unit, size[1] / unit)
        left, top = round(window.x0 * unit), round(window.top * unit)
        whole = image if size == image.size else image.convert("RGB").resize(size)
        part = whole.crop((left, top, round(window.x1 * unit), round(window.bottom * unit))).convert("RGB")
    scale = min(_scale(window, bbox), unit)
    size = max(1, round((window.x1 - window.x0) * scale)), max(1, round((window.bottom - window.top) * scale))
    return _outlined(part.resize(size, Image.Resampling.LANCZOS), bbox, window, scale)


def _window(bbox: BBox | None, width: float, height: float) -> BBox:
    """What of the page is shown: the box with its surroundings; of a very high box its upper part."""
    if bbox is None:
        return BBox(0, 0, width, height)
    across, down = AROUND
    x0, x1 = _stretched(bbox.x0 - across, bbox.x1 + across, LEAST[0], width)
    top, bottom = _stretched(bbox.top - down, bbox.bottom + down, LEAST[1], height)
    return BBox(x0, top, x1, min(bottom, top + max(HIGHEST / SHARPEST, (x1 - x0) * HIGHEST / WIDEST)))


def _stretched(start: float, end: float, least: float, limit: float) -> tuple[float, float]:
    """The interval made at least so long, inside of the page."""
    missing = max(least - (end - start), 0.0)
    start, end = start - missing / 2, end + missing / 2
    start, end = max(min(start, limit - least), 0.0), min(max(end, least), limit)
    return (start, end) if end - start >= 1 else (0.0, limit)


def _scale(window: BBox, bbox: BBox | None) -> float:
    widest, highest = (WIDEST, HIGHEST) if bbox else THUMBNAIL
    return min(SHARPEST, widest / max(window.x1 - window.x0, 1.0), highest / max(window.bottom - window.top, 1.0))


def _outlined(picture: Image.Image, bbox: BBox | None, window: BBox, scale: float) -> Image.Image:
    if bbox is not None:
        box = (bbox.x0 - window.x0, bbox.top - window.top, bbox.x1 - window.x0, bbox.bottom - window.top)
        left, top, right, bottom = (round(side * scale) for side in box)
        edge = THICKNESS + 1
        sides = (left - edge, top - edge, max(right, left) + edge, max(bottom, top) + edge)
        ImageDraw.Draw(picture).rectangle(sides, outline=OUTLINE, width=THICKNESS)
    return picture


def _png(picture: Image.Image) -> bytes:
    """Few colours are enough for a page, and make the file a quarter as large."""
    buffer = BytesIO()
    picture.quantize(64, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(buffer, "PNG")
    return buffer.getvalue()
