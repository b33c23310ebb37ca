"""Pale lettering behind the text is taken off; pages without any stay as they are."""

import numpy as np
import pytest
from drawn import Pixels, face, flat_of, scanned, sheet, write
from PIL import Image, ImageDraw

from extractors.watermark import without_watermark


def page(mark: int | None) -> Pixels:
    """Lines of black text over lettering as pale as `mark`, of 255."""
    image, draw = sheet(400, 300)
    if mark is not None:
        lettering = Image.new("L", image.size, 255)
        letters = Image.new("L", (700, 160), 255)
        ImageDraw.Draw(letters).text((10, 10), "仅限申报使用", font=face(50), fill=mark)
        lettering.paste(letters.rotate(30, expand=True, fillcolor=255).resize((700, 500)), (60, 40))
        image.paste(lettering.convert("RGB"))
    for line in range(10):
        write(draw, 30, 20 + 25 * line, "示例科技有限公司申报人工智能项目2024年5月22日")
    return scanned(image, noise=2)


@pytest.mark.parametrize("mark", [190, 215, 232])
def test_a_watermark_turns_to_paper_and_the_text_stays(mark: int) -> None:
    marked, plain = page(mark), page(None)
    clean = without_watermark(marked, flat_of(marked), max(marked.shape))
    assert _between(clean, 0, 128) == pytest.approx(_between(plain, 0, 128), rel=0.02)
    assert _between(clean, 180, mark + 6) <= _between(plain, 180, mark + 6)


def _between(pixels: Pixels, low: int, high: int) -> int:
    return np.count_nonzero((pixels[:, :, 0] >= low) & (pixels[:, :, 0] < high))


def test_a_page_without_watermark_is_left_alone() -> None:
    plain = page(None)
    assert without_watermark(plain, flat_of(plain), max(plain.shape)) is plain


@pytest.mark.parametrize("ink", [180, 200])
def test_large_print_of_a_page_that_is_pale_all_over_is_no_watermark(ink: int) -> None:
    image, draw = sheet(400, 300)
    for line in range(6):
        draw.text((60, 40 + 90 * line), "示例科技有限公司", font=face(26), fill=(ink,) * 3)
    pale = scanned(image, noise=2)
    assert without_watermark(pale, flat_of(pale), max(pale.shape)) is pale


def test_a_shadow_is_no_watermark() -> None:
    plain = page(None)
    shade = np.linspace(1.0, 0.6, plain.shape[1])[None, :, None]
    shaded = (plain * shade).astype(np.uint8)
    assert without_watermark(shaded, flat_of(shaded), max(shaded.shape)) is shaded
