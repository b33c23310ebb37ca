"""The engine on its own, with the real weights."""

import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from drawn import Pixels, face, sheet, write

from extractors import networks, ocr, weights
from extractors.ocr import Reading
from extractors.paddle_models import write_model
from extractors.recogniser import characters, classified
from extractors.recogniser import recognise as recognise_steps
from pipeline.model import BBox

CODE = "91350100MA2XNTEST8"


def page() -> Pixels:
    image, draw = sheet(360, 90)
    write(draw, 20, 10, "统一社会信用代码")
    write(draw, 180, 10, CODE)
    write(draw, 20, 50, "注册资本：1,234.56万元")
    return np.asarray(image)


def recognise(image: Pixels) -> tuple[tuple[BBox, Reading], ...]:
    boxes = ocr.detect(image, max(image.shape))
    return tuple(zip(boxes, ocr.read([ocr.crop(image, box) for box in boxes]), strict=True))


def test_lines_come_with_their_text_box_and_confidence_from_the_top() -> None:
    boxes, lines = zip(*recognise(page()), strict=True)
    assert "".join(line.text for line in lines[:-1]).replace(" ", "") == "统一社会信用代码" + CODE
    assert lines[-1].text.replace("：", ":") == "注册资本:1,234.56万元"
    assert all(line.confidence > 0.9 for line in lines)
    assert all(box.top < box.bottom for box in boxes)
    assert list(boxes) == sorted(boxes, key=lambda box: box.top)


def test_the_same_image_gives_the_same_lines() -> None:
    assert recognise(page()) == recognise(page())


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="threads are asked for their cores on Linux only")
def test_a_thread_that_reads_is_not_tied_to_a_core() -> None:
    """Processes whose one thread each is tied to the first core take twice as long as they need."""
    free, seen = frozenset(os.sched_getaffinity(0)), set()
    crops = [np.asarray(sheet(2000, 48)[0])] * 20
    ocr.read(crops[:1])  # compiling may tie it for a moment
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(threading.get_native_id).result()
        reading = pool.submit(ocr.read, crops)
        while not reading.done():
            seen.add(frozenset(os.sched_getaffinity(reader)))
    assert seen == {free}


def test_steps_that_the_head_is_not_asked_for_are_blank() -> None:
    whole, parted = networks.load(weights.RECOGNITION), networks.load_recogniser()
    strips = [ocr.recognisable(ocr.crop(page(), box)) for box in ocr.detect(page(), max(page().shape))]
    for strip, steps in zip(strips, recognise_steps(strips), strict=True):
        assert steps["class"].tolist() == classified(whole(strip)[0])["class"].tolist()
        assert 0.3 < parted.is_blank(parted.body(strip)[0]).mean() < 1.0


def test_a_line_that_is_higher_at_one_end_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rectangle around it that has the least area lies askew, and half of it is paper."""
    seen = np.zeros((1, 1, 960, 736), np.float32)
    seen[..., 500:506, 31:706] = 1
    seen[..., 494:510, 31:50] = 1
    monkeypatch.setattr(ocr, "_detector", lambda: lambda _: seen)
    (line,) = ocr.detect(np.zeros((960, 736), np.uint8), 960)
    assert (line.x0, line.x1) == pytest.approx((31, 706), abs=12)


def test_an_empty_page_has_no_lines() -> None:
    assert recognise(np.full((200, 300, 3), 255, np.uint8)) == ()


def test_places_follow_the_characters_across_the_crop() -> None:
    image, draw = sheet(200, 30)
    write(draw, 10, 5, "国家级      省级")
    (reading,) = ocr.read([np.asarray(image)])
    assert reading.text.replace(" ", "") == "国家级省级"
    assert list(reading.places) == sorted(reading.places)
    wide = [place for place, char in zip(reading.places, reading.text, strict=True) if char != " "]
    assert wide[3] - wide[2] > 1.5 * (wide[1] - wide[0])


def test_readings_keep_the_order_of_the_crops_whatever_their_width() -> None:
    texts = ["工业企业", "福建省福州市鼓楼区示例路一号五层", "86.4", "软件和信息技术服务业企业"]
    crops = []
    for text in texts:
        image, draw = sheet(face().getlength(text) / 2 + 12, 20)
        write(draw, 5, 1, text)
        crops.append(np.asarray(image))
    assert [reading.text for reading in ocr.read(crops)] == texts


def test_confidence_is_that_of_the_least_sure_character() -> None:
    output = np.zeros((5, len(characters())), np.float32)
    output[:, 0] = [0.0, 0.9, 0.0, 0.1, 0.9]
    output[0, 1], output[2, 2], output[3, 2] = 0.99, 0.6, 0.7
    assert read(output).confidence == np.float32(0.7)
    assert len(read(output).text) == 2


def read(output: npt.NDArray[np.float32]) -> Reading:
    return ocr._decode(classified(output), 1.0)


def likely(*places: dict[str, float]) -> npt.NDArray[np.float32]:
    """A network's output: at each second place, these characters with these probabilities."""
    output = np.zeros((2 * len(places), len(characters())), np.float32)
    output[1::2, 0] = 1.0
    for place, known in enumerate(places):
        for char, probability in known.items():
            output[2 * place, characters().index(char)] = probability
    return output


def test_doubt_between_a_full_width_character_and_its_half_width_form_is_none() -> None:
    reading = read(likely({"元": 0.99}, {"：": 0.5, ":": 0.48}))
    assert reading.text == "元："
    assert reading.confidence == pytest.approx(0.98)


@pytest.mark.parametrize(
    ("printed", "text", "confidence"),
    [
        ("examp1e", "example", 0.99),
        ("1in059", "lin059", 0.99),
        ("C1oud", "Cloud", 0.99),
        ("mai1.", "mail.", 0.99),
        ("hao1.", "hao1.", 0.7),
        ("A-1", "A-1", 0.7),
        ("1kg", "1kg", 0.7),
    ],
)
def test_a_stroke_inside_a_word_is_the_letter_if_that_is_possible(printed: str, text: str, confidence: float) -> None:
    places = [{char: 0.995} if char != "1" else {"1": 0.7, "l": 0.29} for char in printed]
    reading = read(likely(*places))
    assert reading.text == text
    assert reading.confidence == pytest.approx(confidence)


def test_a_traditional_character_gives_way_to_a_likely_simplified_one() -> None:
    assert read(likely({"厦": 1.0}, {"門": 0.6, "门": 0.3})).text == "厦门"
    assert read(likely({"李": 1.0}, {"喆": 0.95, "吉": 0.03})).text == "李喆"


def test_a_point_at_mid_height_between_figures_is_a_decimal_point() -> None:
    assert read(likely(*({char: 1.0} for char in "12·5"))).text == "12.5"
    assert read(likely(*({char: 1.0} for char in "甲·乙"))).text == "甲·乙"


def test_a_stroke_that_ends_a_label_is_a_dash() -> None:
    assert read(likely(*({char: 1.0} for char in "占比：一"))).text == "占比：—"
    assert read(likely(*({char: 1.0} for char in "数量：一台"))).text == "数量：一台"


def test_a_sure_figure_stays_one_wherever_it_stands() -> None:
    assert read(likely({"a": 1.0}, {"1": 1.0}, {"b": 1.0})).text == "a1b"


def test_a_crop_is_never_empty() -> None:
    image = np.zeros((10, 20, 3), np.uint8)
    assert ocr.crop(image, BBox(50, 50, 40, 40)).size
    assert ocr.crop(image, BBox(-5, -5, 100, 100)).shape == (10, 20, 3)


def test_another_model_of_paddleocrs_layout_is_read_with_and_known_apart(tmp_path: Path) -> None:
    """A copy of the weights: the same readings under another version."""
    folder = write_model(weights.RECOGNITION, tmp_path)
    assert said(tmp_path) == (ocr.VERSION, ascii(recognise(page()))), "the same in every process"
    version, lines = said(tmp_path, SHENBAO_OCR_RECOGNITION_MODEL=str(folder))
    assert lines == ascii(recognise(page()))
    assert version != ocr.VERSION


def test_paddleocr_runs_the_same_models_to_the_same_words(tmp_path: Path) -> None:
    version, lines = said(tmp_path, SHENBAO_OCR_ENGINE="paddleocr")
    assert version.startswith("paddleocr-")
    assert re.findall(r"text='(.*?)'", lines) == [ascii(line.text)[1:-1] for _, line in recognise(page())]


def said(folder: Path, **chosen: str) -> tuple[str, str]:
    """The engine's version in a process of its own, and what it reads on the page."""
    script = """if True:
        import numpy, sys
        from extractors import ocr
        image = numpy.load(sys.argv[1])
        boxes = ocr.detect(image, max(image.shape))
        lines = zip(boxes, ocr.read([ocr.crop(image, box) for box in boxes]))
        print(ocr.VERSION, ascii(tuple(lines)))"""
    np.save(folder / "page.npy", page())
    command = [sys.executable, "-c", script, str(folder / "page.npy")]
    found = subprocess.run(command, env=os.environ | chosen, stdout=subprocess.PIPE, text=True, check=True)
    version, _, lines = found.stdout.splitlines()[-1].partition(" ")
    return version, lines


def test_paper_as_wide_as_a_character_is_a_space() -> None:
    symbols, places = list("软件著作权示例公司12示"), [*range(5), 6, 7, 8, 9, 11, 11.5, 12.2]
    ocr._space(symbols, places)
    assert "".join(symbols) == "软件著作权 示例公司 12示"
    assert len(places) == len(symbols)
    assert places == sorted(places)
    for even in ("申报单位名称示例", "名称12"):  # as wide as all, and too few to tell
        symbols = list(even)
        ocr._space(symbols, [2.0 * place for place in range(len(even))])
        assert "".join(symbols) == even


def test_a_per_cent_sign_with_a_third_ring_is_a_per_mille_sign() -> None:
    for read, text in (("下降到6%0。", "下降到6‰。"), ("5%0.2", "5%0.2"), ("%0", "%0")):
        symbols, places = list(read), [0.1 * n for n in range(len(read))]
        ocr._join_per_mille(symbols, places)
        assert "".join(symbols) == text
        assert len(places) == len(text)
