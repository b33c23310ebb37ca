"""What comes along with a mail or a folder and is nobody's paper: logos, signatures, files of the system."""

import re

from pipeline import media
from pipeline.model import Problem

# A page or a photograph of one has more pixels than this, and is no strip; a scaled logo has fewer.
_PAGE_PIXELS = 480_000
_PAGE_SIDE = 400
_TINY_SIDE = 100
_SMALL_SIDE = 320
_SMALL_BYTES = 50_000

_PICTURES = frozenset({media.JPEG, media.PNG, media.GIF, media.BMP, media.WEBP, "image/wmf", "image/emf"})
_SIGNATURES = frozenset(
    {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
        "application/pgp-keys",
    }
)
_SYSTEM_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".gitkeep", ".gitignore"})
_APPLE_DOUBLE = b"\x00\x05\x16\x07"
_LOCK_FILE_BYTES = 512
_EDITOR_PICTURE = re.compile(r"(image|oledata|outlook-)\d*.*\.(png|gif|jpe?g|bmp|emz|wmz|mso)", re.I)


def picture_decoration(data: bytes, kind: str, name: str, shown: bool) -> Problem | None:
    """Why a picture in a mail is a logo or a part of the signature; None when it may be somebody's paper.

    `shown`: the HTML body shows it. A picture as large as a page is never a decoration, wherever it stands.
    """
    size = media.pixel_size(data) if kind in _PICTURES else None
    if kind in ("image/wmf", "image/emf") and shown:
        return Problem("decoration", "邮件正文中的矢量图形（签名或图标），不作为申报材料。")
    if size is None:
        return None
    if is_page_like(data):
        return None
    extent = f"{size[0]}×{size[1]} 像素"
    if max(size) <= _TINY_SIDE or min(size) <= 8:
        return Problem("decoration", f"图片很小（{extent}），是图标或签名，不作为申报材料。")
    if shown or _EDITOR_PICTURE.fullmatch(name):
        return Problem("decoration", f"邮件正文引用的图片（{extent}），是徽标或签名，不作为申报材料。")
    if max(size) <= _SMALL_SIDE and len(data) <= _SMALL_BYTES:
        return Problem("decoration", f"图片较小（{extent}），是徽标或签名，不作为申报材料。")
    return None


def is_page_like(data: bytes) -> bool:
    """Whether a picture is as large as a page or a photograph of one, and no strip."""
    width, height = media.pixel_size(data) or (0, 0)
    return width * height >= _PAGE_PIXELS and min(width, height) >= _PAGE_SIDE


def part_decoration(data: bytes, kind: str, declared: str) -> Problem | None:
    """Why a part of a mail that is no picture is a part of its signature."""
    if declared in _SIGNATURES and kind in (media.BINARY, media.TEXT):
        return Problem("signature", "邮件的数字签名，不作为申报材料。")
    if kind == media.TEXT and data[:32].lstrip().upper().startswith(b"BEGIN:VCARD"):
        return Problem("signature", "邮件签名附带的名片，不作为申报材料。")
    return None


def system_file(data: bytes, name: str) -> Problem | None:
    """Why a file is one that an operating system or an editor left behind."""
    lock = name.startswith("~$") and len(data) <= _LOCK_FILE_BYTES
    if lock or name.lower() in _SYSTEM_NAMES or data.startswith(_APPLE_DOUBLE):
        return Problem("system-file", "操作系统或编辑软件产生的临时文件，不是申报材料。")
    return None
