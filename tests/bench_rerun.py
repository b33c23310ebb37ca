"""`make bench-rerun`: the wall time of a re-run with one corrected file against that of the full run before it.

500 applications (or as many as the command line says) of distinct companies, drawn as the fixtures are: a quarter
each as DOCX, as PDF with a text layer, as clean scans and as spoilt scans (copier, fax, telephone, seal, pen …), one in
seven with a licence, one in nine with an audit report. Their making is not timed. The corrected file is a scan, mailed
as an answer. Both times are those of the whole command, start-up included. Fails where a record that has nothing to do
with the corrected file is not the same line, byte for byte, as before.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import count, islice
from pathlib import Path

from fixtures import letters
from fixtures.letters import Post
from fixtures.mail import mailbox
from fixtures.make import Files, rendered
from fixtures.plan import Rendering, generate, render_plan
from fixtures.truth import Case

PRINTED = ("ruled", "narrow", "two-column", "lines", "above", "in-cell")  # by reportlab: no browser, no LibreOffice
APPLICATIONS = 500


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else APPLICATIONS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        drawn = list(islice(applications(), wanted))
        corrected = next(one for one in drawn if one[1].grade == "clean")
        write_mails(drawn, corrected, folder)
        kinds = Counter(how.kind for _, how in drawn)
        print(", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items())), flush=True)
        full, full_cpu = seconds(folder, "run", "mails.mbox", "--out", "full")
        again, again_cpu = seconds(folder, "rerun", "answer.eml", "--out", "again")
        same, other = records_kept(folder)
    print(f"processor time: full run {full_cpu:.1f} s, re-run {again_cpu:.1f} s, share {again_cpu / full_cpu:.4f}")
    print(f"full run {full:.1f} s, re-run {again:.1f} s; {same} records the same byte for byte, {other} not")
    if other != 1:
        sys.exit(f"{other} records differ, and only the corrected one may")
    print(f"rerun_share={again / full:.4f}")


def applications() -> Iterator[tuple[Case, Rendering]]:
    """Cases without end, by one seed after another, and how each is sent."""
    for seed in count(1):
        cases = [case for case in generate(seed) if not {"twice", "both-directions"} & set(case.faults)]
        plan = render_plan(cases)
        for place, case in enumerate(cases):
            how = plan[case.case_id]
            if how.style.font == "hand":  # its face is fetched for the fixtures alone
                how = replace(how, style=replace(how.style, font="kai"))
            if how.kind != "docx" and (how.layout not in PRINTED or how.container.startswith("garbage")):
                grade = how.grade or ("clean" if how.kind == "clean_scan" else "")
                layout, container = PRINTED[place % len(PRINTED)], "" if grade else how.container
                how = replace(how, layout=layout, grade=grade, container=container)
            yield replace(case, case_id=f"{case.case_id}-{seed}"), how


def write_mails(drawn: list[tuple[Case, Rendering]], corrected: tuple[Case, Rendering], folder: Path) -> None:
    """mails.mbox with every application, and answer.eml with one of them as its applicant corrects it."""
    case, how = corrected
    other = replace(case, fields={**case.fields, "contact_name": "示例更正"})
    with ProcessPoolExecutor(2) as pool:
        *files, answer = pool.map(_rendered, [*drawn, (other, how)])
    post = Post()
    for place, ((one, _), found) in enumerate(zip(drawn, files, strict=True)):
        letters.ordinary(post, one, found, place)
    (folder / "mails.mbox").write_bytes(mailbox(post.messages))
    mail = letters.letter(
        other,
        letters.form_parts(other, answer, 0),
        0,
        message_id=letters.message_id("answer"),
        subject="更正后的申报表",
        html="",
        extra=(("In-Reply-To", letters.message_id(case.case_id)),),
        sent_at="2024-08-06T09:00:00+08:00",
    )
    (folder / "answer.eml").write_bytes(mail.raw)


def _rendered(task: tuple[Case, Rendering]) -> Files:
    return rendered(*task)


def seconds(folder: Path, *arguments: str) -> tuple[float, float]:
    """Wall seconds of the command, which must succeed, and the processor's for it and all that it started."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", *arguments, "--workspace", "ws"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, cpu


def records_kept(folder: Path) -> tuple[int, int]:
    """How many lines of the re-run's records.jsonl the full run has too, and how many it has not."""
    before = set((folder / "full" / "records.jsonl").read_bytes().splitlines())
    after = (folder / "again" / "records.jsonl").read_bytes().splitlines()
    return sum(line in before for line in after), sum(line not in before for line in after)


if __name__ == "__main__":
    main()
