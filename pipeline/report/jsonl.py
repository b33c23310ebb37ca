"""The machine-readable files of a run: UTF-8, one JSON object a line; run.json is one object."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from pipeline.assemble import conflicts
from pipeline.corrections import Replayed
from pipeline.files import whole_file
from pipeline.model import (
    EXCEPTIONS,
    BBox,
    Check,
    Decision,
    Evidence,
    FieldSpec,
    FieldValue,
    LedgerRow,
    Period,
    Run,
    Value,
)
from pipeline.report.rows import Case, RunResult, picture_name

Json = dict[str, object]


def write_jsonl(result: RunResult, out: Path) -> None:
    """Write records, checks, exceptions and ledger into the folder `out`, one application after the other."""
    with (
        whole_file(out / "records.jsonl") as records,
        whole_file(out / "checks.jsonl") as checks,
        whole_file(out / "exceptions.jsonl") as exceptions,
    ):
        for case in result.cases.values():
            _write_line(records, record_json(result, case))
            _write_checks(result, case.checks, checks, exceptions)
        _write_checks(result, result.others, checks, exceptions)
    _write_lines(out / "ledger.jsonl", map(ledger_json, result.rows))
    _write_lines(out / "difference.jsonl", difference_json(result))


def _write_checks(result: RunResult, found: Iterable[Check], checks: BinaryIO, exceptions: BinaryIO) -> None:
    for check in found:
        _write_line(checks, check_json(result, check))
        if check.outcome in EXCEPTIONS:
            _write_line(exceptions, exception_json(result, check))


def write_run(run: Run, out: Path) -> None:
    """Write run.json into the folder `out`."""
    with whole_file(out / "run.json") as stream:
        stream.write(json.dumps(run_json(run), ensure_ascii=False, indent=2).encode() + b"\n")


def _write_lines(path: Path, rows: Iterable[Json]) -> None:
    with whole_file(path) as stream:
        for row in rows:
            _write_line(stream, row)


def _write_line(stream: BinaryIO, row: Json) -> None:
    stream.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def record_json(result: RunResult, case: Case) -> Json:
    """One line of records.jsonl."""
    record = case.record
    ledger_ids = {filing.sha256: filing.ledger_id for filing in record.filings}
    clashing = conflicts(record)
    fields: Json = {}
    for spec in result.programme.fields:
        claim = record.get(spec.name)
        if claim is None:
            continue
        fields[spec.name] = field_json(spec, claim, ledger_ids)
        if spec.name in clashing:
            others = [field_json(spec, other, ledger_ids) for other in clashing[spec.name]]
            fields[spec.name] = {**field_json(spec, claim, ledger_ids), "conflicts": others}
    return {
        "application_id": record.application_id,
        "programme": record.programme,
        "direction": record.direction,
        "received_at": record.received_at.isoformat() if record.received_at else None,
        "source": {
            "message_id": record.submission.message_id,
            "sender": record.submission.sender,
            "subject": record.submission.subject,
        },
        "files": [filing.ledger_id for filing in record.filings],
        "supersedes": record.supersedes,
        "first_id": record.first_id,
        "fields": fields,
        "corrections": [correction_json(one) for one in case.replayed],
    }


def correction_json(replayed: Replayed) -> Json:
    """What a person put right: in force, or for another file than the one that stands there now."""
    correction = replayed.correction
    return {
        "field": correction.field,
        "value": correction.raw,
        "state": replayed.state.value,
        "replaced": {"sha256": correction.replaced_sha256, "raw": correction.replaced_raw},
        "by": correction.by,
        "at": _time_json(correction.at),
        "reason": correction.reason,
    }


def field_json(spec: FieldSpec, claim: FieldValue, ledger_ids: Mapping[str, str]) -> Json:
    """One field: value, raw text, unit, confidence and where it was read."""
    row: Json = {
        "value": _table_json(spec, claim, ledger_ids) if spec.kind == "table" else value_json(spec, claim.value),
        "raw": claim.raw,
        "confidence": round(claim.confidence, 4),
        "evidence": evidence_json(claim.evidence, ledger_ids.get(claim.evidence.sha256)),
    }
    if claim.unit is not None:
        row["unit"] = claim.unit
    if claim.problem is not None:
        row["problem"] = {"code": claim.problem.code, "message": claim.problem.message}
    return row


def _table_json(spec: FieldSpec, claim: FieldValue, ledger_ids: Mapping[str, str]) -> list[Json] | None:
    if not isinstance(claim.value, tuple) or not claim.value:
        return None
    columns = {column.name: column for column in spec.columns}
    return [
        {name: field_json(columns[name], cell, ledger_ids) for name, cell in row.items()}
        for row in claim.value
        if not isinstance(row, str)
    ]


def value_json(spec: FieldSpec, value: Value | None) -> object:
    """A value in the form that records.jsonl gives it."""
    match value:
        case Decimal():
            return f"{value:.4f}" if spec.kind == "percent" else f"{value:.2f}"
        case Period():
            return {"start": value.start.isoformat(), "end": value.end.isoformat()}
        case date():
            return value.isoformat()
        case tuple():
            return list(value) or None
        case _:
            return value


def evidence_json(evidence: Evidence, ledger_id: str | None) -> Json:
    """Where a value was read; bbox in points from the top left, None where the file has no pages."""
    row: Json = {
        "ledger_id": ledger_id,
        "page": evidence.page,
        "bbox": _bbox_json(evidence.bbox),
        "method": evidence.method.value,
    }
    if evidence.place:
        row["place"] = evidence.place
    return row


def _bbox_json(bbox: BBox | None) -> list[float] | None:
    return [round(v, 2) for v in (bbox.x0, bbox.top, bbox.x1, bbox.bottom)] if bbox else None


def check_json(result: RunResult, check: Check) -> Json:
    """One line of checks.jsonl."""
    evidence = [
        {
            **evidence_json(place, result.ledger_id(check, place)),
            "text": place.quote,
            "image": _image(result, place),
        }
        for place in check.evidence
    ]
    return {
        "application_id": check.application_id,
        "city_list": check.city_list,
        "ledger_id": check.ledger_id,
        "check": check.check,
        "clause": check.clause.article,
        "outcome": check.outcome.value,
        "message": check.message,
        "claimed": check.claimed,
        "expected": check.expected,
        "fields": list(check.fields),
        "evidence": evidence,
        "action": check.action,
        "exception_id": check.exception_id,
    }


def _image(result: RunResult, place: Evidence) -> str | None:
    name = picture_name(place)
    return name if name in result.pictures else None


def exception_json(result: RunResult, check: Check) -> Json:
    """One line of exceptions.jsonl: a check, and how it stands to the run before and to what staff decided."""
    decision = decision_json(result.decisions.get(check.exception_id))
    return {**check_json(result, check), "state": result.state(check.exception_id), "decision": decision}


def decision_json(decision: Decision | None) -> Json | None:
    """What staff decided about an exception."""
    if decision is None or decision.verdict is None:
        return None
    at = _time_json(decision.at)
    return {"verdict": decision.verdict.value, "reason": decision.reason, "by": decision.by, "at": at}


def difference_json(result: RunResult) -> Iterator[Json]:
    """The lines of difference.jsonl: exceptions gone, waived and new, and the values that changed."""
    found = result.difference
    if found is None:
        return
    for one in found.resolved:
        told = {"application_id": one.check.application_id, "check": one.check.check, "message": one.check.message}
        by = one.cause.value if one.cause else None
        yield {"kind": "resolved", **told, "exception_id": one.check.exception_id, "by": by}
    for check in result.exceptions(found.waived | found.new):
        kind = "waived" if check.exception_id in found.waived else "new"
        told = {"application_id": check.application_id, "check": check.check, "message": check.message}
        yield {"kind": kind, **told, "exception_id": check.exception_id}
    for change in found.changes:
        words = {"before": change.before, "after": change.after, "by": change.cause.value}
        yield {"kind": "changed", "application_id": change.application_id, "field": change.field, **words}


def ledger_json(row: LedgerRow) -> Json:
    """One line of ledger.jsonl."""
    item = row.item
    return {
        "ledger_id": item.ledger_id,
        "parent": item.parent,
        "path": item.path,
        "name": item.name,
        "sha256": item.sha256,
        "bytes": item.size,
        "media_type": item.media_type,
        "role": row.role.value,
        "status": row.status.value,
        "finding": row.finding,
        "reason": row.reason,
        "application_id": row.application_id,
    }


def run_json(run: Run) -> Json:
    """The run: what it was given, what it applied, what it counted."""
    return {
        "run_id": run.run_id,
        "programme": run.programme,
        "programme_version": run.programme_version,
        "started_at": _time_json(run.started_at),
        "ended_at": _time_json(run.ended_at),
        "inputs": list(run.inputs),
        "parameters": {name: _parameter_json(value) for name, value in run.parameters.items()},
        "counts": {name: dict(counts) for name, counts in run.counts.items()},
        "pages_read": run.pages_read,
        "code_version": run.code_version,
        "by": run.by,
        "basis": run.basis or None,
    }


def _time_json(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _parameter_json(value: object) -> object:
    match value:
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): _parameter_json(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_parameter_json(inner) for inner in value]
        case _:
            return value
