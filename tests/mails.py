"""Builds mails byte by byte, as odd as senders' programs make them."""

import io
import zipfile
from base64 import encodebytes

from PIL import Image

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n"


def part(data: bytes, *headers: str | bytes, encoding: str = "base64") -> bytes:
    body = encodebytes(data) if encoding == "base64" else data
    lines = [header.encode() if isinstance(header, str) else header for header in headers]
    return b"\r\n".join([*lines, f"Content-Transfer-Encoding: {encoding}".encode(), b"", body])


def attachment(name: str, data: bytes, kind: str = "application/octet-stream") -> bytes:
    return part(data, f"Content-Type: {kind}", f'Content-Disposition: attachment; filename="{name}"')


def text(words: str, kind: str = "text/plain", charset: str = "utf-8") -> bytes:
    return part(words.encode(charset), f"Content-Type: {kind}; charset={charset}")


def multipart(*parts: bytes, kind: str = "mixed", boundary: str = "=_b1") -> bytes:
    mark = b"--" + boundary.encode()
    inner = b"".join(mark + b"\r\n" + one + b"\r\n" for one in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode() + inner + mark + b"--\r\n"


def message(content: bytes, *headers: str, message_id: str = "<1@example.cn>", date: str = "") -> bytes:
    """A whole mail; `content` begins with the headers of its content."""
    lines = [
        "From: 示例公司 <a@example.cn>",
        "Subject: =?utf-8?B?55Sz5oql?=",
        *([f"Message-ID: {message_id}"] if message_id else []),
        *([f"Date: {date or 'Mon, 01 Jul 2024 09:12:00 +0800'}"]),
        "MIME-Version: 1.0",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n" + content


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return stream.getvalue()


def png(width: int, height: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(stream, "PNG")
    return stream.getvalue()
