"""What a form says without a label: the direction that its title names, the date beside the seal."""

import re
from collections.abc import Iterator, Sequence

from extractors.labels import squeeze
from extractors.passages import is_of_authority
from extractors.slots import Piece
from extractors.values import evidence_of, read_value
from pipeline.model import FieldSpec, FieldValue, Method

_TITLE = re.compile(r"申[报请](?:表|书)|方向|类[)】]?$|^\(.*\)$")
_TITLE_LENGTH = 60  # characters
_DATE = re.compile(r"(?:20\d\d|二[〇○零][〇○零一二三四五六七八九]{2})[年./-].{1,4}[月./-].{1,3}日?")
_SEALED_DATE = re.compile(rf"(?:盖章|公章|签章|签字|签名)[^\d]{{0,20}}?(?P<date>{_DATE.pattern})$")
_SIGNED = re.compile(r"签|填报|填表")
_BEFORE = 3  # lines before a date that tell who signs


def in_title(spec: FieldSpec, pieces: Sequence[Piece]) -> Iterator[FieldValue]:
    """The one answer of a choice that a title names: “领雁”软件企业申报表, （算力服务补助方向）."""
    for piece in pieces:
        text = squeeze(piece.text).text
        named = [o for o in spec.options if any(squeeze(label).text in text for label in o.labels)]
        if len(named) == 1 and len(text) <= _TITLE_LENGTH and _TITLE.search(text):
            yield FieldValue(spec.name, piece.text.strip(), named[0].code, evidence_of((piece,), piece, piece.text))


def signing_dates(pieces: Sequence[Piece], context: str = "") -> Iterator[Piece]:
    """The lines that are a date and nothing else, or a seal and a date, and that no authority signed."""
    for index, piece in enumerate(pieces):
        text = squeeze(piece.text).text
        sealed = _SEALED_DATE.search(text)
        if not sealed and not _DATE.fullmatch(text):
            continue
        around = [p.text for p in pieces[max(index - _BEFORE, 0) : index + 1]]
        if not any(map(is_of_authority, (context, *around))):
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
