"""What a form says without its words: the direction that its title names, the date beside the seal, 同上."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from extractors.labels import squeeze
from extractors.passages import is_of_authority
from extractors.slots import Piece
from extractors.values import evidence_of, read_value
from pipeline.model import FieldSpec, FieldValue, Method, Problem

_TITLE = re.compile(r"申[报请](?:表|书)|方向|类[)】]?$|^\(.*\)$")
_TITLE_LENGTH = 60  # characters
_DATE = re.compile(r"(?:20\d\d|二[〇○零][〇○零一二三四五六七八九]{2})[年./-].{1,4}[月./-].{1,3}日?")
_SEALED_DATE = re.compile(rf"(?:盖章|公章|签章|签字|签名)[^\d]{{0,20}}?(?P<date>{_DATE.pattern})$")
_SIGNED = re.compile(r"签|填报|填表")
_RECEIVED = re.compile(r"收文|来文|收件")  # on the stamp of an office, which has a date of its own
_SAME = re.compile(r"(?:同|与)(?:[上前]|(?P<label>[一-鿿]{2,8}?))(?:一致|相同)?[。.]?")  # 同上, 与注册地址一致
_BEFORE = 3  # lines before a date that tell who signs


def in_title(spec: FieldSpec, pieces: Sequence[Piece]) -> Iterator[FieldValue]:
    """The one answer of a choice that a title names: “领雁”软件企业申报表, （算力服务补助方向）."""
    for piece in pieces:
        text = squeeze(piece.text).text
        named = [o for o in spec.options if any(squeeze(label).text in text for label in o.labels)]
        if len(named) == 1 and len(text) <= _TITLE_LENGTH and _TITLE.search(text):
            yield FieldValue(spec.name, piece.text.strip(), named[0].code, evidence_of((piece,), piece, piece.text))


def signing_dates(pieces: Sequence[Piece], context: str = "") -> Iterator[Piece]:
    """The lines that are a date and nothing else, or a seal and a date, and that no authority signed or stamped."""
    for index, piece in enumerate(pieces):
        text = squeeze(piece.text).text
        sealed = _SEALED_DATE.search(text)
        if not sealed and not _DATE.fullmatch(text):
            continue
        around = [p.text for p in pieces[max(index - _BEFORE, 0) : index + 1]]
        if not any(is_of_authority(text) or _RECEIVED.search(squeeze(text).text) for text in (context, *around)):
            yield piece


def signed_on(specs: Sequence[FieldSpec], dates: Sequence[Piece]) -> Iterator[FieldValue]:
    """The dates as claims of the field that asks when the form was signed, each day once."""
    spec = next((s for s in specs if s.kind == "date" and any(map(_SIGNED.search, s.labels))), None)
    if spec is None:
        return
    said: set[object] = set()
    for piece in dates:
        match = _DATE.search(squeeze(piece.text).text)
        text = match[0] if match else piece.text
        claim = read_value(spec, text, None, evidence_of((piece,), piece, text), ocr=piece.method == Method.OCR)
        if claim.value is not None and claim.problem is None and claim.value not in said:
            said.add(claim.value)
            yield claim


def with_references(specs: Sequence[FieldSpec], claims: Sequence[FieldValue]) -> Iterator[FieldValue]:
    """The claims; an address that is said to be another one is that one, or unclear where that is not one."""
    addresses = {spec.name: spec for spec in specs if spec.kind == "address"}
    told = [claim for claim in claims if claim.name in addresses and _reference(claim) is None]
    for index, claim in enumerate(claims):
        match = _reference(claim) if claim.name in addresses else None
        if match is None:
            yield claim
            continue
        others = [other for other in told if other.name != claim.name]
        if match["label"]:
            named = {name for name, spec in addresses.items() if any(match["label"] in label for label in spec.labels)}
            others = [other for other in others if other.name in named]
        else:
            others = [other for other in others if other in claims[:index]][-1:]
            named = {other.name for other in others}
        yield _referred(claim, others) if named or not match["label"] else claim


def _reference(claim: FieldValue) -> re.Match[str] | None:
    return _SAME.fullmatch(squeeze(claim.value).text) if isinstance(claim.value, str) else None


def _referred(claim: FieldValue, others: Sequence[FieldValue]) -> FieldValue:
    values = {other.value for other in others if isinstance(other.value, str)}
    if len(values) == 1:
        return replace(claim, value=values.pop())
    return replace(claim, value=None, problem=Problem("unclear", f"“{claim.raw}”指的是哪一处无法确定，请核对原件"))
