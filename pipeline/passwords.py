"""Passwords that senders write into their mails, and which of them may open what. None is ever logged or reported."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr

from pipeline.model import Submission

MOST = 20  # words of one text that are tried

_OPENING, _CLOSING = "\"'“‘「『《【(（[<", "\"'”’」』》】)）]>"
_LABEL = r"(?:密码|口令|密钥|解压缩?码|打开码|提取码|访问码|pass\s?(?:word|code|phrase)|\bpwd\b)"
_REMARK = rf"(?:[{re.escape(_CLOSING)}]|[(（][^()（）\n]{{1,10}}[)）])?"  # 【密码】, 密码（区分大小写）
_LINK = r"(?:\s*(?:统一|都|均|分别|设为|设置为|就是|是|为|is|are|[:：=＝→]|-+>?|—+))+\s{0,3}"
_VALUE = r"[^\s，。；、！？" + re.escape(_OPENING + _CLOSING) + r"]{1,64}"
_SAID = re.compile(
    rf"{_LABEL}{_REMARK}(?:"
    rf"{_LINK}[{re.escape(_OPENING)}]?(?P<linked>{_VALUE})"
    rf"|\s?[{re.escape(_OPENING)}](?P<quoted>{_VALUE})[{re.escape(_CLOSING)}]"
    rf"|\s*(?P<bare>[!-~０-９Ａ-Ｚａ-ｚ]{{3,64}}))",
    re.I,
)
_ASCII = re.compile(r"[!-~]+")


def candidates(text: str) -> tuple[str, ...]:
    """The words that a text gives as a password, each also without what may be the sentence around it."""
    found = (
        word
        for match in _SAID.finditer(text)
        for word in _readings(match["linked"] or match["quoted"] or match["bare"])
    )
    return tuple(dict.fromkeys(found))[:MOST]


def _readings(word: str) -> Iterator[str]:
    yield word
    bare = word.rstrip(".,;:!?)]")
    yield bare
    yield unicodedata.normalize("NFKC", bare)
    leading = _ASCII.match(bare)
    if leading and len(leading[0]) >= 3:
        yield leading[0].rstrip(".,;:!?)]")


@dataclass(frozen=True, slots=True)
class Keyring:
    """The passwords of a run: those `given` with it, and those that mails tell, by what links a mail to others."""

    given: tuple[str, ...] = field(default=(), repr=False)
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def of(self, submission: Submission) -> tuple[str, ...]:
        """What may open the submission's files: its own words, those of its thread and its sender, those given."""
        told = (word for link in _links(submission) for word in self.told.get(link, ()))
        return tuple(dict.fromkeys((*told, *self.given)))


def keyring(texts: Iterable[tuple[Submission, str]], given: Iterable[str]) -> Keyring:
    """`texts` are the words of each submission, with those of the mails in it."""
    told: dict[str, dict[str, None]] = {}
    for submission, text in texts:
        words = candidates(f"{submission.subject}\n{text}")
        for link in _links(submission) if words else ():
            told.setdefault(link, {}).update(dict.fromkeys(words))
    return Keyring(tuple(given), {link: tuple(words) for link, words in told.items()})


def _links(submission: Submission) -> tuple[str, ...]:
    """By what a mail belongs to others: itself first, then its thread, then its sender."""
    sender = parseaddr(submission.sender)[1].lower()
    thread = (submission.message_id or "", *submission.in_reply_to)
    return tuple(link for link in (submission.submission_id, *thread, sender) if link)
