"""Form pages drawn with Pillow, as a scanner would see them, with what stands where."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from extractors.page_prep import flattened
from pipeline.model import BBox, Cell, Line, Table

Pixels = npt.NDArray[np.uint8]

DPI = 150
SCALE = DPI / 72  # pixels per point
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
SERIF = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"
SIMPLIFIED = 2  # the face of the collection


@dataclass(frozen=True, slots=True)
class Option:
    """One answer with its box; `pen` is how it is ticked, if it is."""

    text: str
    pen: str = ""  # "", "tick", "wide tick", "cross", "fill"


Content = str | Sequence[Option]


def sheet(width: float = 420, height: float = 200) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """White paper; points."""
    image = Image.new("RGB", (round(width * SCALE), round(height * SCALE)), "white")
    return image, ImageDraw.Draw(image)


def face(points: float = 11, path: str = FONT) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, round(points * SCALE), index=SIMPLIFIED)


def write(
    draw: ImageDraw.ImageDraw, x: float, y: float, content: Content, points: float = 11, path: str = FONT
) -> None:
    """Text or options from (x, y) in points, boxes drawn as outlines."""
    font = face(points, path)
    if isinstance(content, str):
        draw.text((x * SCALE, y * SCALE), content, font=font, fill="black")
        return
    for option in content:
        check_box(draw, x, y + 0.3 * points, 0.85 * points, option.pen)
        draw.text(((x + points) * SCALE, y * SCALE), option.text, font=font, fill="black")
        x += points + font.getlength(option.text) / SCALE + 0.8 * points


def check_box(draw: ImageDraw.ImageDraw, x: float, y: float, side: float, pen: str) -> None:
    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [((x + side * u) * SCALE, (y + side * v) * SCALE) for u, v in points]

    draw.rectangle(at((0, 0), (1, 1)), outline="black", width=1)
    strokes = {
        "": [],
        "tick": [((0.2, 0.5), (0.42, 0.8), (0.82, 0.2))],
        "wide tick": [((0.1, 0.4), (0.45, 0.95), (1.35, -0.4))],
        "cross": [((0.15, 0.15), (0.85, 0.85)), ((0.15, 0.85), (0.85, 0.15))],
        "fill": [],
    }[pen]
    for stroke in strokes:
        draw.line(at(*stroke), fill="black", width=2, joint="curve")
    if pen == "fill":
        draw.rectangle(at((0.2, 0.2), (0.8, 0.8)), fill="black")


def form(
    rows: Sequence[Sequence[Content]], columns: Sequence[float], top: float = 20, height: float = 24
) -> Image.Image:
    """A ruled table; `columns` are the x of its vertical rules in points. A short row's last cell is merged."""
    image, draw = sheet(columns[-1] + 30, top + height * len(rows) + 30)
    for number, row in enumerate(rows):
        y = top + number * height
        for column, content in enumerate(row):
            right = columns[-1] if column == len(row) - 1 else columns[column + 1]
            draw.rectangle([columns[column] * SCALE, y * SCALE, right * SCALE, (y + height) * SCALE], outline="black")
            write(draw, columns[column] + 5, y + 4, content)
    return image


def scanned(image: Image.Image, skew: float = 0.0, blur: float = 0.0, noise: float = 0.0, quarter: int = 0) -> Pixels:
    """The page as scanned: turned by `skew` degrees counter-clockwise, then by quarters clockwise. Seeded."""
    pixels = np.asarray(image.convert("RGB"))
    height, width = pixels.shape[:2]
    if skew:
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
        pixels = np.asarray(cv2.warpAffine(pixels, turn, (width, height), borderValue=(255, 255, 255)), np.uint8)
    if blur:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), blur), np.uint8)
    if noise:
        grain = np.random.default_rng(1).normal(0, noise, pixels.shape)
        pixels = np.clip(pixels.astype(np.float64) - 8 + grain, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.rot90(pixels, -quarter))


def flat_of(page: Pixels) -> Pixels:
    """A whole page flattened."""
    return flattened(page, max(page.shape))


def cells(blocks: Sequence[Line | Table]) -> list[Cell]:
    return [cell for block in blocks if isinstance(block, Table) for cell in block.cells]


def share(box: BBox | None, place: BBox) -> float:
    """How much two boxes have in common: their intersection over their union."""
    assert box is not None
    width = min(box.x1, place.x1) - max(box.x0, place.x0)
    height = min(box.bottom, place.bottom) - max(box.top, place.top)
    if width <= 0 or height <= 0:
        return 0.0
    both = (box.x1 - box.x0) * (box.bottom - box.top) + (place.x1 - place.x0) * (place.bottom - place.top)
    return width * height / (both - width * height)
