"""Pages that lie askew: extraction sees them upright and straight, evidence cites them as they are stored."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pipeline.model import BBox, Cell, Document, Evidence, FieldValue, Line, Page, Table

Matrix = npt.NDArray[np.float64]
Move = Callable[[BBox], BBox]

_STEPS = 4  # of Newton's method; boxes are found to a thousandth of a point in three
_LEAST_SIDE = 0.1  # points


def upright(document: Document) -> Document:
    """The document with the boxes of its pages as they are in the pages' views."""
    if not any(page.view for page in document.pages):
        return document
    return replace(document, pages=tuple(_upright(page) for page in document.pages))


def as_stored(value: FieldValue, pages: Mapping[tuple[str, int | None], Page]) -> FieldValue:
    """A claim whose evidence, and that of its rows, cites the pages as stored; `pages` by sha256 and number."""
    moved = replace(value, evidence=_cited(value.evidence, pages))
    if isinstance(value.value, tuple):
        rows = tuple(
            row if isinstance(row, str) else {name: as_stored(cell, pages) for name, cell in row.items()}
            for row in value.value
        )
        return replace(moved, value=rows)  # type: ignore[arg-type]  # codes stay codes, rows stay rows
    return moved


def projected(box: BBox, matrix: Matrix) -> BBox:
    """The smallest upright box around what a box becomes under a homography (3, 3)."""
    corners = np.array([[box.x0, box.top, 1], [box.x1, box.top, 1], [box.x1, box.bottom, 1], [box.x0, box.bottom, 1]])
    moved = (corners @ matrix.T).tolist()
    x, y = [x / by for x, _, by in moved], [y / by for _, y, by in moved]
    return BBox(min(x), min(y), max(x), max(y))


def unprojected(box: BBox, matrix: Matrix) -> BBox:
    """The box that `projected` makes this one of: of slanting text it is lower than the box around its corners."""
    middle, size = _middle_and_size(box)
    centre = _point(np.asarray(np.linalg.inv(matrix), np.float64), middle)
    sides = np.zeros(2)
    for _ in range(_STEPS):
        guess = BBox(*(centre - sides / 2), *(centre + sides / 2))
        at, grown = _middle_and_size(projected(guess, matrix))
        slope = _slope(matrix, centre)
        sides = np.maximum(sides + np.linalg.solve(np.abs(slope), size - grown), _LEAST_SIDE)
        centre = centre + np.linalg.solve(slope, middle - at)
    (x0, top), (x1, bottom) = centre - sides / 2, centre + sides / 2
    return BBox(float(x0), float(top), float(x1), float(bottom))


def _middle_and_size(box: BBox) -> tuple[Matrix, Matrix]:
    middle = np.array([(box.x0 + box.x1) / 2, (box.top + box.bottom) / 2])
    return middle, np.array([box.x1 - box.x0, box.bottom - box.top])


def _point(matrix: Matrix, point: Matrix) -> Matrix:
    x, y, w = matrix @ np.append(point, 1.0)
    return np.array([x / w, y / w])


def _slope(matrix: Matrix, point: Matrix) -> Matrix:
    """The homography's derivative at a point: shape (2, 2)."""
    x, y, w = matrix @ np.append(point, 1.0)
    return np.asarray((matrix[:2, :2] - np.outer([x / w, y / w], matrix[2, :2])) / w, np.float64)


def _upright(page: Page) -> Page:
    if page.view is None:
        return page
    matrix = np.reshape(page.view.to_stored, (3, 3))

    return replace(moved(page, lambda box: unprojected(box, matrix)), width=page.view.width, height=page.view.height)


def moved(page: Page, move: Move) -> Page:
    """The page with each of its boxes moved."""
    blocks = tuple(_moved_table(b, move) if isinstance(b, Table) else _moved_line(b, move) for b in page.blocks)
    return replace(page, blocks=blocks)


def _cited(evidence: Evidence, pages: Mapping[tuple[str, int | None], Page]) -> Evidence:
    page = pages.get((evidence.sha256, evidence.page))
    if page is None or page.view is None or evidence.bbox is None:
        return evidence
    return replace(evidence, bbox=projected(evidence.bbox, np.reshape(page.view.to_stored, (3, 3))))


def _moved_line(line: Line, move: Move) -> Line:
    return replace(line, bbox=move(line.bbox)) if line.bbox else line


def _moved_table(table: Table, move: Move) -> Table:
    cells = tuple(_moved_cell(cell, move) for cell in table.cells)
    return replace(table, cells=cells, bbox=move(table.bbox) if table.bbox else None)


def _moved_cell(cell: Cell, move: Move) -> Cell:
    return replace(
        cell,
        lines=tuple(_moved_line(line, move) for line in cell.lines),
        bbox=move(cell.bbox) if cell.bbox else None,
        tables=tuple(_moved_table(table, move) for table in cell.tables),
    )
