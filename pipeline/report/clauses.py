"""The clauses of the notice, each with what was checked of it and what came out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.model import Outcome
from pipeline.programme import clause_matrix
from pipeline.report.rows import FILE_FINDING, OUTCOMES, RunResult


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """A clause of the notice, and a criterion that serves it with how often it gave each outcome; a clause that
    several serve has a row each, one that none serves a row with the reason alone."""

    article: str
    quote: str
    judgement: str
    check: str
    title: str
    counts: Mapping[Outcome, int]


def clause_rows(result: RunResult) -> tuple[ClauseRow, ...]:
    """Every clause of the notice in its order; findings on files stand under the clause that they cite."""
    counts: Counter[tuple[str, Outcome]] = Counter()
    cited: dict[str, dict[str, None]] = {}
    for (article, check, outcome), count in sorted(result.tally.items()):
        counts[check, outcome] += count
        if check not in result.title_of:
            cited.setdefault(article, {})[check] = None
    return tuple(
        ClauseRow(
            article=clause.clause.article,
            quote=clause.clause.quote,
            judgement=clause.judgement,
            check=check,
            title=result.title_of.get(check, FILE_FINDING if check else ""),
            counts={outcome: counts[check, outcome] for outcome in OUTCOMES},
        )
        for clause, served in clause_matrix(result.programme)
        for check in (*served, *cited.get(clause.clause.article, ())) or ("",)
    )
