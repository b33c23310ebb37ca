"""What a mail costs in a small mailbox and in a large one, and what memory a run of each takes, measured in one go.

`make bench-scale`; `python -m tests.bench_scale 1000 10000`. The mails are synthetic, each with a small Word form.
Costs are the processor's seconds of the run and its processes, so that a busy machine tells the same.
"""

import io
import json
import mailbox
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

import docx
from stdnum.cn import uscc

from flows import steps
from flows.settings import load_settings
from tests import plain_run

T = TypeVar("T")

MOST_MEMORY = 1500  # MiB of the run's own process
MOST_GROWTH = 1.15  # of the cost of a mail, from the small mailbox to the large one
STEPS = ("receive", "read", "file", "review_all", "picture", "report")
FORM = {
    "申报方向": "☐算力服务补助 ☑“领雁”软件企业 ☐软件优质产品 ☐硬件优质产品 ☐典型应用场景",
    "项目名称": "示例PROJECT平台研发",
    "申报单位": "示例第NUMBER（福州）科技有限公司",
    "统一社会信用代码": "USCC",
    "企业类型": "☑软件和信息技术服务业企业 ☐工业企业 ☐其他",
    "所属设区市": "福州市",
    "注册地址": "福建省福州市鼓楼区示例路1号",
    "成立时间": "2015年3月2日",
    "法定代表人": "示例甲",
    "联系人": "示例乙",
    "联系电话": "0591-80001234",
    "营业收入（万元）": "5000",
    "净利润（万元）": "300",
    "总资产（万元）": "8000",
    "总负债（万元）": "3000",
    "人工智能相关业务收入（万元）": "3000",
    "人工智能相关业务收入占比": "61%",  # of 5,000 it is 60 %: one exception an application, with its picture
    "项目简介": "本项目面向示例行业，建设智能平台。",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run: processor seconds in all and by step, MiB at most of the run itself and of one of its processes."""

    mails: int
    seconds: float
    by_step: dict[str, float]
    memory: float
    worker_memory: float
    report: float  # MiB of report.html


def template() -> dict[str, bytes]:
    """The parts of the form's package."""
    document = docx.Document()
    document.add_heading("福建省省级人工智能产业发展项目申报表", 1)
    table = document.add_table(0, 2)
    for label, value in FORM.items():
        cells = table.add_row().cells
        cells[0].text, cells[1].text = label, value
    data = io.BytesIO()
    document.save(data)
    with zipfile.ZipFile(data) as package:
        return {name: package.read(name) for name in package.namelist()}


def form(parts: dict[str, bytes], number: int) -> bytes:
    body = f"91350100{number:09d}"
    marks = {"NUMBER": str(number), "PROJECT": f"第{number}号", "USCC": body + uscc.calc_check_digit(body)}
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            if name == "word/document.xml":
                for mark, text in marks.items():
                    content = content.replace(mark.encode(), text.encode())
            package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


def write_mailbox(path: Path, mails: int) -> None:
    parts = template()
    box = mailbox.mbox(path)
    for number in range(mails):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = f"a{number}@example.com", "office@example.cn", "申报材料"
        mail["Date"], mail["Message-ID"] = "Mon, 01 Jul 2024 09:10:00 +0800", f"<{number}@example.com>"
        mail.set_content("见附件。")
        mail.add_attachment(form(parts, number), maintype="application", subtype="octet-stream", filename="申报表.docx")
        box.add(mail)
    box.close()


def spent() -> float:
    """Processor seconds of this process and of those that it has waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def timed(step: Callable[..., T], seconds: dict[str, float]) -> Callable[..., T]:
    def measured(*arguments: object, **named: object) -> T:
        started = spent()
        try:
            return step(*arguments, **named)
        finally:
            seconds[step.__name__] = spent() - started

    return measured


def measure(folder: Path, source: Path) -> None:
    """Inside a process of its own: runs, and prints what that took."""
    by_step: dict[str, float] = {}
    for name in STEPS:
        setattr(steps, name, timed(getattr(steps, name), by_step))
    settings = load_settings(workspace=folder / "workspace", out=folder / "out")
    started = spent()
    plain_run.run([source], settings)
    own, workers = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(json.dumps({"seconds": spent() - started, "by_step": by_step, "memory": own, "worker_memory": workers}))


def cost(mails: int) -> Cost:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_mailbox(folder / "mail.mbox", mails)
        started = time.perf_counter()
        command = [sys.executable, "-m", "tests.bench_scale", "--inside", name]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        found = json.loads(said.splitlines()[-1])
        size = sum(path.stat().st_size for path in (folder / "out").glob("report*.html")) / (1 << 20)
        print(f"{mails} mails: {time.perf_counter() - started:.0f} s on the clock", file=sys.stderr)
    return Cost(mails, report=size, **found)


def main() -> None:
    costs = [cost(int(mails)) for mails in sys.argv[1:]]
    for one in costs:
        split = ", ".join(f"{name} {seconds / one.mails * 1e3:.1f}" for name, seconds in one.by_step.items())
        print(f"{one.mails:>6} mails: {one.seconds / one.mails * 1e3:.1f} ms a mail ({split}); "
              f"at most {one.memory:.0f} MiB in the run and {one.worker_memory:.0f} MiB in one of its processes; "
              f"report.html {one.report:.1f} MiB")  # fmt: skip
    ratio = (costs[-1].seconds / costs[-1].mails) / (costs[0].seconds / costs[0].mails)
    print(f"ratio={ratio:.3f} (at most {MOST_GROWTH}) memory={costs[-1].memory:.0f} (at most {MOST_MEMORY})")
    sys.exit(0 if ratio <= MOST_GROWTH and costs[-1].memory <= MOST_MEMORY else 1)


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        measure(Path(sys.argv[2]), Path(sys.argv[2]) / "mail.mbox")
    else:
        main()
