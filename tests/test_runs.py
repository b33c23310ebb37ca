"""Runs of pixels: where they begin and end, up to a picture's edges, and the boxes of the pieces that they make."""

import numpy as np

from extractors.runs import labelled, runs_of

PICTURE = np.array(
    [
        [255, 255, 0, 0, 0, 255],
        [255, 0, 0, 255, 0, 255],
        [0, 0, 0, 0, 255, 255],
        [0, 0, 0, 0, 0, 0],
        [255, 255, 255, 255, 255, 255],
    ],
    np.uint8,
)


def test_runs_end_with_their_row() -> None:
    runs = runs_of(PICTURE)
    found = list(zip(runs.row.tolist(), runs.start.tolist(), runs.end.tolist(), strict=True))
    assert found == [(0, 0, 2), (0, 5, 6), (1, 0, 1), (1, 3, 4), (1, 5, 6), (2, 4, 6), (4, 0, 6)]


def test_each_piece_has_the_sides_of_its_runs() -> None:
    runs, (count, labels) = runs_of(PICTURE), labelled(PICTURE)
    x0, y0, x1, y1 = runs.sides(labels[runs.row, runs.start], count)
    assert count == 4
    assert sorted(zip(x0[1:], y0[1:], x1[1:], y1[1:], strict=True)) == [(0, 0, 2, 2), (0, 4, 6, 5), (3, 0, 6, 3)]


def test_a_picture_without_ink_has_no_runs() -> None:
    assert runs_of(np.zeros((3, 5), np.uint8)).row.size == 0
