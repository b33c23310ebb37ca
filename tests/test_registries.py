"""Lists of companies in bad standing: any header, both formats."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from pipeline.errors import SourceError
from pipeline.registries import Listed, load_registries

LISTED, OTHER = "91350100MA00EXAM14", "91350100MA00EXAM27"


def workbook(path: Path, *rows: list[str], title: str = "Sheet") -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)


def test_a_workbook_with_a_title_above_its_header(tmp_path: Path) -> None:
    header = ["序号", "企业名称", "注册号/统一社会信用代码", "列入原因", "列入日期"]
    row = ["1", "示例科技有限公司", f" {LISTED.lower()} ", "未公示年度报告", "2024-03-01"]
    workbook(tmp_path / "经营异常名录.xlsx", ["经营异常名录"], [], header, row)
    found = load_registries(tmp_path).find(LISTED, "别的名字")
    assert found == (Listed("经营异常名录.xlsx", 4, "示例科技有限公司", LISTED, "未公示年度报告"),)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_in_either_encoding(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = [["失信被执行人名称", "失信行为"], ["示例（福建）科技有限公司", "拒不履行"]]
    text = "\n".join(delimiter.join(line) for line in lines)
    (tmp_path / "失信企业.csv").write_bytes(text.encode(encoding))
    (found,) = load_registries(tmp_path).find(LISTED, "示例(福建) 科技有限公司")
    assert (found.list_name, found.row, found.reason) == ("失信企业.csv", 2, "拒不履行")


def test_a_name_alone_is_no_hit_when_the_codes_differ(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", ["企业名称", "信用代码"], ["示例科技有限公司", OTHER])
    registries = load_registries(tmp_path)
    assert registries.find(LISTED, "示例科技有限公司") == ()
    assert len(registries.find("", "示例科技有限公司")) == 1
    assert registries.find(LISTED, "示例科技") == ()


def test_who_was_taken_off_a_list_is_not_on_it(tmp_path: Path) -> None:
    header = ["企业名称", "统一社会信用代码", "移出日期"]
    workbook(tmp_path / "a.xlsx", header, ["甲公司", LISTED, "2024-05-01"], ["乙公司", OTHER, ""])
    registries = load_registries(tmp_path)
    assert registries.find(LISTED, "甲公司") == ()
    assert len(registries.find(OTHER, "")) == 1


@pytest.mark.parametrize("content", [None, "日期,金额\n2024,1\n"])
def test_what_is_no_list_is_refused(tmp_path: Path, content: str | None) -> None:
    if content:
        (tmp_path / "x.csv").write_text(content, "utf-8")
    with pytest.raises(SourceError, match="registries"):
        load_registries(tmp_path)
    with pytest.raises(SourceError, match="no folder"):
        load_registries(tmp_path / "missing")


def test_a_broken_workbook_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(SourceError, match=r"x\.xlsx cannot be opened"):
        load_registries(tmp_path)


def test_every_row_of_a_long_list_is_found(tmp_path: Path) -> None:
    rows = "\n".join(f"示例第{n}贸易有限公司,{n:018d}" for n in range(20_000))
    (tmp_path / "a.csv").write_text(f"企业名称,统一社会信用代码\n{rows}\n", "utf-8")
    registries = load_registries(tmp_path)
    assert all(registries.find(f"{n:018d}", "")[0].row == n + 2 for n in range(20_000))
    assert all(registries.find("", f"示例第{n}贸易有限公司")[0].row == n + 2 for n in range(20_000))
