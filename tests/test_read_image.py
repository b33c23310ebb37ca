"""Pictures as files: kinds, modes, pages, resolution, and what cannot be used."""

from io import BytesIO

import numpy as np
import pytest
from drawn import DPI, SCALE, cells, form, sheet, write
from PIL import Image

from extractors import read, read_image
from pipeline.media import JPEG, TIFF, media_type
from pipeline.model import Method

ROWS = (("项目名称", "示例平台"), ("联系人", "示例人员"))
TEXTS = ["项目名称", "示例平台", "联系人", "示例人员"]
ALL = range(1, 1000)


def page() -> Image.Image:
    return form(ROWS, (20, 120, 260))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP", "TIFF", "HEIF"])
def test_every_kind_is_read(kind: str) -> None:
    data = saved(page(), kind, dpi=(DPI, DPI))
    document = read(data, media_type(data), ALL)
    assert document.problems == ()
    assert document.page_count == 1
    (found,) = document.pages
    assert found.method is Method.OCR
    assert [cell.text for cell in cells(found.blocks)] == TEXTS


def test_a_sane_dpi_tag_gives_points_and_none_gives_pixels() -> None:
    points = read_image.read(saved(page(), "PNG", dpi=(DPI, DPI)), ALL).pages[0]
    pixels = read_image.read(saved(page(), "PNG"), ALL).pages[0]
    absurd = read_image.read(saved(page(), "PNG", dpi=(3, 3)), ALL).pages[0]
    assert (points.width, points.height) == pytest.approx((290, 98), abs=1)
    assert (pixels.width, pixels.height) == page().size
    assert absurd == pixels
    one, other = cells(points.blocks)[1].bbox, cells(pixels.blocks)[1].bbox
    assert one
    assert other
    assert one.x0 * SCALE == pytest.approx(other.x0, abs=1)
    assert one.x0 == pytest.approx(120, abs=1.5)


@pytest.mark.parametrize("dpi", [(DPI, DPI / 2), (DPI / 2, DPI)])
def test_a_fax_with_half_the_pixels_down_or_across_is_read_in_its_true_shape(dpi: tuple[float, float]) -> None:
    large = page().resize((page().width * 2, page().height * 2)).convert("L")
    size = round(large.width * dpi[0] / DPI), round(large.height * dpi[1] / DPI)
    (found,) = read_image.read(saved(large.resize(size), "TIFF", dpi=dpi), ALL).pages
    assert (found.width, found.height) == pytest.approx((580, 196), abs=1)
    assert [cell.text for cell in cells(found.blocks)] == TEXTS


def test_a_tiff_is_read_page_by_page_and_only_the_pages_wanted() -> None:
    second, draw = sheet(290, 98)
    write(draw, 30, 40, "第二页正文")
    pages = [page().convert("1"), second, page().convert("L")]
    data = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], dpi=(DPI, DPI))
    document = read(data, TIFF, range(2, 3))
    assert document.page_count == 3
    assert [(found.number, found.lines[0].text) for found in document.pages] == [(2, "第二页正文")]
    assert [found.number for found in read_image.read(data, ALL).pages] == [1, 2, 3]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "I;16"])
def test_every_mode_is_read(mode: str) -> None:
    image = page()
    if mode == "I;16":
        image = Image.fromarray((np.asarray(image.convert("L")).astype(np.uint16)) * 257)
    elif mode == "RGBA":
        # Ink on nothing, as signature and stamp tools write it.
        image.putalpha(Image.eval(page().convert("L"), lambda value: 255 - value))
    else:
        image = image.convert(mode)
    found = read_image.read(saved(image, "TIFF", dpi=(DPI, DPI)), ALL).pages[0]
    assert [cell.text for cell in cells(found.blocks)] == TEXTS


def test_an_exif_turn_leaves_boxes_on_the_stored_page() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = page().rotate(90, expand=True)
    document = read(saved(stored, "JPEG", quality=95, exif=exif, dpi=(DPI, DPI)), JPEG, ALL)
    (found,) = document.pages
    assert found.height
    assert found.width
    assert found.height > found.width
    assert [cell.text for cell in cells(found.blocks)] == TEXTS
    box = cells(found.blocks)[0].bbox
    assert box
    assert box.bottom - box.top > box.x1 - box.x0


@pytest.mark.parametrize("cut", [0, 40, 2000])
def test_a_damaged_picture_is_a_problem(cut: int) -> None:
    document = read_image.read(saved(page(), "PNG")[:cut], ALL)
    assert document.pages == ()
    assert [problem.code for problem in document.problems] == ["D-DAMAGED"]


def test_one_damaged_page_does_not_take_the_others() -> None:
    pages = [page(), page()]
    data = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_deflate")
    middle = len(data) // 2
    document = read_image.read(data[:middle] + bytes(200) + data[middle + 200 :], ALL)
    assert document.page_count == 2
    assert [found.number for found in document.pages] == [1]
    assert [(problem.code, problem.where) for problem in document.problems] == [("page-damaged", "第2页")]


def test_a_bomb_is_too_large() -> None:
    document = read_image.read(saved(Image.new("1", (9500, 9500), 1), "PNG"), ALL)
    assert document.pages == ()
    assert [problem.code for problem in document.problems] == ["D-TOO-LARGE"]


def test_a_picture_without_text_is_empty() -> None:
    document = read_image.read(saved(Image.new("L", (300, 200), 255), "PNG"), ALL)
    assert document.pages == ()
    assert [problem.code for problem in document.problems] == ["D-EMPTY"]
