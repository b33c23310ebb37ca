"""The applications of a run, fetched from the ledger when they are asked for: a mailbox does not fit into memory."""

from collections.abc import Mapping, Sequence

from extractors.applications import Application
from flows.fetched import Fetched
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
Records = Mapping[str, Record]


def records_of(filed: Filed, programme: Programme, ledger: Ledger, journal: Sequence[JournalEntry] = ()) -> Records:
    """By application_id the record with what staff put right, and what became of each correction."""
    corrections = corrections_of(journal)

    def fetch(one: Application) -> Record:
        record = assemble(
            one.application_id,
            programme,
            one.direction,
            one.submission,
            one.filings,
            filed.values(one.application_id, programme, ledger),
            one.received_at,
            one.supersedes,
            one.earlier,
        )
        return corrected(record, corrections.get(record.first_id, ()), programme)

    return Fetched({one.application_id: one for one in filed.applications}, fetch)


class Cases(Fetched[Case]):
    """By application_id a record with its checks, which the ledger holds where `kept` says."""

    def __init__(self, records: Records, kept: Sequence[Kept], ledger: Ledger) -> None:
        self._checks, self._ledger = {one.application_id: one.checks for one in kept}, ledger

        def fetch(application_id: str) -> Case:
            record, replayed = records[application_id]
            return Case(record, self.checks(application_id), replayed)

        super().__init__({application_id: application_id for application_id in self._checks}, fetch)

    def checks(self, application_id: str) -> tuple[Check, ...]:
        """The checks alone; none where a defect of ours left the application unreviewed."""
        key = self._checks[application_id]
        return decode(tuple[Check, ...], self._ledger.result(key)) if key else ()
