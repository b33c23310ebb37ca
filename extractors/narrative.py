"""The figures that free text claims, with what each is about: spaCy's rules over characters, no model.

A figure counts only when nothing but words that carry it stand between it and its quantity: what is said of growth,
of plans, of customers or of several years is none of the form's figures, and what is not understood is not guessed.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Span
from spacy.util import filter_spans

from pipeline.model import FieldSpec, Programme
from pipeline.narrative import Bound, Figure
from pipeline.normalise import normalise
from pipeline.normalise_base import half_width, squeeze

FUNCTION = "narrative_agrees"  # the check that reads them; its parameter `terms` says what a quantity is called

_FIGURE, _YEAR = "FIGURE", "YEAR"
_DIGIT: dict[str, Any] = {"TEXT": {"REGEX": r"^[0-9.,]$"}}
_NUMERAL: dict[str, Any] = {"TEXT": {"REGEX": "^[零〇一二三四五六七八九十百千两壹贰叁肆伍陆柒捌玖拾佰仟万亿]$"}}
_MORE: dict[str, Any] = {"TEXT": {"IN": ["余", "多"]}, "OP": "?"}
_UNIT: tuple[dict[str, Any], ...] = ({"TEXT": {"IN": ["十", "百", "千"]}, "OP": "?"}, {"TEXT": {"IN": ["万", "亿"]}})
_YUAN: dict[str, Any] = {"TEXT": "元"}
_FIGURES: tuple[list[dict[str, Any]], ...] = (
    [{**_DIGIT, "OP": "+"}, _MORE, *_UNIT, {**_YUAN, "OP": "?"}],
    [{**_DIGIT, "OP": "+"}, _UNIT[1], {**_DIGIT, "OP": "+"}, _MORE, *_UNIT, {**_YUAN, "OP": "?"}],
    [{**_DIGIT, "OP": "+"}, _MORE, _YUAN],
    [{**_NUMERAL, "OP": "+"}, _MORE, {**_NUMERAL, "OP": "*"}, _YUAN],
)
_YEARS: tuple[list[dict[str, Any]], ...] = (
    [*([{"TEXT": {"REGEX": "^[0-9]$"}}] * 4), {"TEXT": "年"}],
    [{"TEXT": {"IN": ["上", "去", "今", "本"]}}, {"TEXT": "年"}, {"TEXT": "度", "OP": "?"}],
)

_CARRIES = (
    r"约|大约|近|接近|将近|超|超过|突破|逾|高于|大于|不低于|不少于|至少|不超过|未超过|至多|不足|低于|少于|不到|未达到?"
    r"|达|达到|达到了|为|是|共|共计|合计|累计|总计|总额|总额为|金额|年度|全年|费用|支出|实现|完成|取得|形成|人民币|[:,()]"
    r"|首次|稳步|增长[至到]|增[至到]|提升[至到]|提高[至到]|上升[至到]|同比(?:增长|下降|增加|减少)[\d.]+%|了|已|已经|成功|规模"
)
_BEFORE = re.compile(rf"(?:{_CARRIES})*")
_AFTER = re.compile(r"(?:的|,|用于|用以|专项|直接|向.{2,20}?(?=采购|购买)|采购|购买|购置|全部|来自|为|是|年度|人民币)*")
_CHANGE = re.compile(
    r"(?:增加|增长|减少|下降|提高|提升|降低|节约|节省|新增|增收|超出|高出)(?:了|约|近|超过|逾|达|达到|额|额为)*$"
)
_PLAN = re.compile(r"预计|计划|力争|目标|将(?!近)|拟|有望|未来|争取|预期|规划|可达|可实现|若|如果|假如|预测")
_DENIED = re.compile(r"(?:尚未|未能|没有|并未|未)(?:实现|形成|产生|取得|完成|发生)|无")
_OTHERS = re.compile(r"带动|为客户|为用户|帮助|助力|撬动|行业|全省|全国|市场规模|用户单位|客户企业|全市|上下游|产值")
_SPAN_OF_YEARS = re.compile(
    r"近[一两二三四五六七八九十\d]+年|[一两二三四五六七八九十\d]+年来|季度|半年|每年|年均|月均|\d{1,2}月份?|历年"
)
_AS_OF = re.compile(r"截[至止]|迄今|至今")
_CLAUSE = re.compile(r"[,，、]")

_BOUNDS: tuple[tuple[Bound, re.Pattern[str], re.Pattern[str]], ...] = (
    (Bound.AT_MOST, re.compile(r"(?:不超过|未超过|至多|最多)$"), re.compile(r"以内|以下")),
    (Bound.AT_LEAST, re.compile(r"(?:不低于|不少于|至少|不小于)$"), re.compile(r"以上")),
    (Bound.LESS_THAN, re.compile(r"(?:不足|低于|少于|不到|未达到?)$"), re.compile(r"(?!)")),
    (Bound.MORE_THAN, re.compile(r"(?:超过|突破|逾|超|高于|大于)$"), re.compile(r"(?!)")),
    (Bound.NEARLY, re.compile(r"(?:近|接近|将近)$"), re.compile(r"(?!)")),
    (Bound.ABOUT, re.compile(r"(?:约|大约|大概)$"), re.compile(r"左右|上下")),
)
_MONEY = FieldSpec("figure", ("金额",), "money", unit="元")
_UNITS = {"": 1, "十": 10, "百": 100, "千": 1000, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7, "亿": 10**8}
_LAST_NUMBER = re.compile(r"([\d,]+)(?:\.(\d+))?(十|百|千)?(万|亿)?元?$")


def figure_reader(programme: Programme) -> Callable[[str], tuple[Figure, ...]]:
    """What reads the figures that the programme compares; one that reads none when no criterion asks for them."""
    parameters = next((c.parameters for c in programme.criteria if c.function == FUNCTION), None)
    terms = parameters["terms"] if parameters else {}
    this_year = int(str(parameters["year"])) + 1 if parameters else 0
    nlp = _pipeline(terms if isinstance(terms, Mapping) else {})
    return lambda text: tuple(_figures(nlp, text, this_year))


def _pipeline(terms: Mapping[str, Sequence[str]]) -> Language:
    nlp = spacy.blank("zh")
    nlp.add_pipe("sentencizer", config={"punct_chars": ["。", "!", "?", ";"]})
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "found", "validate": True})
    patterns: list[dict[str, Any]] = [{"label": _FIGURE, "pattern": pattern} for pattern in _FIGURES]
    patterns += [{"label": _YEAR, "pattern": pattern} for pattern in _YEARS]
    patterns += [
        {"label": quantity, "pattern": [{"TEXT": character} for character in half_width(term)]}
        for quantity, words in terms.items()
        for term in words
    ]
    ruler.add_patterns(patterns)  # type: ignore[attr-defined]
    return nlp


def _figures(nlp: Language, text: str, this_year: int) -> Iterator[Figure]:
    doc = nlp(squeeze(text))
    spans = filter_spans(doc.spans["found"])  # the longest at each place
    for sentence in doc.sents:
        inside = [span for span in spans if sentence.start <= span.start and span.end <= sentence.end]
        for span in inside:
            if span.label_ == _FIGURE and (figure := _figure(sentence, inside, span, this_year)):
                yield figure


def _figure(sentence: Span, spans: Sequence[Span], span: Span, this_year: int) -> Figure | None:
    quantity = _quantity_before(spans, span) or _quantity_after(spans, span)
    before = sentence.doc[sentence.start : span.start].text
    start = min(span.start, quantity.start) if quantity else span.start
    clause = _CLAUSE.split(sentence.doc[sentence.start : start].text)[-1] + sentence.doc[start : span.start].text
    if quantity is None or _is_none_of_the_forms(clause, before):
        return None
    measured = _measured(span.text)
    if measured is None:
        return None
    value, step, slack = measured
    return Figure(
        quantity=quantity.label_,
        value=value,
        step=step,
        slack=slack,
        bound=_bound(before, span.text, sentence.doc[span.end : sentence.end].text),
        year=_year(spans, span, before, this_year),
        text=span.text,
        sentence=re.sub(r"(?<!\d),|,(?!\d)", "，", sentence.text.strip()),
        start=sentence.start_char,
        end=sentence.end_char,
    )


def _is_none_of_the_forms(clause: str, before: str) -> bool:
    """What is said of change, plans, others, or another stretch of time; a plan may stand a clause ahead."""
    told_of_others = (_PLAN, _DENIED, _OTHERS, _SPAN_OF_YEARS)
    return bool(_CHANGE.search(clause) or _PLAN.search(before) or any(p.search(clause) for p in told_of_others))


def _quantity_before(spans: Sequence[Span], figure: Span) -> Span | None:
    earlier = [span for span in spans if span.end <= figure.start and span.label_ != _YEAR]
    if not earlier or earlier[-1].label_ == _FIGURE:
        return None
    gap = figure.doc[earlier[-1].end : figure.start].text
    return earlier[-1] if _BEFORE.fullmatch(gap) else None


def _quantity_after(spans: Sequence[Span], figure: Span) -> Span | None:
    later = [span for span in spans if span.start >= figure.end and span.label_ != _YEAR]
    if not later or later[0].label_ == _FIGURE:
        return None
    gap = figure.doc[figure.end : later[0].start].text
    is_its_own = bool(gap) and _AFTER.fullmatch(gap) is not None
    return later[0] if is_its_own else None


def _bound(before: str, figure: str, after: str) -> Bound:
    if re.search("[余多]", figure):
        return Bound.AND_MORE
    for bound, ahead, behind in _BOUNDS:
        if ahead.search(before) or behind.match(after):
            return bound
    return Bound.EXACT


def _year(spans: Sequence[Span], figure: Span, before: str, this_year: int) -> int | None:
    """The last year named before the figure; 截至 a year is all time up to it, so none."""
    years = [span for span in spans if span.label_ == _YEAR and span.end <= figure.start]
    if not years or _AS_OF.search(before):
        return None
    word = years[-1].text
    if word[:4].isdigit():
        return int(word[:4])
    return this_year - 1 if word[0] in "上去" else this_year


def _measured(text: str) -> tuple[Decimal, Decimal, Decimal] | None:
    """Value, step and slack in yuan."""
    plain = re.sub("[余多]", "", text)
    value = normalise(_MONEY, plain if plain.endswith("元") else f"{plain}元", None, ocr=False).value
    if not isinstance(value, Decimal) or value == 0:
        return None
    if match := _LAST_NUMBER.search(plain):
        unit = Decimal(_UNITS[f"{match[3] or ''}{match[4] or ''}"] if match[4] else _UNITS[match[3] or ""])
        step = unit.scaleb(-len(match[2] or ""))
    else:
        step = _last_place(value)
    return value, step, max(step, _last_place(value))


def _last_place(value: Decimal) -> Decimal:
    """The size of the last digit that is not zero: 50,000,000 → 10,000,000."""
    exponent = value.normalize().as_tuple().exponent
    return Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
