"""Raw text → a value of the field's kind. Pure; what cannot be read is a Problem beside None, never a guess."""

from pipeline import normalise_choice, normalise_dates, normalise_money, normalise_text
from pipeline.model import FieldSpec
from pipeline.normalise_base import Normalised, fold, is_blank

__all__ = ["Normalised", "normalise"]


def normalise(spec: FieldSpec, raw: str, unit: str | None, ocr: bool) -> Normalised:
    """What `raw` says as a value of the field. A blank (无, /, —) is None without a Problem.

    `unit` is the one that stands in the label; one in the value goes before it, the field's own comes last.
    `ocr` settles what a recogniser confuses, where the kind leaves one reading.
    Raises ValueError for a table, which is read cell by cell.
    """
    if is_blank(raw, ocr=ocr) and not any(
        fold(raw) == fold(label) for o in spec.options for label in o.labels if fold(raw)
    ):
        return Normalised(None)
    match spec.kind:
        case "money":
            return normalise_money.money(raw, unit, spec.unit, ocr=ocr)
        case "percent":
            return normalise_money.percent(raw, unit, ocr=ocr)
        case "integer":
            return normalise_money.integer(raw, spec.unit, ocr=ocr)
        case "choice":
            return normalise_choice.choice(raw, spec.options, ocr=ocr)
        case "choices":
            return normalise_choice.choices(raw, spec.options, ocr=ocr)
        case _:
            return _plain(spec.kind, raw, ocr=ocr)


def _plain(kind: str, raw: str, *, ocr: bool) -> Normalised:
    """The kinds that need neither unit nor options."""
    match kind:
        case "date":
            return normalise_dates.calendar_date(raw, ocr=ocr)
        case "period":
            return normalise_dates.period(raw, ocr=ocr)
        case "uscc":
            return normalise_text.uscc(raw, ocr=ocr)
        case "phone":
            return normalise_text.phone(raw, ocr=ocr)
        case "email":
            return normalise_text.email(raw, ocr=ocr)
        case "address":
            return normalise_text.address(raw, ocr=ocr)
        case "text":
            return normalise_text.text(raw, ocr=ocr)
        case _:
            raise ValueError(f"a field of kind {kind} is not read from one text")
