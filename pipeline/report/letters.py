"""Letters as DOCX from a template that staff may change, a covering list, and a zip of all of them.

What applicants wrote is put into the template as values: it is never a template itself, and its marks of XML are
escaped. The same drafts give the same bytes.
"""

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

import cn2an
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from openpyxl import Workbook

from pipeline.checks.wording import day
from pipeline.errors import UsageError
from pipeline.model import Clause, Programme
from pipeline.report.drafts import Draft, Part
from pipeline.report.lists import write_list

TEMPLATE = Path(__file__).parent / "letter.docx"
LIST_NAME, ZIP_NAME = "补正通知书清单.xlsx", "补正通知书.zip"
_FILES = "随邮件报送的文件"  # that belong to no application
_WEEKDAYS = "一二三四五六日"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can state
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


@dataclass(frozen=True, slots=True)
class Terms:
    """What every letter of a run says alike. `reply_to` and `contact` may be empty."""

    office: str
    dated: date
    due: date
    reply_to: str = ""
    contact: str = ""


def letter_files(
    drafts: Sequence[Draft], programme: Programme, terms: Terms, template: Path = TEMPLATE
) -> Mapping[str, bytes]:
    """Every file of a folder of letters by its name: the letters, the covering list, the zip of them all.

    Raises UsageError when the template cannot be used, saying why.
    """
    files = {draft.file_name: _letter(draft, programme, terms, template) for draft in drafts}
    files[LIST_NAME] = _covering_list(drafts)
    return {**files, ZIP_NAME: _zip(files)}


# --- a letter -----------------------------------------------------------------------------------------


def _letter(draft: Draft, programme: Programme, terms: Terms, template: Path) -> bytes:
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    data = BytesIO()
    try:
        document = DocxTemplate(template)
        document.render(_values(draft, programme, terms), environment, autoescape=True)
        document.save(data)
    except TemplateError as error:
        raise UsageError(f"letter template {template}: {error.message or error}") from error
    except (OSError, ValueError, KeyError, SyntaxError, zipfile.BadZipFile) as error:
        raise UsageError(f"letter template {template} is no DOCX file that can be filled in: {error}") from error
    return _timeless(data.getvalue())


def _values(draft: Draft, programme: Programme, terms: Terms) -> Mapping[str, object]:
    """What a template may name. The names are Chinese because staff write templates."""
    applications = sum(part.application_id is not None for part in draft.parts)
    parts = [_part_values(number, part, programme) for number, part in enumerate(draft.parts, start=1)]
    return {
        "主送单位": draft.addressee,
        "项目名称": programme.title,
        "文号": programme.file_clause.document,
        "申报份数": applications,
        "事项数": draft.matters,
        "申报": parts,
        "补正情况表": _table_values(draft),
        "答复期限": f"{day(terms.due)}（星期{_WEEKDAYS[terms.due.weekday()]}）",
        "答复邮箱": terms.reply_to,
        "联系方式": terms.contact,
        "落款单位": terms.office,
        "落款日期": day(terms.dated),
    }


def _part_values(number: int, part: Part, programme: Programme) -> Mapping[str, object]:
    directions = {option.labels[0] for option in programme.directions}
    direction = f"{part.direction}方向" if part.direction in directions else part.direction
    received = f"{part.received}收到" if part.received else ""
    circumstances = "，".join(word for word in (direction, received) if word)
    title = f"《{part.project}》" if part.application_id else _FILES
    return {
        "序号": cn2an.an2cn(number),
        "标题": title + (f"（{circumstances}）" if circumstances else ""),
        "项目名称": part.project,
        "申报方向": part.direction,
        "收到日期": part.received,
        "邮件主题": part.subject,
        "事项": [
            {
                "序号": at,
                "问题": matter.message,
                "依据": [_cited(clause) for clause in matter.clauses],
                "位置": matter.places,
                "要求": matter.request,
                "申报内容": matter.claimed,
                "核算": matter.expected,
            }
            for at, matter in enumerate(part.matters, start=1)
        ],
    }


def _table_values(draft: Draft) -> list[Mapping[str, object]]:
    """The matters of all parts as the rows of one table."""
    return [
        {
            "序号": f"（{cn2an.an2cn(number)}）{at}",
            "项目": part.project or _FILES,
            "问题": matter.message,
            "申报内容": "" if matter.claimed in matter.message else matter.claimed,
        }
        for number, part in enumerate(draft.parts, start=1)
        for at, matter in enumerate(part.matters, start=1)
    ]


def _cited(clause: Clause) -> str:
    return f"《通知》{clause.article}“{clause.quote}”"


# --- the covering list, the zip -----------------------------------------------------------------------

_HEADS = ("序号", "单位", "项目", "方向", "联系人", "电话", "邮箱", "来件邮箱", "补正事项数", "信件文件名")
_WIDTHS = (6, 34, 40, 18, 12, 18, 28, 28, 9, 52)


def _covering_list(drafts: Sequence[Draft]) -> bytes:
    rows = [
        (
            number,
            draft.addressee,
            "\n".join(part.project or _FILES for part in draft.parts),
            "\n".join(part.direction for part in draft.parts),
            draft.contact,
            draft.phone,
            draft.email,
            draft.sender,
            draft.matters,
            draft.file_name,
        )
        for number, draft in enumerate(drafts, start=1)
    ]
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "补正通知书清单"
    write_list(sheet, "补正通知书清单", _HEADS, rows, _WIDTHS)
    data = BytesIO()
    book.save(data)
    return _timeless(data.getvalue())


def _zip(files: Mapping[str, bytes]) -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            _add(archive, name, content)
    return data.getvalue()


def _timeless(office_file: bytes) -> bytes:
    """The DOCX or XLSX file without the moment at which it was written."""
    data = BytesIO()
    with zipfile.ZipFile(BytesIO(office_file)) as source, zipfile.ZipFile(data, "w") as archive:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>1980-01-01T00:00:00Z", content)
            _add(archive, info.filename, content)
    return data.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    info.create_system = 3
    archive.writestr(info, content)
