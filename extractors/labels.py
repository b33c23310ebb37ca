"""Labels of a form: which field a piece of text names, under any of its names and however it was set."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.model import FieldSpec

# Numbering and stars before a label: 1. （一） ① ★ 其中： 21 2023年
_HEAD = re.compile(
    r"(?:(?:[、.)]|\d{1,2}(?:(?!\d)|(?=20\d\d年))(?:\.\d{1,2}(?!\d))*[.、)]?|\([\d一二三四五六七八九十]{1,3}\)|[一二三四五六七八九十]{1,3}[、.)]"
    r"|第[一二三四五六七八九十]{1,3}(?:部分|项|章)?[、:]?|[*★※☆◆▲●■◇►▪•·✱]|其中:?)+)?[【\[]?"
)
_OWNER = re.compile(
    r"(?:申报|申请|牵头|本|该)?(?:单位|企业|公司|项目|主体|法人|产品|软件|硬件|场景|(?:项目|申报|单位|企业)?联系人|工商)?(?:近[一二两三四五1-5]年[来内]?(?=有无|是否|存在))?的?"
    r"(?:实际|主要|拟)?(?P<asked>有无|是否(?:存在|具有|有)?|存在)?(?:已?被|已)?(?:列入|纳入)?"
)
_YEAR_OWNER = re.compile(r"(?:(?:截至|截止)?(20\d\d)年?(?:度|末|底|全年|12月31日)?|上一?年度?)的?")
_QUESTION = re.compile(r"^(?:有无|是否(?:存在|有)?)(?:已?被|已)?(?:列入)?")
_TAILS = {  # what people add to a label without making another of it
    "text": re.compile(r"姓名|全称|名称"),
    "phone": re.compile(r"号码?"),
    "uscc": re.compile(r"号码?"),
    "email": re.compile(r"地址"),
    "money": re.compile(r"金额|总额|数额|额"),
    "integer": re.compile(r"总?(?:人?数|数量)"),
}
_NO_TAIL = re.compile("")
_BRACKET = re.compile(r"\([^()]{0,200}(?:\([^()]{0,60}\)[^()]{0,100})?\)|\[[^\[\]]{0,100}\]|【[^【】]{0,100}】")
_INNER = re.compile(r"[（(][^（()）]{1,8}[)）](?=[一-鿿])")
_ASKS = re.compile(r"^[^:。☑☐□■√]{2,40}?(?P<question>(?:有无|是否).*)$")  # about whom, before what
_ALTERNATIVES = re.compile(r"\s*[/／]\s*")
_UNCLOSED = re.compile(r"[（(][^（()）]{0,4}$")
_PLAIN_HINT = re.compile(r"(?:不超过|不少于|限)\d{2,4}字(?:以内|左右)?|\d{2,4}字(?:以内|左右)")
_UNIT_SUFFIX = re.compile(
    r"[/,](?:亿元|万元|千元|百万元|元|%|人)(?=$|[:(])|(?:金额)?单位:?(?:亿|百万|万|千)?[元人](?=$|[:(])"
)
_UNIT = re.compile(r"(亿元|百万元|万元|千元|元|%)|(?<![一-鿿])(人)(?![一-鿿])")
_ASKED = re.compile(r"请|打|划|勾|选|填|\d字|单位:")  # of a hint and not of an answer
_LEADER = re.compile(r"[.·…]{3,}|(?:-{2,}|—{2,})(?=.)")  # dots from a label to its value
_LATIN = re.compile(r"(?<=[一-鿿\s）)])\s*[A-Za-z][A-Za-z .,'&/\-]{1,60}(?=\s*(?:[(（:：]|$))")
_STARS = "*★※☆"
_COLON = ":：∶︰"
_MARKS = "☑☐◪√✓✔☒■□●○◯◉⊙"
# What makes another label of a label that a space or a line break parts from it: 研发人员 占比.
_EXTENSION = re.compile(
    r"增长|占比|占|比例|比重|率|意见|承诺|声明|负责人|部门|电话|手机|邮箱|姓名|性质|概况|情况|名称|代码|类型|编号|说明|盖章|签字|公章|基本|信息|简介|介绍|背景|及|与"
)
_OF_A_YEAR = ("money", "percent", "integer")
_SOMEBODY = re.compile(r"法人|代表|负责人")
_SIGNATURE = re.compile(r"盖章|签章|公章|签字|签名")
_OTHER_WORDS = """
姓名 性别 年龄 民族 学历 学位 职务 职称 职务/职称 传真 邮编 邮政编码 网址 单位网址
通讯地址 通信地址 联系地址 备注 序号 编号 项目负责人 负责人 财务负责人 技术负责人 身份证号
身份证号码 开户银行 开户行 银行账号 账号 账户 电话 固定电话 办公电话 推荐单位 主管部门
归口部门 指标 指标名称 年份 年度 单位 数量 金额 单价 合计 小计 分工 所在单位 工作单位
经济类型 企业性质 单位性质 所有制性质 企业规模 上市情况 是否上市 经营范围 主营业务 主营产品
股东名称 持股比例 证件号码 专业 毕业院校 签字 盖章 单位公章 税号 项目编号 受理编号 受理时间
申报年度 内容 项目 资金来源
"""
_OTHER = frozenset(_OTHER_WORDS.split())
_OTHER_END = re.compile(
    r"(?:意见|承诺|声明|签字|盖章|负责人|基本情况|基本信息|(?:法人|代表人?|负责人)(?:姓名|手机|电话|传真|邮箱|职务|职称))$"
)
# 主营业务： 上缴税金(万元) 2022年营业收入
_SHAPE = re.compile(
    r"[^\d:,。;、()☑☐□■√●○]{2,16}(?:\([^()]{1,16}\))?:|(?![零〇一二三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]+\()(?:20\d\d年?度?)?[^\d:,。;、()☑☐□■√●○]{2,16}\((?:单位:)?(?:亿|万|千)?[元人%]\):?"
    r"|20\d\d年(?:度|末|底)?[^\d:,。;、()月☑☐□■√●○]{3,12}(?:\([^()]{1,16}\))?:?"
)
_PART_HEADING = re.compile(r"\s*(?:[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）)")
_FUZZY_LENGTH = 4
_SPAN = 500  # characters: a label with its hints is shorter
_LONG = 8  # characters: a label so long is the same with a word more in it


@dataclass(frozen=True, slots=True)
class Squeezed:
    """Text without spaces, half-width and lower case; `at` is each character's index in the raw text."""

    text: str
    at: tuple[int, ...]
    raw_length: int

    def raw_index(self, index: int) -> int:
        """The place in the raw text where the squeezed character begins."""
        return self.at[index] if index < len(self.at) else self.raw_length


@dataclass(frozen=True, slots=True)
class Hit:
    """A label in a text: the fields that it names and where its value would begin (an index of the raw text)."""

    specs: tuple[FieldSpec, ...]
    label: str  # squeezed, as the programme has it
    end: int
    unit: str | None
    colon: bool
    whole: bool  # nothing follows it
    numbered: bool  # with an ordinal before it
    signature: bool  # beside a seal or a signature: （盖章）
    doubtful: bool = False  # read through a recogniser's slip, with another label not far
    hint: str = ""  # squeezed: what stands behind it in brackets, its unit included

    @property
    def spec(self) -> FieldSpec:
        return self.specs[0]


@lru_cache(maxsize=20_000)
def squeeze(raw: str) -> Squeezed:
    chars: list[str] = []
    at: list[int] = []
    for index, char in enumerate(raw):
        for plain in unicodedata.normalize("NFKC", char).lower().replace("戶", "户"):  # what NFKC makes of U+2F3E
            if not plain.isspace() and plain not in "\u200b\ufeff\u00ad“”\"'‘’「」《》":
                chars.append(plain)
                at.append(index)
    return Squeezed("".join(chars), tuple(at), len(raw))


def other_label(raw: str) -> bool:
    """Whether a whole cell is a label that forms have and this programme does not ask for: by its words or shape."""
    if _SHAPE.fullmatch(squeeze(raw).text):
        return True
    text = _BRACKET.sub("", squeeze(raw).text).strip(_STARS + _COLON)
    text = text[_end(_HEAD, text, 0) :]
    return text in _OTHER or (len(text) <= 16 and _OTHER_END.search(text) is not None)


def _is_misread_colon(text: str, index: int, end: int) -> bool:
    """What a recogniser makes of a colon right after a label, or after its hint at the text's end."""
    return text[index] in ";.,。_" and (index == end or index + 1 == len(text))


class Labels:
    """The labels of a form, or of one table's columns."""

    def __init__(self, specs: Iterable[FieldSpec]) -> None:
        names: dict[str, list[FieldSpec]] = {}
        specs = tuple(specs)
        self._tables = tuple(spec.columns for spec in specs if spec.columns)
        for spec in specs:
            for label in spec.labels:
                for name in _names_of(spec, squeeze(label).text):
                    if name and spec not in names.setdefault(name, []):
                        names[name].append(spec)
        self.names = {name: tuple(found) for name, found in names.items()}
        self._by_length = sorted(self.names, key=lambda name: (-len(name), name))
        self._by_first: dict[str, list[str]] = {}
        self._long: dict[str, list[str]] = {}  # by their first two characters
        self._sized: dict[int, list[str]] = {}  # by their number of characters
        for name in self._by_length:
            self._by_first.setdefault(name[0], []).append(name)
            self._sized.setdefault(len(name), []).append(name)
            if len(name) >= _LONG:
                self._long.setdefault(name[:2], []).append(name)
        self.years = frozenset(year for name in self.names for year in re.findall(r"20\d\d", name))
        # The same few texts are asked for again and again, in one cell after the other.
        self._whole_of = lru_cache(maxsize=20_000)(self._whole)
        self._is_one = lru_cache(maxsize=20_000)(self._is_label)

    def match(self, raw: str, start: int = 0, *, ocr: bool = False) -> Hit | None:
        """The label that the text has at `start`, by its longest name, or None when it has none."""
        squeezed = squeeze(raw[start : start + _SPAN])
        found = self._find(squeezed)
        doubtful = False
        if found is None and ocr and not (squeezed.text[:1] == "年" and raw[start - 1 : start].isdigit()):
            found, doubtful = self._find_alike(squeezed)  # of a year before, 年 is no slip: 2022|年营业收入
        if found is None:
            return None
        name, begin, end = found
        hit = self._hit(squeezed, name, begin, end, start, doubtful, ocr)
        return hit if self._is_asked(squeezed.text, hit) else None

    def whole(self, raw: str, *, ocr: bool = False) -> Hit | None:
        """The label that is all of a cell's text; 企业（单位）名称 is 企业名称."""
        return self._whole_of(raw, ocr) if len(raw) <= 400 else None

    def _whole(self, raw: str, ocr: bool) -> Hit | None:
        hit = self.match(raw, ocr=ocr)
        if hit is None and _INNER.search(raw):
            hit = self.match(_INNER.sub("", raw), ocr=ocr)
        if hit and hit.whole:
            return hit
        return self._asked_of(raw) or self._padded(raw) or self._either(raw)

    def bilingual(self, raw: str) -> Hit | None:
        """The label that is all of a text but for its English: 申报单位 Applicant."""
        bare = _LATIN.sub("", raw)
        return self.whole(bare) if bare != raw and len(raw) <= 120 else None

    def is_label(self, text: str) -> bool:
        """Whether the text is a label and nothing else: of a field, of a column, or by its shape."""
        return self._is_one(text)

    def _is_label(self, text: str) -> bool:
        if self.whole(text) is not None or other_label(text):
            return True
        return any(labels_of(columns).whole(text) is not None for columns in self._tables)

    def is_header(self, texts: Sequence[str]) -> bool:
        """Whether the texts head a detail table: at least two are columns of one, and none is a value."""
        if any(re.search(r"\d{3}|[。；☑☐□■√●○]", text) or len(text) > 40 for text in texts):
            return False
        for columns in self._tables:
            hits = [labels_of(columns).whole(text) for text in texts]
            if len({hit.spec.name for hit in hits if hit}) * 2 >= max(len(texts), 3):
                return True
        return False

    def leads(self, text: str) -> bool:
        """Whether a label begins the text and something follows it."""
        hit = self.match(text)
        return hit is not None and not hit.whole

    def begins(self, text: str) -> bool:
        """Whether a label with its value, or a heading, begins the text."""
        return self.match(text) is not None or _PART_HEADING.match(text) is not None

    def unclosed(self, raw: str) -> Hit | None:
        """The label that is all of a cell's text of which the last line was not read: 总资产（元."""
        hit = self.match(raw[:-1] if raw.endswith(("（", "(")) else f"{raw}）") if _UNCLOSED.search(raw) else None
        return replace(hit, end=len(raw)) if hit and hit.whole else None

    def _asked_of(self, raw: str) -> Hit | None:
        """A question that says first about whom it asks: 申报单位及其法定代表人 | 有无涉黑涉恶违法行为."""
        squeezed = squeeze(raw)
        match = _ASKS.match(_INNER.sub("", squeezed.text))
        hit = self.match(match["question"]) if match else None
        return replace(hit, end=len(raw)) if hit and hit.whole and len(hit.spec.options) == 2 else None

    def _either(self, raw: str) -> Hit | None:
        """Two names of one field: 著作权人/专利权人."""
        parts = _ALTERNATIVES.split(raw)
        hits = [self.match(part) for part in parts] if 1 < len(parts) <= 3 else []
        whole = [hit for hit in hits if hit and hit.whole]
        same = whole and len(whole) == len(parts) and all(hit.specs == whole[0].specs for hit in whole)
        return replace(whole[-1], end=len(raw)) if same else None

    def _padded(self, raw: str) -> Hit | None:
        """A long label that was made longer by a few words within it: 经营异常名录或（严重违法）失信名单."""
        squeezed = squeeze(raw)
        core = _BRACKET.sub("", squeezed.text).strip(_STARS + _COLON)
        core = core[_end(_HEAD, core, 0) :]
        if core in self.names:
            return None  # with an answer in brackets behind it, or `match` had found it
        near = [name for name in self._long.get(core[:2], ()) if _is_padded(core, name)]
        if not near or len({self.names[name] for name in near}) > 1:
            return None
        found = self._hit(squeezed, near[0], 0, len(squeezed.text), 0, doubtful=True, ocr=False)
        return replace(found, unit=unit_in("".join(_BRACKET.findall(squeezed.text))))

    def _is_asked(self, text: str, hit: Hit) -> bool:
        """Whether the field is asked here, and not another year's figure or another person's telephone."""
        years = {match for hint in _BRACKET.findall(hit.hint) for match in re.findall(r"20\d\d", hint)}
        if years and self.years and hit.spec.kind in _OF_A_YEAR and not years & self.years:
            return False
        owner = text[: text.find(hit.label)]
        return hit.spec.kind not in ("phone", "email") or _SOMEBODY.search(owner) is None

    def _find(self, squeezed: Squeezed) -> tuple[str, int, int] | None:
        """A name with its begin and end in the squeezed text; the name without anything before it goes first."""
        text = squeezed.text
        heads = dict.fromkeys((0, _end(_HEAD, text, 0)))
        for head in heads:
            for begin in dict.fromkeys((head, self._year_end(text, head))):
                for name in self._by_first.get(text[begin : begin + 1], ()):
                    if text.startswith(name, begin) and (end := self._bounded(squeezed, begin, name)):
                        return name, head, end
        for head in heads:
            owner = _end(_OWNER, text, self._year_end(text, head))
            begin = self._year_end(text, owner)
            if owner == head or begin >= len(text):
                continue
            for name in self._by_first.get(text[begin], ()):
                if text.startswith(name, begin) and (end := self._bounded(squeezed, begin, name)):
                    return name, head, end
        return None

    def _year_end(self, text: str, index: int) -> int:
        """Where a year before the label ends, if it is the year that the form asks for."""
        match = _YEAR_OWNER.match(text, index)
        return match.end() if match and (match[1] is None or match[1] in self.years) else index

    def _bounded(self, squeezed: Squeezed, begin: int, name: str) -> int | None:
        """The label's end, a tail such as 姓名 included; None when the text goes on as a longer word."""
        end = begin + len(name)
        tail = _TAILS.get(self.names[name][0].kind, _NO_TAIL)
        for stop in dict.fromkeys((end, _end(tail, squeezed.text, end))):
            if self._is_boundary(squeezed, stop):
                return stop
        return None

    def _is_boundary(self, squeezed: Squeezed, end: int) -> bool:
        text = squeezed.text
        if end >= len(text) or text[end] in _COLON + _STARS + _MARKS + "_([【|】]" or _LEADER.match(text, end):
            return True
        if _PLAIN_HINT.match(text, end) or _UNIT_SUFFIX.match(text, end):
            return True
        is_gap = squeezed.at[end] - squeezed.at[end - 1] > 1
        return is_gap and not (len(text) - end <= 10 and _EXTENSION.match(text, end))

    def _find_alike(self, squeezed: Squeezed) -> tuple[tuple[str, int, int] | None, bool]:
        """A name that a recogniser's slip of one character parts from the text, if only one field has it."""
        text = squeezed.text
        begin = _end(_HEAD, text, 0)
        stop = next((i for i in range(begin, len(text)) if text[i] in _COLON + "([_|" or self._gap(squeezed, i)), None)
        core = text[begin : stop if stop is not None else len(text)]
        if not _FUZZY_LENGTH <= len(core) <= len(self._by_length[0]) + 1:
            return None, False
        near = [
            name
            for size in range(len(core) + 1, max(len(core) - 1, _FUZZY_LENGTH) - 1, -1)
            for name in self._sized.get(size, ())
            if _one_slip(core, name) and _digits(core) == _digits(name)
        ]
        if not near or len({self.names[name] for name in near}) > 1:
            return None, False
        doubtful = any(
            _common(core, name) >= len(core) - 2 for name in self._by_length if self.names[name] != self.names[near[0]]
        )
        return (near[0], begin, begin + len(core)), doubtful

    @staticmethod
    def _gap(squeezed: Squeezed, index: int) -> bool:
        return index > _FUZZY_LENGTH and squeezed.at[index] - squeezed.at[index - 1] > 1

    def _hit(self, squeezed: Squeezed, name: str, begin: int, end: int, start: int, doubtful: bool, ocr: bool) -> Hit:
        text, specs = squeezed.text, self.names[name]
        index, colon = end, False
        hints: list[str] = []
        while index < len(text):
            stop = self._hint_end(text, index, specs, after_colon=colon)
            if stop > index:
                hints.append(text[index:stop])
            elif leader := _LEADER.match(text, index):
                colon, stop = True, leader.end()
            elif text[index] in _COLON + "】]" or (ocr and not colon and _is_misread_colon(text, index, end)):
                colon, stop = True, index + 1
            elif text[index] not in _STARS:
                break
            index = max(stop, index + 1)
        joined = "".join(hints)
        return Hit(
            specs=specs,
            label=name,
            end=start + squeezed.raw_index(index),
            unit=unit_in(joined),
            colon=colon,
            whole=index >= len(text),
            numbered=begin > 0,
            signature=_SIGNATURE.search(name + joined) is not None,
            doubtful=doubtful,
            hint=joined,
        )

    @staticmethod
    def _hint_end(text: str, index: int, specs: Sequence[FieldSpec], *, after_colon: bool) -> int:
        """Where a hint or a unit that belongs to the label ends; an answer in brackets is none."""
        bracket = _BRACKET.match(text, index)
        if bracket:
            inner = bracket[0][1:-1].strip("_")
            if _ASKED.search(inner) or _UNIT.fullmatch(inner):
                return bracket.end()
            answers = {squeeze(label).text for spec in specs for o in spec.options for label in o.labels}
            is_answer = (
                not inner
                or inner.isdigit()
                or inner in answers
                or (specs[0].options and any(mark in inner for mark in _MARKS))
            )
            return index if is_answer or after_colon else bracket.end()
        for pattern in (_PLAIN_HINT, _UNIT_SUFFIX):
            if match := pattern.match(text, index):
                return match.end()
        return index


def unit_in(hint: str) -> str | None:
    """The unit that a hint such as （单位：万元） or /元 names."""
    match = _UNIT.search(squeeze(hint).text)
    return (match[1] or match[2]) if match else None


def _names_of(spec: FieldSpec, label: str) -> Iterator[str]:
    """The label, without its brackets, and of a question what it asks about: 涉黑涉恶违法行为."""
    yield from (label, _BRACKET.sub("", label))
    if len(spec.options) == 2 and (question := _QUESTION.match(label)):
        yield label[question.end() :]


def _end(pattern: re.Pattern[str], text: str, index: int) -> int:
    match = pattern.match(text, index)
    return match.end() if match else index


def _one_slip(a: str, b: str) -> bool:
    """Whether one character exchanged, lost or added makes one of the other; both have four at least."""
    if abs(len(a) - len(b)) > 1 or a == b or (a[:2] != b[:2] and a[-2:] != b[-2:]):
        return False
    head = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        return a[head + 1 :] == b[head + 1 :]
    return a[head + 1 :] == b[head:] if len(a) > len(b) else a[head:] == b[head + 1 :]


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _is_padded(text: str, name: str) -> bool:
    """Whether up to four characters, together and inside, are all that the text has beyond the name."""
    extra = len(text) - len(name)
    if not 1 <= extra <= 4 or text[:2] != name[:2] or text[-2:] != name[-2:]:
        return False
    return any(text[:i] == name[:i] and text[i + extra :] == name[i:] for i in range(2, len(name) - 1))


def _common(a: str, b: str) -> int:
    """Characters that agree place by place, from the front or from the back."""
    if abs(len(a) - len(b)) > 1:
        return 0
    return max(
        sum(x == y for x, y in zip(a, b, strict=False)), sum(x == y for x, y in zip(a[::-1], b[::-1], strict=False))
    )


@lru_cache(maxsize=64)
def labels_of(specs: tuple[FieldSpec, ...]) -> Labels:
    """The labels of these fields, built once."""
    return Labels(specs)
