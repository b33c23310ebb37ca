"""Pages in two text columns: which lines go together."""

from paper import programme

from extractors.form import extract
from extractors.labels import labels_of
from extractors.text_columns import columns_apart
from pipeline.model import BBox, Document, Line, Method, Page

LABELS = labels_of(programme().fields)


def at(x: float, top: float, text: str) -> Line:
    width = sum(10.0 if ord(char) > 0x2E80 else 5.0 for char in text)
    return Line(text, BBox(x, top, x + width, top + 10))


LEFT = ["注册地址：福建省泉州市丰泽区示例路66号示", "例大厦1203室", "联系人：例甲", "成立时间：2016年8月9日"]
RIGHT = ["职工总数：128人", "研发人员数：57人", "资产总额：300万元", "负债总额：20万元"]


def page() -> list[Line]:
    rows = [at(220, 40, "福建省省级人工智能产业发展项目申报表")]
    for number, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
        rows += [at(50, 80 + 16 * number, left), at(320, 83 + 16 * number, right)]
    return [*rows, at(50, 200, "项目简介：示例平台面向合同审阅场景，采用自然语言理解技术，已在多家示例单位运行。")]


def test_the_left_column_comes_before_the_right_one() -> None:
    groups = [[line.text for line in group] for group in columns_apart(page(), LABELS.leads)]
    assert [group for group in groups if group[0] in (LEFT[0], RIGHT[0])] == [LEFT, RIGHT]
    assert sum(map(len, groups)) == len(page())


def test_values_go_on_in_their_own_column() -> None:
    document = Document("0" * 64, "application/pdf", "test", (Page(1, Method.PDF, tuple(page()), 595, 842),), 1)
    found = {value.name: value.value for value in extract(document, programme())}
    assert found["registered_address"] == "福建省泉州市丰泽区示例路66号示例大厦1203室"
    assert (found["employees"], found["contact_name"]) == (128, "例甲")


def test_rows_of_pairs_stay_rows() -> None:
    lines = [at(x, 80 + 16 * i, text) for i in range(4) for x, text in ((50, LEFT[2]), (320, RIGHT[i]))]
    assert columns_apart(lines, LABELS.leads) == [lines]
    unplaced = [Line(line.text) for line in page()]
    assert columns_apart(unplaced, LABELS.leads) == [unplaced]
