"""Outlook's own kinds of mail, .msg and winmail.dat (TNEF), as the headers and parts that a MIME mail has."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import format_datetime
from typing import Any

from olefile import OleFileIO

from pipeline import media, mime
from pipeline.members import ArchiveError
from pipeline.mime import Entity, Leaf
from pipeline.model import Problem
from pipeline.names import decode_text, writable

for _name in ("extract_msg", "tnefparse", "RTFDE", "compressed_rtf"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)  # what matters of a broken file is said by our Problems

_BODY = 0  # the number of the alternative that the versions of the text are


def headers(data: bytes) -> Entity:
    """The headers of a .msg: those it was transported with, and what its properties tell beside them. Of a file that
    cannot be opened there are none."""
    try:
        message = _open_msg(data)
        header_text, told = _text(message, "headerText"), _properties(message)
    except MemoryError:
        raise
    except Exception:  # the library raises whatever a damaged property led it to; `parts` reports it
        return Entity((), b"")
    transported = mime.parse(f"{header_text}\r\n\r\n".encode())
    added = ((name, value.encode()) for name, value in told.items() if value and not transported.raw(name))
    return Entity((*transported.headers, *added), b"")


def parts(data: bytes) -> list[Leaf]:
    """The text, the attachments and the enclosed mails of a .msg or winmail.dat. Raises ArchiveError."""
    kind = media.media_type(data)
    try:
        return list(_msg_parts(data) if kind == media.MSG else _tnef_parts(data))
    except MemoryError:
        raise
    except Exception as error:  # both libraries raise whatever a damaged file led them to
        what = "Outlook 邮件（.msg）" if kind == media.MSG else "Outlook 附件包（winmail.dat）"
        message = f"{what}已损坏，无法打开；请来件人把其中的文件作为普通附件重新发送。"
        raise ArchiveError(Problem("D-DAMAGED", message, repr(error)[:200])) from error


def is_whole(data: bytes) -> bool:
    """Whether nothing of a file that opens was cut off: both libraries give what is left of it without a word."""
    if media.media_type(data) == media.TNEF:
        at = 6
        while at + 11 < len(data) and data[at] in (1, 2):  # an attribute's level; anything else came after the end
            at += 11 + int.from_bytes(data[at + 5 : at + 9], "little")
        return at <= len(data)
    with OleFileIO(data) as ole:
        return all(ole.get_size(path) <= len(ole.openstream(path).read()) for path in ole.listdir())


def _bodies(plain: bytes, markup: bytes) -> Iterator[Leaf]:
    for kind, data in (("text/plain", plain.rstrip(b"\0")), ("text/html", markup.rstrip(b"\0"))):
        if data.strip():
            yield Leaf(data, kind, None, "", frozenset(), _BODY)


def _file(name: str, data: bytes, references: Iterable[str] = (), declared: str = "application/octet-stream") -> Leaf:
    return Leaf(data, declared, None, writable(name).strip(), frozenset(references))


# --- .msg ---------------------------------------------------------------------------------------------


def _open_msg(data: bytes) -> Any:
    import extract_msg  # takes a second
    from extract_msg.enums import ErrorBehavior

    options: dict[str, Any] = {"errorBehavior": ErrorBehavior.SUPPRESS_ALL, "delayAttachments": True}
    as_message: Any = extract_msg.Message
    message: Any = as_message(data, **options)
    if not message.areStringsUnicode and "3FFD0003" not in message.props and _is_chinese(message):
        message = as_message(data, overrideEncoding="gb18030", **options)
    if "SMIME" in (message.classType or "").upper():
        message = extract_msg.openMsg(data, **options)  # its attachments stand in a signed MIME part
    return message


def _is_chinese(message: Any) -> bool:
    """Whether the texts of a file that names no code page fit the one of a Chinese Windows."""
    texts = (message.getStream(f"__substg1.0_{tag}001E") or b"" for tag in ("0037", "0C1A", "1000"))
    try:
        b"\n".join(texts).decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def _properties(message: Any) -> Mapping[str, str]:
    """What a .msg tells beside the headers, by their names; the library reads each when it is asked for."""
    return {
        "from": _text(message, "sender"),
        "subject": _text(message, "subject"),
        "message-id": _text(message, "messageId"),
        "in-reply-to": _text(message, "inReplyTo"),
        "date": format_datetime(message.date) if message.date else "",
    }


def _text(message: Any, name: str) -> str:
    value = getattr(message, name, None)
    return writable(value).strip() if isinstance(value, str) else ""


def _msg_parts(data: bytes) -> Iterator[Leaf]:
    message = _open_msg(data)
    wrapped = message.deencapsulatedRtf
    has_html = message.getStream("__substg1.0_10130102") or (wrapped and wrapped.content_type == "html")
    # Without one of its own the library makes the HTML of the plain text.
    yield from _bodies(_text(message, "body").encode(), message.htmlBody or b"" if has_html else b"")
    for number, attachment in enumerate(message.attachments, 1):
        yield _attachment(attachment, number)


def _attachment(attachment: Any, number: int) -> Leaf:
    from extract_msg.attachments import WebAttachment
    from extract_msg.msg_classes import MSGFile

    if isinstance(attachment, WebAttachment):  # left on OneDrive: what it holds is a link, which counts as text
        return Leaf((attachment.url or "").encode(), "text/plain", "utf-8", "", frozenset())
    name = attachment.longFilename or attachment.shortFilename or ""
    content = attachment.data
    if isinstance(content, MSGFile):
        title = _text(content, "subject") or name or f"邮件{number}"
        return _file(f"{title}.msg", content.exportBytes(allowBadEmbed=True))
    declared = getattr(attachment, "mimetype", None) or "application/octet-stream"
    references = [attachment.cid] if getattr(attachment, "cid", None) else []
    return _file(name, content if isinstance(content, bytes) else b"", references, declared.lower())


# --- winmail.dat ----------------------------------------------------------------------------------------


def _tnef_parts(data: bytes) -> Iterator[Leaf]:
    from tnefparse import TNEF

    content = TNEF(data, do_checksum=False)
    plain, markup = _joined(content.body), _joined(content.htmlbody)
    if content.rtfbody and not plain.strip() and not markup.strip():
        plain, markup = _unwrapped(content.rtfbody)
    yield from _bodies(plain, markup)
    for attachment in content.attachments:
        yield _file(_tnef_name(attachment), _joined(attachment.data))


def _unwrapped(rtf: bytes) -> tuple[bytes, bytes]:
    """The plain text and the HTML of an RTF text, of which Outlook wraps one in it ([MS-OXRTFEX])."""
    from RTFDE.deencapsulate import DeEncapsulator
    from striprtf.striprtf import rtf_to_text

    try:
        wrapped = DeEncapsulator(rtf[: rtf.rfind(b"}") + 1])
        wrapped.deencapsulate()
    except MemoryError:
        raise
    except Exception:  # nothing is wrapped in it, or not well
        plain: Callable[..., str] = rtf_to_text  # untyped
        return plain(rtf.decode("latin-1"), errors="replace").encode(), b""
    return (b"", _joined(wrapped.html)) if wrapped.content_type == "html" else (_joined(wrapped.text), b"")


def _tnef_name(attachment: Any) -> str:
    try:
        return str(attachment.long_filename())
    except UnicodeDecodeError:  # the short name of a Chinese Windows
        return decode_text(attachment._name.strip(b"\0"))


def _joined(value: object) -> bytes:
    """A property that the library gives as text, bytes or a list of either."""
    if isinstance(value, list):
        return b"".join(_joined(part) for part in value)
    if isinstance(value, str):
        return writable(value).encode()
    return value if isinstance(value, bytes) else b""
