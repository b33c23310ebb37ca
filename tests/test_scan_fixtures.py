"""The scan degradation of the fixtures, on a small page that needs no font but a standard one."""

import io
import zipfile
from collections.abc import Callable

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from fixtures import pdf_layouts_finish as finish
from fixtures.scan import GRADES, degrade, degrade_pages
from fixtures.scan_marks import blank_box, pen_tick, press, seal_stamp

WIDTH, HEIGHT = 240, 320


@pytest.fixture(scope="module")
def form() -> bytes:
    """Two small ruled pages with a little text."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT), invariant=1)
    for page in ("one", "two"):
        canvas.rect(20, 160, 200, 120)
        canvas.line(20, 220, 220, 220)
        canvas.drawString(30, 240, f"Example Ltd {page}")
        canvas.drawString(30, 180, "91350100MA00000000")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def pictures(data: bytes, extension: str) -> list[Image.Image]:
    """The page pictures in a container that `degrade` returns."""
    if extension == "zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [Image.open(io.BytesIO(archive.read(name))) for name in archive.namelist()]
    if extension == "pdf":
        return [page.render(scale=2).to_pil() for page in pdfium.PdfDocument(data)]
    picture = Image.open(io.BytesIO(data))
    frames = []
    for number in range(getattr(picture, "n_frames", 1)):
        picture.seek(number)
        frames.append(picture.copy())
    return frames


@pytest.mark.parametrize("grade", GRADES)
def test_the_same_seed_gives_the_same_bytes_and_another_does_not(form: bytes, grade: str) -> None:
    first = degrade(form, grade, 1)
    assert first == degrade(form, grade, 1)
    assert first[0] != degrade(form, grade, 2)[0]


@pytest.mark.parametrize(
    ("grade", "container"), [(grade, container) for grade, how in GRADES.items() for container in how.containers]
)
def test_every_container_holds_every_page_with_its_ink(form: bytes, grade: str, container: str) -> None:
    found = pictures(*degrade(form, grade, 3, container=container))
    assert len(found) == 2
    for picture in found:
        grey = np.asarray(picture.convert("L"))
        assert 0.002 < float((grey < grey.mean() - 40).mean()) < 0.4
    if GRADES[grade].mode != "RGB":
        assert all(picture.mode in ("L", "1") for picture in found if container != "pdf")


def test_a_scan_has_no_text_layer(form: bytes) -> None:
    data, _ = degrade(form, "office", 1, container="pdf")
    assert all(page.get_textpage().get_text_range() == "" for page in pdfium.PdfDocument(data))


def test_turned_pages_swap_their_sides_for_a_quarter_turn_only(form: bytes) -> None:
    shapes = set()
    for seed in range(12):
        pages = pictures(*degrade(form, "turned", seed, container="tif"))
        assert len({page.size for page in pages}) == 1
        width, height = pages[0].size
        shapes.add(width > height)
    assert shapes == {True, False}


def test_resolution_is_stated(form: bytes) -> None:
    (first, *_) = pictures(*degrade(form, "lowres", 1, container="jpg"))
    assert first.info["dpi"] == pytest.approx((120, 120))
    assert first.size == (WIDTH * 120 // 72, pytest.approx(HEIGHT * 120 / 72, abs=1))


def test_a_jpeg_a_page(form: bytes) -> None:
    pages = degrade_pages(form, "photo", 4)
    assert [Image.open(io.BytesIO(page)).format for page in pages] == ["JPEG", "JPEG"]


def test_fax_is_black_and_white(form: bytes) -> None:
    for page in pictures(*degrade(form, "fax", 1, container="tif")):
        assert page.mode == "1"
        assert page.info["compression"] == "group4"


def test_an_unknown_grade_is_an_error(form: bytes) -> None:
    with pytest.raises(KeyError):
        degrade(form, "pristine", 1)


def redness(pixels: np.ndarray) -> np.ndarray:
    channels = pixels.astype(int)
    return channels[..., 0] - np.maximum(channels[..., 1], channels[..., 2])


def test_the_seal_is_red_where_it_is_pressed_and_nowhere_else() -> None:
    page = np.full((300, 400, 3), 255, np.uint8)
    page[:, 100] = 0
    sealed = press(page, seal_stamp("", 100), (100, 150), np.random.default_rng(5))
    red = redness(sealed) > 50
    ys, xs = np.nonzero(red)
    assert red.sum() > 500
    assert (xs.min(), xs.max()) == (pytest.approx(51, abs=3), pytest.approx(149, abs=3))
    assert (ys.min(), ys.max()) == (pytest.approx(101, abs=3), pytest.approx(199, abs=3))
    assert (sealed[:, 100] == 0).all(), "toner shows through the ink"
    assert (page[:, 0] == 255).all()


def test_a_seal_over_the_edge_is_cut() -> None:
    page = np.full((60, 60, 3), 255, np.uint8)
    sealed = press(page, seal_stamp("", 50), (60, 60), np.random.default_rng(5))
    assert (redness(sealed)[40:, 40:] > 50).any()
    assert sealed.shape == page.shape
    assert np.array_equal(press(page, seal_stamp("", 20), (500, 500), np.random.default_rng(5)), page)


def test_the_sealed_page_is_red(form: bytes) -> None:
    for page in pictures(*degrade(form, "seal", 2, container="jpg")):
        assert (redness(np.asarray(page.convert("RGB"))) > 60).sum() > 200


def test_a_tick_leaves_its_box() -> None:
    page = np.full((80, 80, 3), 255, np.uint8)
    page[30:50, 30:50] = 90
    blank_box(page, (30, 30, 50, 50))
    assert page[40, 40].tolist() == [255, 255, 255]
    empty = page.copy()
    pen_tick(page, (30, 30, 50, 50), (25, 40, 120), np.random.default_rng(3))
    changed = np.argwhere((page != empty).any(axis=2))
    assert len(changed) > 20
    assert changed[:, 0].min() < 30
    assert changed[:, 1].max() > 50


def test_the_time_of_printing_leaves_no_trace(form: bytes) -> None:
    at = form.index(b"/CreationDate (D:") + len(b"/CreationDate (D:")
    later = form[:at] + b"2031" + form[at + 4 :]
    assert later != form
    assert finish.settle(later) == finish.settle(form)


@pytest.mark.parametrize("spoil", [finish.private_use, finish.without_unicode])
def test_spoilt_text_looks_the_same_but_has_lost_its_characters(spoil: Callable[[bytes], bytes]) -> None:
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))  # comes with reportlab
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT), invariant=1)
    canvas.setFont("Vera", 14)
    canvas.drawString(30, 240, "Example ÄÖÜ")
    canvas.save()
    sound, spoilt = (pdfium.PdfDocument(data) for data in (buffer.getvalue(), spoil(buffer.getvalue())))
    assert np.array_equal(*(document[0].render().to_numpy() for document in (sound, spoilt)))
    assert "Example" in sound[0].get_textpage().get_text_range()
    if spoil is finish.private_use:
        text = spoilt[0].get_textpage().get_text_range().replace(" ", "")
        assert text
        assert all("\ue000" <= char <= "\uf8ff" for char in text)
    else:
        assert b"/ToUnicode" in buffer.getvalue()
        assert b"/ToUnicode" not in spoil(buffer.getvalue())
