"""The cost of the review per application at 1,000 and at 10,000, cross-checks included, and of a list of 100,000
companies in bad standing.

`make bench-checks`
"""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from openpyxl import Workbook
from stdnum.cn import uscc

from extractors.narrative import figure_reader
from pipeline.checks.given import Context
from pipeline.examples import records_of
from pipeline.model import ApplicationRecord, Example, Outcome
from pipeline.programme import load_programme
from pipeline.registries import load_registries
from pipeline.review import context_of, review, review_lists

PROGRAMME = load_programme("fujian-ai-2024")


def sound_records() -> list[ApplicationRecord]:
    """The programme's sound application of each direction."""
    records = []
    for direction in PROGRAMME.directions:
        criterion = next(c for c in PROGRAMME.criteria if c.directions == {direction.code})
        example = Example("", criterion.examples[0].given, Outcome.PASS)
        records.append(records_of(PROGRAMME, example)[0])
    return records


def synthetic(count: int) -> list[ApplicationRecord]:
    """Applications of all directions, two of every applicant."""
    sound, made = sound_records(), []
    for number in range(count):
        record = sound[number % len(sound)]
        body = f"91350100{number // 2:09d}"
        claim = replace(record.claims["uscc"][0], value=body + uscc.calc_check_digit(body))
        claims = {**record.claims, "uscc": (claim,)}
        made.append(replace(record, application_id=f"a{number}", claims=claims))
    return made


def cost(count: int, context: Context) -> float:
    """Microseconds of processor time an application."""
    records = synthetic(count)
    started = time.process_time()
    around = context_of(records, context)
    for record in records:
        review(record, PROGRAMME, around)
    review_lists(around)
    return (time.process_time() - started) / count * 1e6


def registry(kind: str) -> tuple[float, float]:
    """Processor seconds to load a list of 100,000 rows, and microseconds to look up a company in it."""
    rows = [[f"示例第{number}贸易有限公司", f"91350100{number:010d}", "未公示年度报告"] for number in range(100_000)]
    table = [["企业名称", "统一社会信用代码", "列入原因"], *rows]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"经营异常名录.{kind}"
        if kind == "csv":
            path.write_text("\n".join(",".join(row) for row in table), "utf-8")
        else:
            book = Workbook(write_only=True)
            sheet = book.create_sheet()
            for row in table:
                sheet.append(row)
            book.save(path)
        started = time.process_time()
        registries = load_registries(Path(folder))
        loaded = time.process_time()
    for name, code, _ in rows[::100]:
        if not (registries.find(code, "") and registries.find("", name)):
            raise AssertionError(f"{name} is not found")
    return loaded - started, (time.process_time() - loaded) / 2_000 * 1e6


def main() -> None:
    context = Context(PROGRAMME, figures=figure_reader(PROGRAMME))
    cost(100, context)
    small, large = cost(1_000, context), cost(10_000, context)
    print(f"1,000: {small:.0f} µs an application; 10,000: {large:.0f} µs; ratio {large / small:.2f}")
    for kind in ("csv", "xlsx"):
        seconds, lookup = registry(kind)
        print(f"A list of 100,000 companies as {kind}: loaded in {seconds:.1f} s, {lookup:.1f} µs a look-up")


if __name__ == "__main__":
    main()
