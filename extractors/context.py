"""What stands around the applications of a run: the lists of bad standing, the cities' lists, the reader of text."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from extractors.filing import classify
from extractors.narrative import figure_reader
from pipeline.checks.given import Context
from pipeline.city_lists import read_city_lists
from pipeline.model import Document, Programme, Role, Submission
from pipeline.registries import load_registries


def run_context(
    submissions: Iterable[Submission],
    documents: Mapping[str, Document],
    programme: Programme,
    registries: Path | None = None,
) -> Context:
    """The context of a run before its applications are known; `documents` by sha256.

    Raises SourceError when the folder of registries holds something that is no list.
    """
    lists = [
        found
        for submission in submissions
        for item in submission.items
        if (document := documents.get(item.sha256)) is not None and classify(document, programme) is Role.CITY_LIST
        for found in read_city_lists(document, programme, item.ledger_id, submission.received_at)
    ]
    return Context(
        programme,
        registries=load_registries(registries) if registries else None,
        city_lists=tuple(lists),
        figures=figure_reader(programme),
    )
