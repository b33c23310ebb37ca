"""The applications of a run, fetched from the ledger when they are asked for: a mailbox does not fit into memory."""

from collections.abc import Iterator, Mapping, Sequence

from flows.file_step import Filed
from pipeline.assemble import assemble
from pipeline.codec import decode
from pipeline.corrections import Replayed, corrected
from pipeline.journal import corrections_of
from pipeline.ledger import Ledger
from pipeline.model import ApplicationRecord, Check, JournalEntry, Programme
from pipeline.report.rows import Case
from pipeline.snapshots import Kept

Record = tuple[ApplicationRecord, tuple[Replayed, ...]]


class Records(Mapping[str, Record]):
    """By application_id the record with what staff put right, and what became of each correction."""

    def __init__(
        self, filed: Filed, programme: Programme, ledger: Ledger, journal: Sequence[JournalEntry] = ()
    ) -> None:
        self._filed, self._programme, self._ledger = filed, programme, ledger
        self._applications = {one.application_id: one for one in filed.applications}
        self._corrections = corrections_of(journal)

    def __getitem__(self, application_id: str) -> Record:
        one = self._applications[application_id]
        values = self._filed.values(application_id, self._programme, self._ledger)
        record = assemble(
            application_id,
            self._programme,
            one.direction,
            one.submission,
            one.filings,
            values,
            one.received_at,
            one.supersedes,
            one.earlier,
        )
        return corrected(record, self._corrections.get(record.first_id, ()), self._programme)

    def __iter__(self) -> Iterator[str]:
        return iter(self._applications)

    def __len__(self) -> int:
        return len(self._applications)


class Cases(Mapping[str, Case]):
    """By application_id a record with its checks, which the ledger holds where `kept` says."""

    def __init__(self, records: Records, kept: Sequence[Kept], ledger: Ledger) -> None:
        self._records, self._ledger = records, ledger
        self._checks = {one.application_id: one.checks for one in kept}

    def __getitem__(self, application_id: str) -> Case:
        record, replayed = self._records[application_id]
        return Case(record, self.checks(application_id), replayed)

    def __iter__(self) -> Iterator[str]:
        return iter(self._checks)

    def __len__(self) -> int:
        return len(self._checks)

    def checks(self, application_id: str) -> tuple[Check, ...]:
        """The checks alone; none where a defect of ours left the application unreviewed."""
        key = self._checks[application_id]
        return decode(tuple[Check, ...], self._ledger.result(key)) if key else ()
