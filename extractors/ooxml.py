"""Office Open XML packages (ECMA-376 part 2), read part by part so that one bad part costs only itself.

python-docx and openpyxl walk every relation on opening and stop at the first dangling one; what a reader needs is
a few parts of many. Their sizes are bounded before they are expanded, and nothing outside of the package is fetched.
"""

import io
import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from docx.opc.packuri import PACKAGE_URI, PackURI
from lxml import etree

from extractors.unusable import Unusable
from pipeline.members import ZIP_ERRORS
from pipeline.model import Document, Page, Problem

MAX_PART_BYTES = 48 << 20  # one XML part, expanded: a 500-page form has about 10 MB
MAX_PARTS = 20_000
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OWNER_FILE_SIZES = frozenset({54, 162, 165})  # ~$ files of Word and Excel: the name of who has the file open
_ENCRYPTED_STREAMS = tuple(name.encode("utf-16-le") for name in ("EncryptedPackage", "DRMEncryptedDataSpace"))
_RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


@dataclass(frozen=True, slots=True)
class Relation:
    """`kind` is the last word of the relationship type, which Strict and Transitional files share."""

    kind: str
    target: str


def damaged(detail: str) -> Unusable:
    return Unusable("D-DAMAGED", f"文件已损坏，无法打开（{detail}）。请申报单位用 Word 或 WPS 确认能打开后重新发送。")


def too_large(detail: str) -> Unusable:
    return Unusable("D-TOO-LARGE", f"文件超出可处理的限度（{detail}）。请申报单位精简或拆分后重新发送。")


def encrypted() -> Unusable:
    return Unusable("D-ENCRYPTED", "文件设有打开密码，无法读取。请申报单位取消密码后重新发送，或告知密码。")


def document(
    data: bytes, media_type: str, reader: str, pages: tuple[Page, ...], page_count: int, problems: tuple[Problem, ...]
) -> Document:
    return Document(sha256(data).hexdigest(), media_type, reader, pages, page_count, problems)


def parse_xml(xml: bytes) -> etree._Element:
    """Parse without entities, DTDs or network. Raises Unusable when it is not well-formed."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise damaged(f"XML 有误：{str(error)[:80]}") from error


class Package:
    """The parts of one file by name. Part names are compared without case, as the standard asks."""

    def __init__(self, data: bytes) -> None:
        _refuse_other_containers(data)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except ZIP_ERRORS as error:
            raise damaged("压缩包结构不完整") from error
        members = self._zip.infolist()
        if len(members) > MAX_PARTS:
            raise too_large(f"包内有 {len(members)} 个部件")
        self._members: Mapping[str, zipfile.ZipInfo] = {
            "/" + info.filename.replace("\\", "/").lstrip("/").lower(): info for info in members
        }

    def names(self) -> tuple[str, ...]:
        return tuple(self._members)

    def part(self, name: str, limit: int = MAX_PART_BYTES) -> bytes | None:
        """The bytes of a part, None when there is none of this name.

        Raises Unusable when it is encrypted, damaged (its checksum included) or longer than `limit` bytes."""
        info = self._members.get(name.lower())
        if info is None:
            return None
        if info.flag_bits & 1:
            raise encrypted()
        try:
            with self._zip.open(info) as stream:
                content = stream.read(limit + 1)
        except ZIP_ERRORS as error:
            raise damaged(f"{name} 无法解压") from error
        if len(content) > limit:
            raise too_large(f"{name} 超过 {limit >> 20} MB")
        return content

    def xml(self, name: str) -> etree._Element | None:
        content = self.part(name)
        return None if content is None else parse_xml(content)

    def relations(self, name: str | None = None) -> dict[str, Relation]:
        """The internal relations of a part (of the package without a name) by id. External and NULL targets, which
        nothing here may follow, are left out, and so is a list of relations that is itself damaged."""
        uri = PackURI(name) if name else PACKAGE_URI
        try:
            root = self.xml(uri.rels_uri)
        except Unusable:
            return {}
        found = {}
        for relation in [] if root is None else root.iter(_RELATIONSHIPS):
            target = relation.get("Target", "")
            if relation.get("TargetMode") == "External" or not target or target.upper() == "NULL":
                continue
            kind = relation.get("Type", "").rsplit("/", 1)[-1]
            found[relation.get("Id", "")] = Relation(kind, _absolute(uri.baseURI, target))
        return found

    def main_part(self, folder: str) -> str:
        """The name of the part that the package is about, by its relation, else the usual one of the `folder`."""
        for relation in self.relations().values():
            if relation.kind == "officeDocument" and relation.target.lower() in self._members:
                return relation.target
        return {"word": "/word/document.xml", "xl": "/xl/workbook.xml"}[folder]


def drop(element: etree._Element | None) -> None:
    """Take an element out of its tree; nothing happens to one that stands in none."""
    parent = None if element is None else element.getparent()
    if element is not None and parent is not None:
        parent.remove(element)


def _absolute(base: str, target: str) -> str:
    """Some writers use backslashes, or percent signs that no part name has."""
    return posixpath.normpath(posixpath.join(base, target.replace("\\", "/").split("#")[0]))


def _refuse_other_containers(data: bytes) -> None:
    """Raise for what is no ZIP file, by its first bytes: a tail of ZIP inside an OLE file means nothing."""
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return
    if data[:8] == OLE_MAGIC:
        if any(stream in data for stream in _ENCRYPTED_STREAMS):
            raise encrypted()
        raise Unusable(
            "D-UNSUPPORTED",
            "这是旧版 Office 文件（.doc/.wps/.xls），不能直接读取。请另存为 .docx、.xlsx 或 PDF 后重新发送。",
        )
    if len(data) in _OWNER_FILE_SIZES:
        raise damaged("这是 Office 打开文件时留下的临时文件（文件名以 ~$ 开头），没有正文，请发送原文件")
    raise damaged("不是 Office 文件" if data else "文件为空")
