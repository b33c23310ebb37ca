"""Plain text: one page of lines. Some applicants paste the form into a .txt file."""

import hashlib

from pipeline.model import Document, Line, Method, Page, Problem

VERSION = "1"
MEDIA_TYPE = "text/plain"
LONGEST = 2_000_000  # bytes; a form has a few thousand


def read(data: bytes, pages: range) -> Document:
    """The text as UTF-8 or GB18030, whatever `pages` asks: a text has one. Never raises."""
    sha256 = hashlib.sha256(data).hexdigest()
    reader = f"text/{VERSION}"
    problem = None
    if len(data) > LONGEST:
        problem = Problem("D-TOO-LARGE", "文本文件过大，不像申报表，未读取；如确为申报材料，请以Word或PDF重新发送。")
    lines = () if problem else tuple(Line(line.strip()) for line in _decode(data).splitlines() if line.strip())
    if not lines:
        problem = problem or Problem("D-EMPTY", "文件中没有文字，请寄件人核对后重新发送。")
        return Document(sha256, MEDIA_TYPE, reader, page_count=1, problems=(problem,))
    return Document(sha256, MEDIA_TYPE, reader, (Page(1, Method.DOCX, lines),), 1)


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")
