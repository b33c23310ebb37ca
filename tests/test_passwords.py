"""The passwords that senders write into their mails (issue 5)."""

from pathlib import Path

import pytest

from flows.keys import load_passwords
from flows.worker import ReadJob
from pipeline.errors import UsageError
from pipeline.model import Submission
from pipeline.passwords import MOST, candidates, keyring


def mail(number: int, sender: str = "", replies_to: tuple[str, ...] = ()) -> Submission:
    return Submission(f"s{number}", f"<{number}@example.cn>", None, sender, "申报", "", replies_to, ())


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("申报材料见附件，密码：Fj-2024@AI 。", "Fj-2024@AI"),
        ("解压密码是123456，请查收。", "123456"),
        ("打开密码为“示例2024”。", "示例2024"),
        ("解压码: abc123", "abc123"),
        ("附件解压缩码＝abc123；另附纸质件", "abc123"),
        ("各文件密码均为 sl_8888", "sl_8888"),
        ("密码：\n  q1w2e3", "q1w2e3"),
        ("压缩包密码312312", "312312"),
        ("密码１２３４５６", "123456"),
        ("密码：１２３４５６", "123456"),
        ("解压密码：Abc@2024请查收", "Abc@2024"),
        ("The password is: Secret1!", "Secret1!"),
        ("Password: Secret1.", "Secret1"),
        ("pwd=x-9", "x-9"),
        ("Passcode：889900", "889900"),
        ("【密码】：“a1”", "a1"),
        ("密码（区分大小写）：Fj2024", "Fj2024"),
        ("解压密码【Fj2024】", "Fj2024"),
        ("password - Abc123", "Abc123"),
    ],
)
def test_the_words_after_a_label(text: str, password: str) -> None:
    assert password in candidates(text)


@pytest.mark.parametrize("text", ["密码另行发送。", "密码见下一封邮件", "请妥善保管密码", "见附件", "passwords"])
def test_a_mail_that_tells_none(text: str) -> None:
    assert candidates(text) == ()


def test_a_text_full_of_labels_gives_a_few_words() -> None:
    assert len(candidates("\n".join(f"密码：word{number}" for number in range(500)))) == MOST
    assert len(candidates("密码：" * 50_000 + "(" * 50_000)) <= MOST


def test_who_may_open_what() -> None:
    locked, told = mail(1, "示例公司 <A@example.cn>"), mail(2, "a@EXAMPLE.cn")
    answer, stranger = mail(3, "b@example.cn", ("<1@example.cn>",)), mail(4, "c@example.cn")
    texts = [(locked, ""), (told, "密码：one"), (answer, "密码：two"), (stranger, "密码：three")]
    keys = keyring(texts, ["given"])
    assert set(keys.of(locked)) == {"one", "two", "given"}
    assert keys.of(stranger) == ("three", "given")
    assert keys.of(mail(5)) == ("given",)


def test_no_password_is_shown_by_what_holds_it() -> None:
    keys = keyring([(mail(1), "密码：told-word")], ["given-word"])
    job = ReadJob("0" * 64, "application/pdf", keys.of(mail(1)))
    assert "word" not in f"{keys} {job} {job!r}"


def test_a_file_of_passwords(tmp_path: Path) -> None:
    path = tmp_path / "passwords.txt"
    path.write_bytes("\ufeff密码1\r\n\r\n  two \n密码1".encode())
    assert load_passwords(path) == ("密码1", "two")
    path.write_bytes("密码1\n".encode("gbk"))
    assert load_passwords(path) == ("密码1",)
    with pytest.raises(UsageError, match="passwords"):
        load_passwords(tmp_path / "none")
