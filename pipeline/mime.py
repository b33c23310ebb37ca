"""A mail's parts, cut out of its bytes (RFC 2045, 2046) without changing one of them.

The standard library's parser decodes the whole mail to text, recurses without a limit, gives a nested mail back
re-written and raises later on odd headers; here a part is a slice, and nothing that a mail holds raises.
"""

import binascii
import quopri
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from pipeline.media import MAIL_HEADERS
from pipeline.names import decode_base64, decode_header, parameters

MAX_MULTIPART_DEPTH = 20
MAX_HEADER = 1 << 16  # bytes of one header that are looked at
MAX_HEADER_LINES = 50_000  # of all headers; what follows counts as the body

_HEADER_LINE = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*")
_GUESSED_BOUNDARY = re.compile(rb"^--([^\r\n]{1,200}?)[ \t]*\r?\n(?=content-)", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Entity:
    """Headers (names in lower case, values as they stand) and the undecoded body."""

    headers: tuple[tuple[str, bytes], ...]
    body: bytes

    def all(self, name: str) -> tuple[bytes, ...]:
        return tuple(value for key, value in self.headers if key == name)

    def raw(self, name: str) -> bytes:
        """The first header of that name; empty when there is none."""
        return next(iter(self.all(name)), b"")

    def text(self, name: str) -> str:
        return decode_header(self.raw(name))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part that holds no other parts. `alternative` numbers the multipart/alternative it is a version in."""

    data: bytes
    declared: str  # lower-case media type as declared, or the default for its place
    charset: str | None
    name: str  # decoded file name as declared, or empty
    references: frozenset[str]  # Content-ID and Content-Location, by which HTML shows it
    alternative: int | None = None
    broken: bool = False  # a multipart whose parts could not be told apart


def parse(raw: bytes) -> Entity:
    """Splits headers from body at the first empty line, or at the first line that is no header."""
    if b"\n" not in raw[:8192] and b"\r" in raw[:8192]:
        raw = raw.replace(b"\r", b"\n")
    headers: list[tuple[str, list[bytes]]] = []
    at = len(raw) - len(raw.lstrip(b"\r\n"))
    if raw.startswith((b"From ", b">From "), at):
        at = raw.find(b"\n", at) + 1 or len(raw)
    for _ in range(MAX_HEADER_LINES):
        end = raw.find(b"\n", at) + 1 or len(raw)
        line = raw[at:end]
        match = _HEADER_LINE.match(line)
        if match:
            headers.append((match[1].decode("ascii").lower(), [line[match.end() :]]))
        elif headers and _belongs_to_header(line, raw, end):
            headers[-1][1].append(line)
        else:
            at = at if line.strip() else end
            break
        at = end
    return Entity(tuple((name, b"".join(lines)[:MAX_HEADER].rstrip(b"\r\n")) for name, lines in headers), raw[at:])


def _belongs_to_header(line: bytes, raw: bytes, following: int) -> bool:
    """A folded line, or one with a stray line break before it: then a usual header comes next."""
    if not line.rstrip(b"\r\n"):
        return False
    if line.strip() and line[:1] in (b" ", b"\t"):
        return True
    match = _HEADER_LINE.match(raw, following)
    usual = match is not None and match[1].lower() in MAIL_HEADERS
    return usual or (not line.strip() and raw[following : following + 1] in (b" ", b"\t"))


def leaves(entity: Entity) -> Iterator[Leaf]:
    """All leaf parts in order; multiparts deeper than MAX_MULTIPART_DEPTH stay one broken leaf."""
    groups = iter(range(1 << 62))
    yield from _leaves(entity, "text/plain", None, 0, groups)


def _leaves(entity: Entity, default: str, alternative: int | None, depth: int, groups: Iterator[int]) -> Iterator[Leaf]:
    kind, params = _content_type(entity, default)
    is_multipart = kind.startswith("multipart/")
    bodies = _sections(entity, params.get("boundary", ""), is_multipart) if depth < MAX_MULTIPART_DEPTH else []
    if not bodies:
        if not is_multipart or entity.body.strip():
            yield _leaf(entity, "text/plain" if is_multipart else kind, params, alternative, broken=is_multipart)
        return
    if kind == "multipart/alternative" and alternative is None:
        alternative = next(groups)
    inner_default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
    for body in bodies:
        yield from _leaves(parse_part(body), inner_default, alternative, depth + 1, groups)


def parse_part(raw: bytes) -> Entity:
    """Like `parse`, but an empty first line ends the headers: a part may have none."""
    if raw.startswith((b"\n", b"\r\n")):
        return Entity((), raw[raw.index(b"\n") + 1 :])
    return parse(raw)


def _content_type(entity: Entity, default: str) -> tuple[str, dict[str, str]]:
    raw = entity.raw("content-type")
    kind = re.match(r"\s*([\w.+-]+/[\w.+-]+)", raw.decode("ascii", "replace"))
    return (kind[1].lower() if kind else default), parameters(raw) if raw else {}


def _leaf(entity: Entity, kind: str, params: dict[str, str], alternative: int | None, *, broken: bool) -> Leaf:
    disposition = parameters(entity.raw("content-disposition")) if entity.raw("content-disposition") else {}
    references = {entity.text(name).strip("<> ") for name in ("content-id", "content-location")}
    return Leaf(
        data=_decoded(entity),
        declared=kind,
        charset=params.get("charset"),
        name=disposition.get("filename") or params.get("name") or "",
        references=frozenset(references - {""}),
        alternative=alternative,
        broken=broken,
    )


def _decoded(entity: Entity) -> bytes:
    match entity.text("content-transfer-encoding").lower().strip("\"' ;"):
        case "base64":
            return decode_base64(entity.body)
        case "quoted-printable":
            return quopri.decodestring(entity.body)
        case "x-uuencode" | "uuencode" | "uue" | "x-uue":
            return _uudecoded(entity.body)
    return entity.body


def _uudecoded(body: bytes) -> bytes:
    """The lines between ``begin`` and ``end`` (POSIX uuencode); a line that is none is skipped."""
    start = re.search(rb"^begin [0-7]{3,4} [^\n]*\n", body, re.M)
    if not start:
        return body
    decoded: list[bytes] = []
    for line in body[start.end() :].splitlines():
        if line.strip() == b"end":
            break
        with suppress(binascii.Error):
            length = ((line[0] - 32 & 63) * 4 + 5) // 3 if line else 0  # without the check character of some encoders
            decoded.append(binascii.a2b_uu(line[:length]))
    return b"".join(decoded)


def _sections(entity: Entity, boundary: str, is_multipart: bool) -> list[bytes]:
    """The bodies between the delimiter lines. A part that names a boundary is a multipart whatever it is called; of
    one that is called so a wrong or missing boundary is guessed from the body."""
    marker = boundary.rstrip().encode()
    found = _delimited(entity.body, marker) if marker else []
    if found or not is_multipart:
        return found
    # Base64 is forbidden for a multipart, and seen.
    is_encoded = entity.text("content-transfer-encoding").lower() == "base64"
    body = _decoded(entity) if is_encoded else entity.body
    found = _delimited(body, marker) if marker and is_encoded else []
    guess = None if found else _GUESSED_BOUNDARY.search(body)
    return _delimited(body, guess[1]) if guess else found


def _delimited(body: bytes, boundary: bytes) -> list[bytes]:
    marker, sections, start = b"--" + boundary, list[bytes](), -1
    at = body.find(marker)
    while at >= 0:
        end = at
        if at == 0 or body[at - 1] == 0x0A:
            end = body.find(b"\n", at) + 1 or len(body)
            rest = body[at + len(marker) : end].strip()
            if rest in (b"", b"--"):
                if start >= 0:
                    sections.append(_without_last_newline(body[start:at]))
                start = end if not rest else -1
        at = body.find(marker, max(end, at + 1))
    if start >= 0:
        sections.append(body[start:])  # the closing delimiter is missing
    return sections


def _without_last_newline(section: bytes) -> bytes:
    return section[:-2] if section.endswith(b"\r\n") else section.removesuffix(b"\n")
