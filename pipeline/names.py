"""Words and names as senders really encode them: headers, parameters, file names. Names are for display only."""

import codecs
import quopri
import re
import unicodedata
from base64 import b64decode
from email.message import Message

MAX_NAME = 200  # characters of a displayed name

# Senders label GBK text as gb2312 (an older subset), and use names that no registry knows.
_ALIASES = {
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gb2312-80": "gb18030",
    "gb2312_charset": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "windows-936": "gb18030",
    "x-gb18030": "gb18030",
    "euc-cn": "gb18030",
    "hz-gb-2312": "hz",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
}
# Python codecs that are no charset of mail: slow, or able to make text that cannot be written again.
_NOT_CHARSETS = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem"})
_ENCODED_WORD = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_PATH_START = re.compile(r"[A-Za-z]:[\\/]|\.{0,2}[\\/]|\w+://")
_MAX_PARAMETERS = 8192  # bytes; the library takes time by their square
_RESERVED = str.maketrans({"/": "／", "\\": "＼"})


def charset_codec(label: str | None) -> str | None:
    """The Python codec for a charset's label as mails write it; None for an unknown one."""
    label = (label or "").strip().strip("\"'").lower()
    try:
        codec = codecs.lookup(_ALIASES.get(label, label))
    except (LookupError, ValueError):
        return None
    usable = getattr(codec, "_is_text_encoding", True) and codec.name.replace("-", "_") not in _NOT_CHARSETS
    return codec.name if usable else None


def decode_text(data: bytes, charset: str | None = None) -> str:
    """Text by its declared charset, else UTF-8, else GB 18030; what fits none has U+FFFD in it."""
    declared = charset_codec(charset)
    candidates = [declared] if declared and declared != "ascii" else []
    for codec in (*candidates, "utf-8-sig", "gb18030"):
        try:
            return writable(data.decode(codec))
        except (UnicodeError, ValueError):
            continue
    return writable(data.decode(declared or "utf-8", "replace"))


def writable(text: str) -> str:
    """Text without lone surrogates and control characters, which JSON, databases and workbooks do not take."""
    return _CONTROL.sub("", text.encode("utf-8", "replace").decode("utf-8"))


# --- headers ------------------------------------------------------------------------------------------


def decode_words(text: str) -> str:
    """Encoded words (RFC 2047) in their place, also where the RFC forbids them; a character split between two
    words is put together again."""
    text = _BETWEEN_WORDS.sub(r"\1", text)
    out: list[str] = []
    pending, pending_charset, end = b"", "", 0
    for match in _ENCODED_WORD.finditer(text):
        charset, data = match[1].lower(), _word_bytes(match[2], match[3])
        if pending and (match.start() != end or charset != pending_charset):
            out.append(decode_text(pending, pending_charset))
            pending = b""
        out.append(text[end : match.start()])
        pending, pending_charset, end = pending + data, charset, match.end()
    if pending:
        out.append(decode_text(pending, pending_charset))
    return "".join(out) + text[end:]


def _word_bytes(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        return quopri.decodestring(data, header=True)
    return decode_base64(data)


_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))


def decode_base64(data: bytes) -> bytes:
    """Base64 as found in mails: foreign characters are skipped, missing padding is added, blocks that were padded
    one by one are joined. A lone last character carries no byte and is dropped."""
    chunks = (chunk[: len(chunk) - (len(chunk) % 4 == 1)] for chunk in data.translate(None, _NOT_BASE64).split(b"="))
    return b"".join(b64decode(chunk + b"=" * (-len(chunk) % 4)) for chunk in chunks if chunk)


def decode_header(raw: bytes) -> str:
    """A header's value as people read it: unfolded, raw eight-bit text and encoded words decoded."""
    unfolded = re.sub(rb"\r?\n[ \t]*|\r", b" ", raw)
    return " ".join(decode_words(decode_text(unfolded)).split())


def parameters(raw: bytes) -> dict[str, str]:
    """The parameters of a structured header (RFC 2231 charsets and continuations too), by lower-case name."""
    holder = Message()
    holder["X"] = decode_text(re.sub(rb"[\r\n]+", b" ", raw[:_MAX_PARAMETERS]))
    try:
        pairs = holder.get_params([], header="X", unquote=True)
    except (ValueError, LookupError, UnicodeError, AttributeError, TypeError):
        return _simple_parameters(str(holder["X"]))  # a form that the library raises on
    # The first one wins, but an extended one (``name*``) wins over its plain twin.
    ordered = sorted(pairs[:0:-1], key=lambda pair: isinstance(pair[1], tuple))
    return {name.lower(): _parameter(value) for name, value in ordered}


def _parameter(value: str | tuple[str | None, str | None, str]) -> str:
    if isinstance(value, str):
        return decode_words(writable(value))
    charset, _, text = value
    # Percent-decoded to code points below 256 by the library; other text stood there unencoded.
    data = text.encode("latin-1") if all(ord(char) < 256 for char in text) else text.encode()
    return decode_words(decode_text(data, charset))


def _simple_parameters(text: str) -> dict[str, str]:
    found = re.findall(r';\s*([\w-]+)\*?\d*\*?\s*=\s*(?:"([^"]*)"|([^;]*))', text)
    return {name.lower(): decode_words((quoted or bare).strip()) for name, quoted, bare in reversed(found)}


# --- names --------------------------------------------------------------------------------------------


def display_name(name: str) -> str:
    """One name for display: no path separators, control or bidi characters, at most MAX_NAME characters."""
    text = "".join(char for char in name if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    text = " ".join(text.translate(_RESERVED).split()).strip()
    if len(text) > MAX_NAME:
        stem, dot, suffix = text.rpartition(".")
        tail = dot + suffix if 0 < len(suffix) <= 10 and stem else ""
        text = text[: MAX_NAME - len(tail) - 1] + "…" + tail
    return "" if text in (".", "..") else text


def file_name(declared: str) -> str:
    """A declared file name for display: the last component where the sender's program gave a whole path."""
    if _PATH_START.match(declared):
        return next(reversed(display_parts(declared)), "")
    return display_name(declared)


def display_parts(path: str) -> tuple[str, ...]:
    """The components of a name with folders, each for display; empty, ``.`` and ``..`` fall away."""
    parts = (display_name(part) for part in re.split(r"[/\\]", path))
    return tuple(part for part in parts if part)
