"""What each file is, and how much of it is worth reading.

A form is known by its title and its labels; contracts, licences and reports by their headings.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from extractors.form import extract
from extractors.labels import labels_of, squeeze
from pipeline.model import (
    Document,
    Line,
    Method,
    Page,
    Programme,
    Role,
    Table,
)

FIRST_PAGES = 2
UNDECIDED_PAGES = 6  # of a cover, a covering letter or a table of contents
FORM_PAGES = 40
STRANGE_PAGES = 3  # so many pages in a row without a label end a form
_STEP = 3

# The columns of 项目推荐汇总表 that no application form has, and those that it shares with one.
_LIST_COLUMNS = frozenset({"设区市", "推荐优先级", "材料完整性", "匹配性", "真实性", "企业社会信用", "现场核验结果"})
_SHARED_COLUMNS = frozenset({"序号", "申报方向", "项目名称", "申报单位", "统一社会信用代码", "备注"})

_FORM_HEADING = re.compile(r".{0,40}(?:申报|申请|推荐申报)(?:表|书)(?:\(.{0,20}\))?")
_SUPPORTING_HEADING = re.compile(
    r".{0,40}(?:合同|协议|协议书|营业执照|审计报告|报告|发票|证书|登记证|专利|证明|承诺书|声明|委托书|通知书|清单|说明书|手册|白皮书|通知|函|纳税申报表)"
    r"(?:\(.{0,20}\))?"
)
_COVER = re.compile(r"申报|推荐|报送|请示|目录|封面|项目|附件|材料")
_ENOUGH_LABELS, _MANY_LABELS = 4, 10
_HEADINGS = 12


def classify(document: Document, programme: Programme) -> Role:
    """What the file is, from the pages that were read so far. UNKNOWN when they hold no text."""
    if any(_is_city_list(table) for page in document.pages for table in page.tables):
        return Role.CITY_LIST
    texts = list(_texts(document.pages))
    if not any(text.strip() for text in texts):
        return Role.UNKNOWN
    return Role.FORM if _is_form(document, texts, programme) else Role.SUPPORTING


def pages_wanted(document: Document, programme: Programme) -> range:
    """The pages to read next (first, last + 1), empty when enough is read. Start by reading range(1, 3)."""
    read = max((page.number or 1 for page in document.pages), default=0)
    if not read:
        return range(1, 1 + (0 if document.problems else min(FIRST_PAGES, document.page_count)))
    role = classify(document, programme)
    if role == Role.FORM:
        going_on = read - _last_labelled(document, programme) < STRANGE_PAGES
        limit = FORM_PAGES if going_on else read
    elif role == Role.CITY_LIST:
        limit = FORM_PAGES
    else:
        limit = UNDECIDED_PAGES if _is_undecided(document, role, programme) else read
    stop = min(read + (_STEP if role == Role.FORM else 2), limit, document.page_count)
    return range(read + 1, stop + 1)


def _is_form(document: Document, texts: Sequence[str], programme: Programme) -> bool:
    headings = [squeeze(text).text for text in texts[:_HEADINGS]]
    titles = {squeeze(title).text for title in programme.form_titles}
    titled = any(title in squeeze(text).text and len(text) < len(title) + 30 for title in titles for text in texts)
    headed = titled or any(_FORM_HEADING.fullmatch(heading) for heading in headings)
    first = next((heading for heading in headings if len(heading) > 2), "")
    if not titled and any(_SUPPORTING_HEADING.fullmatch(heading) for heading in headings[:3]):
        return False
    values = extract(document, programme)
    labels = {value.name for value in values}
    filled = {value.name for value in values if value.value not in (None, ())}
    if headed and first:
        return len(labels) >= _ENOUGH_LABELS and len(filled) >= 2
    return len(labels) >= _MANY_LABELS and len(filled) >= _ENOUGH_LABELS


def _is_undecided(document: Document, role: Role, programme: Programme) -> bool:
    """A cover, a covering letter, a table of contents or a page without text: a form may follow."""
    if role == Role.UNKNOWN:
        return True
    headings = [squeeze(text).text for text in list(_texts(document.pages[:1]))[:_HEADINGS]]
    if any(_SUPPORTING_HEADING.fullmatch(h) and not _COVER.search(h) for h in headings[:3]):
        return False
    return any(_COVER.search(heading) and len(heading) <= 60 for heading in headings)


def _last_labelled(document: Document, programme: Programme) -> int:
    """The last page that shows a label of the form."""
    labels = labels_of(programme.fields)
    return max(
        (
            page.number or 1
            for page in document.pages
            if any(labels.match(text, ocr=page.method == Method.OCR) for text in _texts((page,)))
        ),
        default=0,
    )


def _is_city_list(table: Table) -> bool:
    rows: dict[int, set[str]] = {}
    for cell in table.cells[:400]:
        rows.setdefault(cell.row, set()).add(re.sub(r"\(.*\)", "", squeeze(cell.text).text).strip("*:"))
    return any(len(row & _LIST_COLUMNS) >= 2 and len(row & _SHARED_COLUMNS) >= 2 for row in rows.values())


def _texts(pages: Iterable[Page]) -> Iterator[str]:
    """Lines and cells in reading order."""
    for page in pages:
        for block in page.blocks:
            if isinstance(block, Line):
                yield block.text
            else:
                yield from _table_texts(block)


def _table_texts(table: Table) -> Iterator[str]:
    for cell in table.cells:
        yield cell.text
        for nested in cell.tables:
            yield from _table_texts(nested)
