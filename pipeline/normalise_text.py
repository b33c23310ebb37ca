"""Words, addresses, and the codes that identify people and companies."""

import re
from collections.abc import Callable

from stdnum.cn import uscc as gb32100

from pipeline.model import Problem
from pipeline.normalise_base import Normalised, half_width, refuse, settle_digits, squeeze
from pipeline.places import settled

# Han, and the punctuation and full-width forms that stand among it.
_CJK = "\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef“”‘’—…·"
_GAP_BESIDE_CJK = re.compile(rf"(?<=[{_CJK}])[^\S\n]+(?=[{_CJK}])")
_BREAK = re.compile(r"[^\S\n]*\n\s*")
_HALF_FORMS = {ord(full): half for full, half in zip("０１２３４５６７８９", "0123456789", strict=True)} | {
    code + 0xFEE0: code for code in (*range(0x41, 0x5B), *range(0x61, 0x7B))
}
_FULL_FORMS = {"(": "（", ")": "）", ",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
# “端—边—云” is read as “端一边一云”; a phrase with 一 in these places begins with it (一心一意).
_DASHED = re.compile('(?<=[“"])([\u4e00-\u9fff])一([\u4e00-\u9fff])一([\u4e00-\u9fff])(?=[”"])')
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"(0(?:10|2\d|[3-9]\d{2}))-?(\d{7,8})(?:-(\d{1,6}))?")
_SERVICE = re.compile(r"([48]00)-?(\d{3})-?(\d{4})")
_EXTENSION = re.compile(r"转|分机号?|ext\.?|#|x", re.IGNORECASE)
_EMAIL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)*\.[a-z]{2,}")
# GB 32100 leaves out I, O, S, V and Z; what a recogniser makes of their look-alikes has one reading (V has none).
# A patent is ZL and its application: twelve digits and a check digit (ZC 0006-2003); no number has fourteen.
_PATENT_MISREAD = re.compile(r"^[2Z][1lI](\d{12}\.[\dX])$")
_USCC_MISREAD = str.maketrans("IOSZ", "1052")


def text(raw: str, *, ocr: bool) -> Normalised:
    """The visible text on one line: no breaks, no spaces between Han, everything else as it was written.

    From OCR, where width is a guess, digits and letters are half-width and punctuation beside Han is full-width.
    """
    words = _BREAK.sub(_joined, raw.replace("\r", "\n").strip())
    words = re.sub(r"[^\S\n]+", " ", _GAP_BESIDE_CJK.sub("", words))
    return Normalised(_DASHED.sub(r"\1—\2—\3", _settle_width(words)) if ocr else words)


def address(raw: str, *, ocr: bool) -> Normalised:
    """As text, without any space beside Han: 福州市 鼓楼区 88 号 is one address."""
    words = re.sub(rf"(?<=[{_CJK}])\s+|\s+(?=[{_CJK}])", "", str(text(raw, ocr=ocr).value))
    return Normalised(settled(words) if ocr else words)


def uscc(raw: str, *, ocr: bool) -> Normalised:
    """The code as it is claimed, upper case; the Problem ``check-digit`` says that it is not one of GB 32100."""
    code = re.sub(r"[-.·_。;]", "", squeeze(raw))
    code = (code.replace("l", "1").replace("|", "1") if ocr else code).upper()
    code = code.translate(_USCC_MISREAD) if ocr else code
    if gb32100.is_valid(code):
        return Normalised(code)
    if not re.fullmatch(r"[0-9A-Z]{15,20}", code):
        return refuse("unreadable", f"“{raw.strip()}”不是统一社会信用代码")
    return Normalised(code, None, Problem("check-digit", f"“{code}”不符合统一社会信用代码的编码规则"))


def phone(raw: str, *, ocr: bool) -> Normalised:
    """13800000000, 0591-12345678, 0591-12345678-801; several are parted by /."""
    parts = [part for part in re.split(r"[/、,;或\n]|\s{2,}", half_width(raw)) if part.strip()]
    numbers = [_phone(part, ocr=ocr) for part in parts]
    if not numbers or None in numbers:
        numbers = [_phone(raw, ocr=ocr)]  # one number that a narrow cell broke over lines
    if None in numbers:
        return refuse("unreadable", f"“{raw.strip()}”不是电话号码")
    return Normalised("/".join(dict.fromkeys(n for n in numbers if n)))


def _phone(raw: str, *, ocr: bool) -> str | None:
    spoken = _EXTENSION.sub("-", squeeze(raw))
    number = re.sub(r"[()]", "-", settle_digits(spoken) if ocr else spoken)
    number = re.sub(r"^-?(?:\+?0{0,2}86)(?=-?(?:1[3-9]\d{9}$|0?\d{2,3}-))-?", "", number)
    number = re.sub(r"-{2,}", "-", re.sub(r"[.·_]", "-", number)).strip("-")
    number = re.sub(r"^(0\d{2,3}-)(\d{3,4})-(\d{4})(?=$|-)", r"\1\2\3", number)  # (0591)8765-4321
    if _MOBILE.fullmatch(number.replace("-", "")):
        return number.replace("-", "")
    if match := _SERVICE.fullmatch(number):
        return "-".join(match.groups())
    if match := _LANDLINE.fullmatch(number) or _LANDLINE.fullmatch(f"0{number}"):
        return "-".join(group for group in match.groups() if group)
    return number.replace("-", "") if re.fullmatch(r"[2-8]\d{3}-?\d{3,4}", number) else None


def email(raw: str, *, ocr: bool) -> Normalised:
    """Lower case. From OCR a comma or 。 is a point, since an address has neither."""
    address = re.sub(r"^mailto:|[<>]", "", squeeze(raw).casefold())
    address = re.sub("[,。]", ".", address) if ocr else address
    if not _EMAIL.fullmatch(address):
        return refuse("unreadable", f"“{raw.strip()}”不是电子邮箱")
    return Normalised(address)


def _joined(gap: re.Match[str]) -> str:
    """A line break between two Latin words was a space; anywhere else it was none."""
    before, after = gap.string[gap.start() - 1], gap.string[gap.end()]
    is_word: Callable[[str], bool] = lambda c: c.isascii() and c.isalpha()  # noqa: E731
    return " " if is_word(before) and is_word(after) else ""


def _settle_width(words: str) -> str:
    han = rf"[{_CJK}]"
    words = words.translate(_HALF_FORMS)
    words = re.sub(rf"(?<={han})[(),;:?!]|[(),;:?!](?={han})", lambda m: _FULL_FORMS[m[0]], words)
    words = re.sub(r"（([^（）()]*)\)", r"（\1）", re.sub(r"\(([^（）()]*)）", r"（\1）", words))
    words = re.sub(r"\[(\d{4})〕|〔(\d{4})\]", lambda m: f"〔{m[1] or m[2]}〕", words)  # a document's year, GB/T 9704
    return _PATENT_MISREAD.sub(r"ZL\1", words)
