"""What a mail says of itself: who, when, which, and its own words in plain text."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from html import unescape
from urllib.parse import unquote, unquote_to_bytes

from lxml import etree, html

from pipeline.mime import Entity, Leaf
from pipeline.model import CHINA, Problem
from pipeline.names import decode_base64, decode_header, decode_text

MAX_TEXT = 200_000  # characters of a mail's own words that are kept

_ID = re.compile(r"<([^<>]+)>")
_ODD_ZONE = re.compile(r"(:\d\d)\s*(?:GMT|UTC?)?\s*([+-])(\d{1,2}):?(\d\d)?$")  # GMT+8, +08:00
_NUMERIC_ZONE = re.compile(r":\d\d [+-]\d{4}$")
_UNIVERSAL_ZONE = re.compile(r"\b(UTC?|GMT|Z)\b")
_BLOCK = re.compile(r"address|article|blockquote|br|d[dlt]|div|h[1-6]|hr|li|ol|p|pre|section|table|tr|ul")
_EMBEDDED = re.compile(rb"data:image/[\w.+-]+;base64,([\w+/=%\s-]+)", re.I)
_CELL = re.compile(rb"<t[dh][\s>]", re.I)
_FORM_CELLS = 12
_CID = re.compile(r"cid:([^\"'\s>)]+)", re.I)


@dataclass(frozen=True, slots=True)
class Identity:
    """`key` is the Message-ID, or the hash of the bytes of a mail that has none to tell it by."""

    key: str
    message_id: str | None
    problems: tuple[Problem, ...] = ()


def identity(entity: Entity, raw: bytes) -> Identity:
    value = entity.text("message-id")
    found = _ID.search(value)
    inner = "".join((found[1] if found else value).split())
    if len(re.findall(r"[^\W_]", inner)) >= 3:
        message_id = f"<{inner}>"
        return Identity(message_id, message_id)
    problems = (Problem("message-id", "邮件的 Message-ID 无法识别，以邮件内容作为标识。", value),) if value else ()
    return Identity("sha256:" + hashlib.sha256(raw).hexdigest(), None, problems)


def sender(entity: Entity) -> str:
    return next((text for name in ("from", "sender", "return-path") if (text := entity.text(name))), "")


def replies_to(entity: Entity) -> tuple[str, ...]:
    """The Message-IDs of In-Reply-To and References, each once, in order."""
    ids = [
        f"<{''.join(found.split())}>"
        for name in ("in-reply-to", "references")
        for value in entity.all(name)
        for found in _ID.findall(decode_header(value))
    ]
    return tuple(dict.fromkeys(ids))


# --- when ---------------------------------------------------------------------------------------------


def received_at(entity: Entity) -> tuple[datetime | None, tuple[Problem, ...]]:
    """The mail's own Date in China time; the last hop's time instead when they are over a day apart."""
    value = entity.text("date")
    own = parse_time(value)
    hops = (parse_time(decode_header(hop).rpartition(";")[2]) for hop in entity.all("received"))
    last_hop = next((hop for hop in hops if hop), None)
    if own is None:
        code = "date-unreadable" if value else "date-missing"
        instead = "以收件服务器的时间为准" if last_hop else "收到时间未知，请人工确认"
        return last_hop, (Problem(code, f"邮件没有可识别的发送日期，{instead}。", value),)
    if last_hop and abs(last_hop - own) > timedelta(days=1):
        message = f"邮件自称 {own:%Y-%m-%d %H:%M} 发送，收件服务器记录为 {last_hop:%Y-%m-%d %H:%M}，以服务器时间为准。"
        return last_hop, (Problem("date-disagrees", message, value),)
    return own, ()


def parse_time(value: str) -> datetime | None:
    """A mail's date in China time. Without a zone, or with CST, it is China time already."""
    value = re.sub(r"\([^()]*\)", " ", value).strip()
    dated = _ODD_ZONE.sub(lambda zone: f"{zone[1]} {zone[2]}{zone[3]:0>2}{zone[4] or '00'}", value)
    try:
        parsed = parsedate_tz(dated)
        if parsed is None:
            time = datetime.fromisoformat(value)
            return _sane(time if time.tzinfo else time.replace(tzinfo=CHINA))
        zone = CHINA if not _has_zone(dated) else timezone(timedelta(seconds=parsed[9] or 0))
        return _sane(datetime(*parsed[:6], tzinfo=zone))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _has_zone(value: str) -> bool:
    if _NUMERIC_ZONE.search(value) or _UNIVERSAL_ZONE.search(value):
        return True
    # The other names that RFC 822 knows are American; CST is China's here.
    return bool(re.search(r"\b([ECMP]DT|[EMP]ST)\b", value))


def _sane(time: datetime) -> datetime | None:
    if not datetime(1990, 1, 1, tzinfo=UTC) < time.astimezone(UTC) < datetime(2100, 1, 1, tzinfo=UTC):
        return None
    return time.astimezone(CHINA)


# --- its own words ------------------------------------------------------------------------------------


def own_words(bodies: Iterable[Leaf]) -> str:
    """The mail's text: of the versions of one text the plain one unless it is blank, HTML stripped."""
    groups: dict[object, list[Leaf]] = {}
    for index, body in enumerate(bodies):
        groups.setdefault(("alone", index) if body.alternative is None else body.alternative, []).append(body)
    texts = (_preferred(group) for group in groups.values())
    return "\n\n".join(text for text in texts if text)[:MAX_TEXT]


def _preferred(versions: list[Leaf]) -> str:
    ordered = sorted(versions, key=is_html)
    return next((text for version in ordered if (text := body_text(version).strip())), "")


def is_html(body: Leaf) -> bool:
    return body.declared in ("text/html", "application/xhtml+xml")


def body_text(body: Leaf) -> str:
    text = decode_text(body.data, body.charset)
    return plain_text(text) if is_html(body) else text.replace("\r\n", "\n")


def plain_text(markup: str) -> str:
    """The words of an HTML text, block elements on lines of their own."""
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)  # a long thread of quotes is hundreds deep
    try:
        root = html.document_fromstring(markup.encode(), parser=parser)
    except (etree.LxmlError, ValueError):  # nothing in it but comments, or nothing at all
        return ""
    etree.strip_elements(root, "script", "style", "title", etree.Comment, with_tail=False)
    for element in root.iter():
        tag = str(element.tag)
        if _BLOCK.fullmatch(tag) or tag in ("td", "th"):
            element.tail = ("\n" if _BLOCK.fullmatch(tag) else " ") + (element.tail or "")
    text = str(etree.tostring(root, method="text", encoding="unicode"))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def holds_table(body: Leaf) -> bool:
    """Whether an HTML text holds a table that is large enough for a form; programs lay out letters by small ones."""
    return len(_CELL.findall(body.data)) >= _FORM_CELLS


def shown_pictures(bodies: Iterable[Leaf]) -> frozenset[str]:
    """What the HTML bodies refer to by ``cid:``."""
    markups = (decode_text(body.data, body.charset) for body in bodies if is_html(body))
    return frozenset(unquote(unescape(found)) for markup in markups for found in _CID.findall(markup))


def embedded_pictures(bodies: Iterable[Leaf]) -> Iterator[bytes]:
    """Pictures that stand in the HTML itself as ``data:`` URIs, which some programs make of what is pasted."""
    for body in bodies:
        if is_html(body):
            for found in _EMBEDDED.findall(body.data):
                yield decode_base64(unquote_to_bytes(found))
