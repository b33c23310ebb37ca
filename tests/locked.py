"""Locked files for tests, locked by real tools."""

import io

import pikepdf
from msoffcrypto.format.ooxml import OOXMLFile


def locked_pdf(data: bytes, password: str, revision: int = 6) -> bytes:
    """With an open password; revision 6 is AES-256, 3 is RC4."""
    modern = revision > 3
    stream = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        lock = pikepdf.Encryption(user=password, owner="owner", R=revision, aes=modern, metadata=modern)
        pdf.save(stream, encryption=lock)
    return stream.getvalue()


def restricted_pdf(data: bytes) -> bytes:
    """Opens without a password, and only forbids things."""
    stream = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(stream, encryption=pikepdf.Encryption(user="", owner="owner"))
    return stream.getvalue()


def locked_office(data: bytes, password: str) -> bytes:
    """A DOCX or XLSX by Office's agile encryption ([MS-OFFCRYPTO])."""
    stream = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, stream)
    return stream.getvalue()
