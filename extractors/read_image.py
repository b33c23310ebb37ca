"""JPEG, PNG, BMP, WebP, HEIC and multi-page TIFF → Document, by OCR, frame by frame.

Boxes are in points of the picture as it is stored. An EXIF turn is not applied: the page's own writing tells how it
lies, and phones get the tag wrong.
"""

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from extractors import ocr
from extractors.page_image import read_viewed
from extractors.page_prep import LONGEST_SIDE
from extractors.picture import dpi_of, squared_size
from pipeline.media import TIFF, media_type
from pipeline.model import Document, Method, Page, Problem

VERSION = f"24+{ocr.VERSION}"
MOST_PAGES = 500  # read of one file
MOST_PIXELS = 89_478_485  # of one frame, where Pillow begins to warn of a bomb; A3 at 600 dpi has 70 million

_ADVICE = {
    "D-DAMAGED": "已损坏，无法打开；请申报单位重新扫描或拍照后报送",
    "D-TOO-LARGE": "像素过多，未读取；请申报单位以不高于 600 dpi 的分辨率重新扫描后报送",
}
_EMPTY = Problem("D-EMPTY", "图片中未识别到文字；请人工查看，必要时请申报单位重新扫描后报送")


class _UnusableError(Exception):
    """A picture or a frame that cannot be decoded; `code` is its finding."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Frame:
    """A decoded frame: RGB or grey, uint8, its pixels per inch, and its size as stored in points."""

    image: npt.NDArray[np.uint8]
    dpi: float
    width: float
    height: float


def read(data: bytes, pages: range) -> Document:
    """Reads the frames whose numbers (from 1) are in `pages`. Nothing in the file makes it raise."""
    try:
        picture, count = _open(data)
    except _UnusableError as error:
        return _document(data, 0, problems=(Problem(error.code, f"图片{_ADVICE[error.code]}"),))
    with picture:
        wanted = [number for number in pages if 1 <= number <= min(count, MOST_PAGES)]
        read_pages, problems = _read_frames(picture, wanted)
    if count > MOST_PAGES and MOST_PAGES + 1 in pages:
        note = f"文件共 {count} 页，只读取了前 {MOST_PAGES} 页；请人工查看其余页"
        problems.append(Problem("truncated", note))
    if not read_pages and problems:
        code = "D-TOO-LARGE" if problems[0].code == "page-too-large" else "D-DAMAGED"
        return _document(data, count, problems=(Problem(code, problems[0].message, problems[0].where),))
    if len(wanted) == count and not any(page.blocks for page in read_pages):
        return _document(data, count, problems=(_EMPTY,))
    return _document(data, count, tuple(read_pages), tuple(problems))


def _document(data: bytes, count: int, pages: tuple[Page, ...] = (), problems: tuple[Problem, ...] = ()) -> Document:
    sha256 = hashlib.sha256(data).hexdigest()
    return Document(sha256, media_type(data), f"image/{VERSION}", pages, count, problems)


def _read_frames(picture: Image.Image, wanted: list[int]) -> tuple[list[Page], list[Problem]]:
    pages, problems = [], []
    for number in wanted:
        try:
            frame = _frame(picture, number)
        except _UnusableError as error:
            code = "page-too-large" if error.code == "D-TOO-LARGE" else "page-damaged"
            problems.append(Problem(code, f"第{number}页{_ADVICE[error.code]}", f"第{number}页"))
            continue
        blocks, view = read_viewed(frame.image, frame.dpi)
        pages.append(Page(number, Method.OCR, blocks, frame.width, frame.height, view=view))
    return pages, problems


# --- decoding ------------------------------------------------------------------------------------------------


@contextmanager
def _decoding() -> Iterator[None]:
    """Pillow's plugins raise whatever they stumble over; all of it means that the file is no good."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd tags, which do not matter here
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except (_UnusableError, MemoryError):
            raise
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise _UnusableError("D-TOO-LARGE") from error
        except Exception as error:
            raise _UnusableError("D-DAMAGED") from error


def _open(data: bytes) -> tuple[Image.Image, int]:
    """The picture and how many pages it has. Only TIFF has pages: other kinds' frames are animation or previews."""
    with _decoding():
        picture = Image.open(BytesIO(data))
        return picture, int(getattr(picture, "n_frames", 1)) if media_type(data) == TIFF else 1


def _frame(picture: Image.Image, number: int) -> _Frame:
    with _decoding():
        if number > 1 or picture.tell():
            picture.seek(number - 1)
        width, height = squared_size(picture)
        if width * height > MOST_PIXELS:
            raise _UnusableError("D-TOO-LARGE")
        dpi, is_square = dpi_of(picture), (width, height) == picture.size
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        image = _on_paper(picture)
        if not is_square:
            image = image.resize((width, height))
        factor = max(image.size) // LONGEST_SIDE
        if factor > 1:
            image = image.reduce(factor)
        points = 72 / dpi
        return _Frame(np.asarray(image, np.uint8), dpi * image.width / width, width * points, height * points)


def _on_paper(frame: Image.Image) -> Image.Image:
    """The frame on white paper, in grey or in colour, whatever its mode."""
    if frame.mode.startswith(("I", "F")):
        values = np.asarray(frame, np.float32)
        # Sixteen bits, or none of the usual ranges: its brightest point is the paper.
        frame = Image.fromarray((values * (255.0 / max(float(values.max()), 1.0))).clip(0, 255).astype(np.uint8))
    if frame.has_transparency_data:
        layered = frame.convert("RGBA")
        paper = Image.new("RGBA", layered.size, "white")
        paper.alpha_composite(layered)
        frame = paper
    return frame.convert("L" if frame.mode in ("1", "L") else "RGB")
