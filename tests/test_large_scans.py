"""Scans of many pixels and of many pages are read page by page in bounded memory, or refused."""

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from drawn import FONT, SIMPLIFIED
from PIL import Image, ImageDraw, ImageFont

A4 = (827, 1169)  # pixels at 100 dpi
A3 = (7016, 9921)  # pixels at 600 dpi
MIB = 1 << 20

READ = """if True:
    import json, resource, sys
    from pathlib import Path
    from extractors import read
    from pipeline.media import media_type

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    data = Path(sys.argv[1]).read_bytes()
    read(Path(sys.argv[2]).read_bytes(), "image/png", range(1, 2))  # loads all that reading needs
    before = peak()
    document = read(data, media_type(data), range(1, 1000))
    lines = [line.text for page in document.pages for line in page.lines]
    print(json.dumps([len(document.pages), lines, [problem.code for problem in document.problems], peak() - before]))"""


def written(size: tuple[int, int], height: int) -> Image.Image:
    """A sheet of two colours with one line on it, in pixels."""
    image = Image.new("1", size, 1)
    font = ImageFont.truetype(FONT, height, index=SIMPLIFIED)
    ImageDraw.Draw(image).text((size[0] // 5, size[1] // 5), "示例智能科技有限公司", fill=0, font=font)
    return image


def read_apart(data: bytes, folder: Path) -> Any:
    """Pages, lines and problems of a file, and the MiB that reading it took, in a process of its own."""
    (folder / "scan").write_bytes(data)
    small = BytesIO()
    written(A4, 18).save(small, "PNG", dpi=(100, 100))
    (folder / "small.png").write_bytes(small.getvalue())
    command = [sys.executable, "-c", READ, str(folder / "scan"), str(folder / "small.png")]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)


def test_a3_at_600_dpi_is_read_in_bounded_memory(tmp_path: Path) -> None:
    data = BytesIO()
    written(A3, 108).save(data, "TIFF", compression="group4", dpi=(600, 600))
    assert len(data.getvalue()) < 100_000
    pages, lines, problems, grown = read_apart(data.getvalue(), tmp_path)
    assert (pages, lines, problems) == (1, ["示例智能科技有限公司"], [])
    assert grown < 1000


def test_a2_at_600_dpi_is_refused(tmp_path: Path) -> None:
    data = BytesIO()
    Image.new("1", (A3[1], 2 * A3[0]), 1).save(data, "TIFF", compression="group4", dpi=(600, 600))
    pages, _, problems, grown = read_apart(data.getvalue(), tmp_path)
    assert (pages, problems) == (0, ["D-TOO-LARGE"])
    assert grown < 100


def test_a_scan_of_200_pages_takes_no_more_memory_than_one_of_its_pages(tmp_path: Path) -> None:
    """All pages as pictures would take 1.2 GiB. Most are blank, as the backs of sheets are, so the test is short."""
    data = BytesIO()
    blank = Image.new("1", A4, 1)
    sheets = [written(A4, 18), *[blank] * 198, written(A4, 18)]
    sheets[0].save(data, "PDF", save_all=True, append_images=sheets[1:], resolution=100)
    assert len(data.getvalue()) < 500_000
    pages, lines, problems, grown = read_apart(data.getvalue(), tmp_path)
    assert (pages, lines, problems) == (200, ["示例智能科技有限公司"] * 2, [])
    assert grown < 200
