"""What is logged carries no private numbers."""

import io
import logging
import subprocess
import sys

import pytest

from pipeline.masking import mask_logs, masked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("联系电话13800138000。", "联系电话*********00。"),
        ("+86 138-0013-8000", "+** ***-****-**00"),
        ("电话0591-80001234", "电话****-******34"),
        ("(010)80001234", "(***)******34"),
        ("身份证35010019900101123X", "身份证****************3X"),
        ("账号 6222 0000 0000 0000 123", "账号 **** **** **** **** *23"),
        ("6222000000000000123", "*****************23"),
        ("示例 <a.b+c@example.cn>", "示例 <***@example.cn>"),
    ],
)
def test_private_numbers_are_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "统一社会信用代码91350100MA00EXAM14",
        "a" * 24 + "0123456789012345678901234567890123456789",
        "总额12345678.90元",
        "2024-07-01 09:12:00",
        "<1@localhost> 10 of 400",
    ],
)
def test_what_is_not_private_stays(text: str) -> None:
    assert masked(text) == text


def test_every_record_of_every_logger_is_masked_with_its_traceback() -> None:
    factory, stream = logging.getLogRecordFactory(), io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("some.library")
    logger.addHandler(handler)
    try:
        mask_logs()
        mask_logs()
        logger.warning("read %s of %s", "13800138000", "a@example.cn")
        logger.warning("%d", "13800138000")
        try:
            raise ValueError("35010019900101123X")
        except ValueError:
            logger.exception("failed")
    finally:
        logging.setLogRecordFactory(factory)
        logger.removeHandler(handler)
    said = stream.getvalue()
    assert "13800138000" not in said
    assert "35010019900101123X" not in said
    assert said.count("Traceback") == 1
    assert "read *********00 of ***@example.cn" in said


def test_what_the_command_says_of_an_error_is_masked(tmp_path: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "run", "13800138000.mbox"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.returncode == 2
    assert "*********00.mbox" in done.stderr
    assert "13800138000" not in done.stderr
