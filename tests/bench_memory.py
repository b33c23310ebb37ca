"""`make bench-memory`: the resident memory of one reading process over 500 scanned pages, none read twice alike.

The pages are those of the labelled set, each time cut by some pixels more, so that crops and shapes differ from page
to page as they do between real scans.
"""

import resource
import sys
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from extractors.page_image import read_page_image
from fixtures import scan_set

SHOWN = (10, 50, 100, 250, 500)
MIB = 1 << 20


def main() -> None:
    """Prints the memory after 10, 50 … pages, then how much the last 250 pages (or half of them) added."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else SHOWN[-1]
    pages = [(scan_set.FOLDER / page.file, page.dpi) for form in scan_set.load() for page in form.pages]
    process, resident = psutil.Process(), []
    for number in range(count):
        path, dpi = pages[number % len(pages)]
        read_page_image(_cut(path, number // len(pages)), dpi)
        resident.append(process.memory_info().rss / MIB)
        if number + 1 in SHOWN:
            print(f"{number + 1:4} pages: {resident[-1]:6.0f} MiB resident", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak {peak:.0f} MiB; growth_of_second_half={resident[-1] - resident[count // 2 - 1]:.0f} MiB")


def _cut(path: Path, by: int) -> np.ndarray:
    with Image.open(path) as picture:
        image = np.asarray(picture.convert("RGB"))
    return np.ascontiguousarray(image[3 * by :, 5 * by :])


if __name__ == "__main__":
    main()
