"""The words that staff read, for every worked example: tests/golden/messages.json, regenerated on purpose by

python -m tests.test_messages
"""

import json
from pathlib import Path

from extractors.narrative import figure_reader
from pipeline.checks import CHECKS
from pipeline.examples import around, records_of
from pipeline.model import Check, FieldSpec, Option
from pipeline.normalise import normalise
from pipeline.programme import load_programme
from pipeline.review import context_of, review, review_lists

GOLDEN = Path(__file__).parent / "golden" / "messages.json"
PROGRAMME = load_programme("fujian-ai-2024")
OPTIONS = (Option("one", ("甲类产品",)), Option("two", ("乙类产品", "乙类")))
UNREAD = {
    "money": (
        "约100",
        "1-2",
        "12美元",
        "待定",
        "864,001元（大写：捌拾陆万肆仟元整）",
        "99999999999999999",
        "12.3456785",
    ),
    "percent": ("0.5", "约10%", "1%-2%", "二比三"),
    "integer": ("12.5", "约12", "1~2"),
    "date": ("2024年7月", "2024年"),
    "period": ("2023年", "长期", "2023年12月31日至2023年1月1日"),
    "uscc": ("办理中", "91350100MA00EXAM15"),
    "phone": ("见名片",),
    "email": ("见名片",),
    "choice": ("丙类产品", "甲类产品、乙类产品"),
    "choices": ("丙类产品", "甲类产品、丙类产品、丁类"),
}


def told(check: Check) -> dict[str, object]:
    places = [evidence.place for evidence in check.evidence]
    return {
        "outcome": check.outcome.value,
        "message": check.message,
        "action": check.action,
        "request": check.request,
        "claimed": check.claimed,
        "expected": check.expected,
        "fields": list(check.fields),
        "places": places,
        "about": [check.application_id, check.city_list],
    }


def checks_of_examples() -> dict[str, object]:
    figures, golden = figure_reader(PROGRAMME), {}
    for criterion in PROGRAMME.criteria:
        for example in criterion.examples:
            record, others = records_of(PROGRAMME, example)
            context = context_of((record, *others), around(PROGRAMME, example, figures))
            made = review(record, PROGRAMME, context) if criterion.function in CHECKS else review_lists(context)
            golden[f"{criterion.id} {example.title}"] = [told(c) for c in made if c.check == criterion.id]
    return golden


def problems_of_normalising() -> dict[str, object]:
    return {
        f"{kind} {raw}": str(normalise(FieldSpec("f", ("字段",), kind, "万元", OPTIONS), raw, None, False))
        for kind, raws in UNREAD.items()
        for raw in raws
    }


def golden() -> dict[str, object]:
    return {**checks_of_examples(), **problems_of_normalising()}


def test_the_words_are_those_that_were_agreed() -> None:
    expected, found = json.loads(GOLDEN.read_text("utf-8")), golden()
    assert {key for key in {*expected, *found} if expected.get(key) != found.get(key)} == set()


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(golden(), ensure_ascii=False, indent=1) + "\n", "utf-8")
