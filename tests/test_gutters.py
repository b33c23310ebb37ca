"""Text that was read across columns, cut where they part."""

from extractors.gutters import Gutter, cut_at
from pipeline.model import BBox


def cut(text: str, x0: float, x1: float, *columns: tuple[float, float], half: float = 5.0) -> list[str]:
    return [part for part, _ in cut_at(text, BBox(x0, 0, x1, 12), [Gutter(*column) for column in columns], half)]


def test_nothing_is_cut_within_a_date() -> None:
    assert cut("2021年9月15日44.20", 218, 348, (260, 303)) == ["2021年9月15日", "44.20"]


def test_the_paper_of_a_bracket_parts_no_columns_if_there_is_other_paper() -> None:
    text = "实用新型 示例聚力（莆田） 软件有限责任公司 ZL202220542277.2"
    assert cut(text, 228, 530, (269, 287), (327, 451), half=4.8) == [
        "实用新型", "示例聚力（莆田） 软件有限责任公司", "ZL202220542277.2",
    ]  # fmt: skip


def test_each_gutter_has_a_cut_of_its_own() -> None:
    text = "示例臻选海洋工程有限责任公司 2021年9月15日44.20"
    assert cut(text, 60, 351, (196, 218), (260, 303), half=4.8) == [
        "示例臻选海洋工程有限责任公司",
        "2021年9月15日",
        "44.20",
    ]


def test_a_text_that_has_fewer_places_than_gutters_leaves_a_cell_blank() -> None:
    assert cut("示例有限公司 44.20", 60, 330, (120, 150), (240, 280)) == ["示例有限公司", "44.20"]
