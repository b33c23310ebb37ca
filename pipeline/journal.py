"""What staff have said, from the journal that only grows: the newest word on each thing counts."""

from collections.abc import Iterable, Mapping

from pipeline.model import Correction, Decision, JournalEntry, Taken


def corrections_of(journal: Iterable[JournalEntry]) -> Mapping[str, tuple[Correction, ...]]:
    """The corrections in force by the first id of their application: the newest of each field, unless withdrawn."""
    newest: dict[tuple[str, str], Correction] = {}
    for entry in journal:
        if isinstance(entry, Correction):
            newest[entry.application_id, entry.field] = entry
    by_application: dict[str, list[Correction]] = {}
    for (application_id, _), correction in sorted(newest.items()):
        if correction.raw is not None:
            by_application.setdefault(application_id, []).append(correction)
    return {key: tuple(found) for key, found in by_application.items()}


def decisions_of(journal: Iterable[JournalEntry]) -> Mapping[str, Decision]:
    """The decisions in force by exception_id: the newest of each, unless withdrawn."""
    newest = {entry.exception_id: entry for entry in journal if isinstance(entry, Decision)}
    return {key: decision for key, decision in newest.items() if decision.verdict is not None}


def taken_of(journal: Iterable[JournalEntry]) -> tuple[Taken, ...]:
    """The submissions that staff handed in, the newest word on each."""
    return tuple({entry.submission_id: entry for entry in journal if isinstance(entry, Taken)}.values())
