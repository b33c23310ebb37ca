"""What every normaliser shares: its result, the half-width form of what was written, digits that OCR confuses."""

import re
import unicodedata
from dataclasses import dataclass

from pipeline.model import Problem, Value

BLANKS = frozenset({"", "无", "暂无", "没有", "空", "N/A", "NA", "不适用", "未填写", "无此项", "略"})
_BLANK_MARKS = re.compile(r"[\s_/\\.\-—–－―─~*＿□☐○…、。:：;；,，()（）]*")
_NOT_WORDS = re.compile(r"[\W_]+")
_SIGN_HERE = re.compile(r"[（(](?:单位|企业|法人|本人|手写)?(?:公章|盖章|签字|签名|签章|签字盖章|签字或盖章)[)）]")
_DASHES = str.maketrans(dict.fromkeys("−－﹣‐‑‒–—―─━", "-"))
_WAVES = str.maketrans("〜∼∽", "~~~")
# What a recogniser writes for a digit; none of these letters has a place in a number.
_MISREAD_DIGITS = str.maketrans("OoQlI|SBZqg", "00011158299")
CHINESE_DIGITS = "零〇○一二三四五六七八九十百千两廿卅壹贰叁肆伍陆柒捌玖拾佰仟弍贰弎"


@dataclass(frozen=True, slots=True)
class Normalised:
    """A value of the field's kind, or None; the unit that was applied; what is wrong with it, if anything."""

    value: Value | None
    unit: str | None = None
    problem: Problem | None = None


def refuse(code: str, message: str) -> Normalised:
    """No value, and why."""
    return Normalised(None, None, Problem(code, message))


def is_blank(raw: str, *, ocr: bool) -> bool:
    """Left blank: nothing, 无, N/A, or only the marks that people put where they have nothing to say,
    or the form's own （签字） and （单位公章）.

    A lone 一 from OCR is such a mark too: nothing tells it from a dash.
    """
    marks = _SIGN_HERE.sub("", raw.replace("一", "") if ocr else raw)
    return raw.strip().upper() in BLANKS or _BLANK_MARKS.fullmatch(marks) is not None


def half_width(raw: str) -> str:
    """Full-width digits, letters and punctuation as ASCII (NFKC), every dash as a hyphen."""
    return unicodedata.normalize("NFKC", raw).translate(_DASHES).translate(_WAVES)


def squeeze(raw: str) -> str:
    """Half-width and without any white space."""
    return re.sub(r"\s+", "", half_width(raw))


def settle_digits(text: str) -> str:
    """Letters that a recogniser confuses with digits as digits; only for kinds that have no letters."""
    return text.translate(_MISREAD_DIGITS)


def fold(text: str) -> str:
    """For comparing: half-width, lower case, letters and digits only (so 《“领雁”》 is 领雁)."""
    return _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text).casefold())
