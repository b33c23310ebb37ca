from io import BytesIO

import docx
import numpy as np
import numpy.typing as npt
import pikepdf
import pytest
from docx.shared import Cm
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from extractors.picture import HIGHEST, OUTLINE, WIDEST, crop
from pipeline import media
from pipeline.model import BBox

RED = (255, 0, 0)


def pdf(rotate: int = 0) -> bytes:
    """An A4 page with a red rectangle, 100 to 200 points from the left, 300 to 320 from the top."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842), invariant=1)
    canvas.setPageRotation(rotate)
    canvas.setFillColorRGB(1, 0, 0)
    canvas.rect(100, 842 - 320, 100, 20, stroke=0, fill=1)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def page_image(scale: int = 1) -> Image.Image:
    image = Image.new("RGB", (595 * scale, 842 * scale), "white")
    image.paste(RED, (100 * scale, 300 * scale, 200 * scale, 320 * scale))
    return image


def encoded(image: Image.Image, kind: str, **saved: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **saved)
    return buffer.getvalue()


def pixels(png: bytes | None) -> npt.NDArray[np.int16]:
    assert png is not None
    assert media.media_type(png) == media.PNG
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(np.int16)


def extent(image: npt.NDArray[np.int16], colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """x0, top, x1, bottom of the pixels of about this colour."""
    rows, columns = np.nonzero(np.abs(image - np.array(colour)).max(axis=2) < 60)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def assert_outlined(png: bytes | None) -> None:
    """The outline goes close around the red rectangle, and there is something around it."""
    image = pixels(png)
    inner, outer = extent(image, RED), extent(image, OUTLINE)
    gaps = [inner[0] - outer[0], inner[1] - outer[1], outer[2] - inner[2], outer[3] - inner[3]]
    assert all(3 <= gap <= 7 for gap in gaps), gaps
    assert outer[0] > 20
    assert outer[1] > 10
    assert image.shape[0] <= HIGHEST
    assert image.shape[1] <= WIDEST


BOX = BBox(100, 300, 200, 320)


def test_a_place_in_a_pdf_is_outlined() -> None:
    assert_outlined(crop(pdf(), media.PDF, 1, BOX))


def test_the_box_of_a_turned_page_refers_to_the_page_as_shown() -> None:
    assert_outlined(crop(pdf(rotate=90), media.PDF, 1, BBox(842 - 320, 100, 842 - 300, 200)))


def test_the_box_refers_to_what_the_crop_box_leaves() -> None:
    with pikepdf.open(BytesIO(pdf())) as document:
        document.pages[0].CropBox = [30, 20, 595, 842 - 50]
        buffer = BytesIO()
        document.save(buffer)
    assert_outlined(crop(buffer.getvalue(), media.PDF, 1, BBox(70, 250, 170, 270)))


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", media.PNG), ("JPEG", media.JPEG), ("BMP", media.BMP)])
def test_a_place_in_a_picture_is_outlined(kind: str, media_type: str) -> None:
    assert_outlined(crop(encoded(page_image(), kind, dpi=(72, 72)), media_type, None, BOX))


def test_points_are_scaled_by_the_pictures_dpi() -> None:
    assert_outlined(crop(encoded(page_image(3), "PNG", dpi=(216, 216)), media.PNG, 1, BOX))


def test_a_fax_with_half_the_pixels_down_is_shown_in_its_true_shape() -> None:
    fax = page_image(2).resize((1190, 842))
    assert_outlined(crop(encoded(fax, "TIFF", dpi=(144, 72)), media.TIFF, 1, BOX))


def test_a_page_of_a_tiff_is_outlined() -> None:
    blank = Image.new("RGB", (300, 300), "white")
    data = encoded(blank, "TIFF", save_all=True, append_images=[page_image()])
    assert_outlined(crop(data, media.TIFF, 2, BOX))


def test_the_exif_turn_is_left_alone() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert_outlined(crop(encoded(page_image(), "JPEG", exif=exif), media.JPEG, 1, BOX))


def test_without_a_box_the_whole_page_is_shown_small() -> None:
    image = pixels(crop(pdf(), media.PDF, 1, None))
    assert image.shape[0] == 300
    assert image.shape[1] == pytest.approx(300 * 595 / 842, abs=1)


def test_of_a_very_high_box_the_upper_part_is_shown() -> None:
    image = pixels(crop(pdf(), media.PDF, 1, BBox(50, 290, 550, 800)))
    assert image.shape[0] <= HIGHEST
    assert image.shape[1] > 600
    assert extent(image, RED)[1] < 60


def test_a_box_at_or_over_the_pages_edge_is_shown() -> None:
    for box in (BBox(-10, -10, 30, 5), BBox(580, 830, 700, 900), BBox(2000, 2000, 2100, 2020)):
        assert pixels(crop(pdf(), media.PDF, 1, box)).size


def test_the_same_place_gives_the_same_bytes_and_few() -> None:
    first, second = (crop(pdf(), media.PDF, 1, BOX) for _ in range(2))
    assert first == second
    assert first is not None
    assert len(first) < 20_000


def test_a_picture_that_was_pasted_into_a_word_file_is_a_page_of_it() -> None:
    word = docx.Document()
    word.add_picture(BytesIO(encoded(Image.new("RGB", (800, 1100), "white"), "PNG")), width=Cm(15))
    word.add_picture(BytesIO(encoded(page_image(2), "PNG")), width=Cm(15))
    saved = BytesIO()
    word.save(saved)
    shown = pixels(crop(saved.getvalue(), media.DOCX, 2, BBox(200, 600, 400, 640)))
    assert (shown == RED).all(axis=-1).any()
    assert not (pixels(crop(saved.getvalue(), media.DOCX, 1, BBox(200, 600, 400, 640))) == RED).all(axis=-1).any()
    assert crop(saved.getvalue(), media.DOCX, 3, BOX) is None


@pytest.mark.parametrize(
    ("data", "media_type", "page"),
    [
        (b"PK", media.DOCX, None),
        (b"PK", media.XLSX, 1),
        (b"%PDF-1.7 broken", media.PDF, 1),
        (b"no picture", media.PNG, 1),
        (pdf(), media.PDF, 2),
        (encoded(page_image(), "PNG")[:500], media.PNG, 1),
        (encoded(page_image(), "PNG"), media.PNG, 2),
    ],
)
def test_what_cannot_be_drawn_gives_none(data: bytes, media_type: str, page: int | None) -> None:
    assert crop(data, media_type, page, BOX) is None
