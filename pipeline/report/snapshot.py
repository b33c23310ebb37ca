"""An application in words, as a run keeps it."""

from collections.abc import Iterable, Mapping

from pipeline.checks.wording import shown
from pipeline.corrections import Replayed, addresses, claim_at, label_at, spec_at
from pipeline.model import ApplicationRecord, FieldValue, Programme, Role
from pipeline.snapshots import Snapshot, Told


def take_snapshot(record: ApplicationRecord, replayed: Iterable[Replayed], programme: Programme) -> Snapshot:
    """What the record says, every field and every cell of its tables, and the readings under its corrections."""
    readings = {one.correction.field: one.reading for one in replayed}
    names = {option.code: option.labels[0] for option in programme.directions}
    items = {item.ledger_id: item.path for item in record.submission.items}
    places = (
        place for spec in programme.fields if spec.name in record.claims for place in addresses(record, spec.name)
    )
    told = {place: found for place in places if (found := _told(record, place, readings, programme))}
    return Snapshot(
        application_id=record.application_id,
        first_id=record.first_id,
        applicant=str(record.value("applicant_name") or ""),
        project=str(record.value("project_name") or ""),
        direction=names.get(record.direction or "", ""),
        received=record.received_at.isoformat() if record.received_at else "",
        sender=record.submission.sender,
        subject=record.submission.subject,
        submission_id=record.submission.submission_id,
        files=tuple(items.get(filing.ledger_id, filing.ledger_id) for filing in record.filings),
        form_sha256=next((filing.sha256 for filing in record.filings if filing.role is Role.FORM), ""),
        fields=told,
    )


def _told(
    record: ApplicationRecord, address: str, readings: Mapping[str, FieldValue | None], programme: Programme
) -> Told | None:
    claim, spec = claim_at(record, address), spec_at(programme, address)
    if claim is None or spec is None:
        return None
    evidence, reading = claim.evidence, readings.get(address, claim)
    label, raw = label_at(programme, address), reading.raw if reading else None
    return Told(label, shown(spec, claim), raw, evidence.sha256, evidence.method.value, evidence.confidence)
