"""Every worked example of every programme that comes with the package brings about the outcome that it states."""

import pytest

from extractors.narrative import figure_reader
from pipeline.examples import failed_examples, find_in_example
from pipeline.model import Criterion, Example, Programme
from pipeline.programme import PROGRAMMES, load_programme

LOADED = [load_programme(folder) for folder in sorted(PROGRAMMES.iterdir()) if folder.is_dir()]
EXAMPLES = [
    pytest.param(programme, criterion, example, id=f"{programme.id}-{criterion.id}-{example.title}")
    for programme in LOADED
    for criterion in programme.criteria
    for example in criterion.examples
]


@pytest.mark.parametrize(("programme", "criterion", "example"), EXAMPLES)
def test_example(programme: Programme, criterion: Criterion, example: Example) -> None:
    found = find_in_example(programme, criterion, example, figure_reader(programme))
    assert {finding.outcome for finding in found} == {example.outcome}


@pytest.mark.parametrize("programme", LOADED, ids=lambda programme: programme.id)
def test_every_message_is_brought_about_by_an_example(programme: Programme) -> None:
    assert failed_examples(programme, figure_reader(programme)) == []
