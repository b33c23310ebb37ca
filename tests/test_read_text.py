from extractors import read
from pipeline.media import TEXT


def test_a_text_is_a_page_of_its_lines_whatever_its_encoding() -> None:
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        document = read("申报单位：示例公司\r\n\r\n  营业收入：100万元 ".encode(encoding), TEXT, range(1, 3))
        assert [line.text for page in document.pages for line in page.lines] == [
            "申报单位：示例公司",
            "营业收入：100万元",
        ]
        assert document.problems == ()


def test_a_text_without_words_or_of_endless_length_says_so() -> None:
    assert [problem.code for problem in read(b" \n\n", TEXT, range(1, 3)).problems] == ["D-EMPTY"]
    assert [problem.code for problem in read(b"x" * 2_000_001, TEXT, range(1, 3)).problems] == ["D-TOO-LARGE"]
