"""Which answer of a choice is marked: boxes, ticks, dots, brackets, or the answer's word alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from extractors.labels import squeeze
from pipeline.model import TICKED, UNCLEAR, UNTICKED, FieldSpec, Option, Problem

_TICKS = f"{TICKED}✓✔√■●◉⊙☒◆"
_CROSSES = "×✗✘☓"
_PENS = "√✓✔"  # which need no box
_EMPTY = f"{UNTICKED}□○◯◇❏❑▢⬜"
_GLYPHS = f"{_TICKS}{_CROSSES}{_EMPTY}{UNCLEAR}"
# A mark: in brackets, on a blank line of underscores, as a glyph, or as the 口 that a recogniser makes of □.
_MARK = re.compile(
    rf"[（(\[【〔]\s*(?P<inner>[{_GLYPHS}vVxX*]?)\s*[）)\]】〕]|_+\s*(?P<lined>[{_TICKS}])\s*_*|(?P<pen>[√✓✔](?=[{_EMPTY}])|)"
    rf"(?P<glyph>[{_GLYPHS}])(?P<again>[{_TICKS}]?)"
)
_BOX = re.compile(f"[{UNTICKED}□❏❑▢⬜]")  # and no circle, which stands for what is left out of a name
_MISREAD_BOX = re.compile(r"(?:^|(?<=[\s☐□☑、，；]))[口囗](?=\s*[一-鿿“])")
_ORDINAL = re.compile(r"^(?:\(?[\da-z一二三四五六七八九十]{1,2}[.、)]|[①-⑳])")
_ADDED = re.compile(r"\([^()]*\)?$")  # what the applicant adds to an option: 其他（…）
_EDGES = " :：;；,，、。.-—_()（）[]【】/|·^′'‘’"  # and what a pen's strokes beyond a box are taken for
_NO = re.compile(r"^(?:未|不|没有|没|尚未|并未|从未|均未|均无)")
_NO_WORDS = frozenset({"无", "否", "没有"})
_PRINTED_LIST = 4  # so many options and no mark among them is the form's own list, not an answer
_FEWEST = 2  # options that a choice has
_FUZZY_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """The options that are marked, or None with what is wrong; both None when nothing was written.

    `is_partial` says that a mark or an option was not recognised, so that another may be ticked than those told."""

    options: tuple[Option, ...] | None
    problem: Problem | None = None
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    state: str  # TICKED, UNTICKED or UNCLEAR


def has_mark(text: str) -> bool:
    """Whether a box, a tick or empty brackets stand in the text."""
    return bool(_marks(text, ocr=False))


def ticked_words(text: str) -> str | None:
    """Of words that have a box each the ticked ones, "" when there is not exactly one; None when these are no boxes."""
    marks = _marks(text, ocr=False)
    if len(marks) < 2 or not _BOX.search(text):
        return None
    before = bool(text[: marks[0].start].strip(_EDGES))
    ends = [0, *(mark.end for mark in marks)] if before else [mark.end for mark in marks]
    starts = [mark.start for mark in marks] if before else [*(mark.start for mark in marks[1:]), len(text)]
    words = [text[end:start].strip(f"{_EDGES}\n\t\u3000") for end, start in zip(ends, starts, strict=False)]
    ticked = [word for word, mark in zip(words, marks, strict=False) if mark.state == TICKED]
    return ticked[0] if len(ticked) == 1 and all(mark.state != UNCLEAR for mark in marks) else ""


def answer(spec: FieldSpec, text: str, *, ocr: bool) -> Answer:
    """What is chosen among the options of a choice or of choices."""
    marks = _marks(text, ocr=ocr)
    if not marks:
        return _worded(spec, text, ocr=ocr)
    chosen, unclear, strange = _marked(spec, text, marks, ocr=ocr)
    if unclear:
        return _unclear(f"“{text.strip()}”的勾选无法辨认，请核对原件")
    if strange:
        return _unclear(f"勾选的“{strange}”不是可选项，请核对原件")
    is_partial = ocr and _is_partial(spec, text, marks)
    if chosen:
        return replace(_settled(spec, chosen, text), is_partial=is_partial)
    if is_partial:
        return Answer(None, Problem("unclear", f"“{text.strip()}”的勾选框未能全部识别，请核对原件"), is_partial=True)
    return _unclear(f"“{text.strip()}”未勾选任何一项，请申报单位补正")


def _is_partial(spec: FieldSpec, text: str, marks: Sequence[_Mark]) -> bool:
    """Whether a box or an option is missing, which a pen may have hidden: where there are boxes, each option has one.

    Ticks without boxes stand at what is chosen alone."""
    if all(text[mark.start : mark.end] in tuple(_PENS) for mark in marks):
        return False
    options = len(_options_in(spec, text, ocr=True))
    return len(marks) < options or (options < _FEWEST and any(mark.state == TICKED for mark in marks))


def _settled(spec: FieldSpec, chosen: Sequence[Option], text: str) -> Answer:
    ordered = tuple(option for option in spec.options if option in chosen)
    if spec.kind == "choice" and len(ordered) > 1:
        return _unclear(f"“{text.strip()}”勾选了不止一项，请申报单位确认")
    return Answer(ordered)


def _unclear(message: str) -> Answer:
    return Answer(None, Problem("unclear", message))


# --- marks ------------------------------------------------------------------------------------------------


def _marks(text: str, *, ocr: bool) -> list[_Mark]:
    if ocr:
        text = _MISREAD_BOX.sub("□", text)
    found = [(match, _state(match)) for match in _MARK.finditer(text)]
    has_tick = any(state == TICKED and glyph not in _CROSSES for match, state in found for glyph in [_glyph(match)])
    return [
        _Mark(match.start(), match.end(), UNTICKED if has_tick and _glyph(match) in tuple(_CROSSES) else state)
        for match, state in found
    ]


def _glyph(match: re.Match[str]) -> str:
    return match["again"] or match["pen"] or match["glyph"] or match["lined"] or match["inner"] or ""


def _state(match: re.Match[str]) -> str:
    glyph = _glyph(match)
    if glyph == UNCLEAR:
        return UNCLEAR
    return UNTICKED if not glyph or glyph in _EMPTY else TICKED


def _marked(spec: FieldSpec, text: str, marks: Sequence[_Mark], *, ocr: bool) -> tuple[list[Option], bool, str]:
    """The ticked options; whether a mark cannot be told; words that are ticked and are no option."""
    segments = [
        text[a.end : b.start] for a, b in zip([_Mark(0, 0, ""), *marks], [*marks, _Mark(len(text), 0, "")], strict=True)
    ]
    chosen: list[Option] = []
    unclear, strange = False, ""
    follows = _marks_follow(spec, segments, ocr=ocr)
    for index, mark in enumerate(marks):
        if mark.state == UNTICKED:
            continue
        before, after = segments[index], segments[index + 1]
        if follows is None:
            option = _beside(spec, before, after, ocr=ocr)
            if option is None:
                unclear = True
                continue
        else:
            words = before if follows else after
            option = _option_of(spec, words, at_end=follows, ocr=ocr)
            if option is None and ocr:
                sides = segments[:-1] if follows else segments[1:]
                option = _left_over(spec, words, [side for place, side in enumerate(sides) if place != index], follows)
            if option is None and squeeze(words).text.strip(_EDGES):
                strange = words.strip()
        if mark.state == UNCLEAR:
            unclear = True
        elif option is not None and option not in chosen:
            chosen.append(option)
    return chosen, unclear, strange


def _left_over(spec: FieldSpec, words: str, others: Sequence[str], follows: bool) -> Option | None:
    """The one option that the other marks leave where one character was misread: ☐有 ☑先 says 无."""
    if len(squeeze(words).text.strip(_EDGES)) != 1:
        return None
    known = [_option_of(spec, other, at_end=follows, ocr=True) for other in others]
    left = [option for option in spec.options if option not in known]
    return left[0] if None not in known and len(left) == 1 else None


def _marks_follow(spec: FieldSpec, segments: Sequence[str], *, ocr: bool) -> bool | None:
    """Whether a mark stands after its option (是☑ 否☐); None when only the space between them can tell."""
    first = _option_of(spec, segments[0], at_end=True, ocr=ocr)
    last = _option_of(spec, segments[-1], at_end=False, ocr=ocr)
    lone = len(segments) == 2 and all(segment.strip() for segment in segments)
    if (first and last) or (lone and (first or last)):
        return None
    return first is not None


def _beside(spec: FieldSpec, before: str, after: str, *, ocr: bool) -> Option | None:
    """The option that a lone tick touches: the nearer one."""
    left, right = _option_of(spec, before, at_end=True, ocr=ocr), _option_of(spec, after, at_end=False, ocr=ocr)
    gap_left, gap_right = len(before) - len(before.rstrip()), len(after) - len(after.lstrip())
    if left is None or right is None:
        nearer, further = (after, gap_right < gap_left) if left else (before, gap_left < gap_right)
        return None if further and nearer.strip() else left or right
    if gap_left == gap_right:
        return None
    return left if gap_left < gap_right else right


# --- words ------------------------------------------------------------------------------------------------


def _option_of(spec: FieldSpec, words: str, *, at_end: bool, ocr: bool) -> Option | None:
    """The option that stands at the end, or at the beginning, of the words beside a mark."""
    text = squeeze(words).text.strip(_EDGES)
    text = _ORDINAL.sub("", text) if not at_end else text
    named = sorted(
        ((squeeze(label).text, o) for o in spec.options for label in o.labels), key=lambda pair: -len(pair[0])
    )
    for label, option in named:
        if text == label or (text.endswith(label) if at_end else text.startswith(label)):
            return option
    if at_end and (bare := _ADDED.sub("", squeeze(words).text)) != squeeze(words).text:
        return _option_of(spec, bare, at_end=True, ocr=ocr)
    return _alike(text, named) if ocr else None


def _alike(text: str, named: Sequence[tuple[str, Option]]) -> Option | None:
    """The only option that differs from the text in one character."""
    near: list[Option] = []
    for label, option in named:
        same_length = len(label) >= _FUZZY_LENGTH and len(text) == len(label)
        if same_length and sum(a != b for a, b in zip(text, label, strict=True)) <= 1 and option not in near:
            near.append(option)
    return near[0] if len(near) == 1 else None


def _options_in(spec: FieldSpec, words: str, *, ocr: bool) -> list[Option]:
    """Every option whose words stand in the text; the longest words claim their place first."""
    text = squeeze(words).text
    found: list[Option] = []
    named = sorted(
        ((squeeze(label).text, o) for o in spec.options for label in o.labels), key=lambda pair: -len(pair[0])
    )
    for label, option in named:
        if label in text:
            text = text.replace(label, "\0")
            if option not in found:
                found.append(option)
    if not found and ocr and (near := _alike(text.strip(_EDGES), named)):
        found.append(near)
    return found


def _worded(spec: FieldSpec, text: str, *, ocr: bool) -> Answer:
    """An answer without any mark: its word, alone, in brackets, or at the beginning of what is said."""
    plain = squeeze(text).text.strip(_EDGES)
    if not plain:
        return Answer(None)
    exact = [o for o in spec.options if any(squeeze(label).text == plain for label in o.labels)]
    if exact:
        return Answer(tuple(exact[:1]))
    if _NO.match(plain) and (no := _negative(spec)):
        return Answer((no,))
    found = _options_in(spec, text, ocr=ocr)
    if spec.kind == "choices":
        return _several(spec, found, text, ocr=ocr)
    if len(found) == 1 and _stands_first(found[0], plain):
        return Answer((found[0],))
    if len(found) > 1:
        return _unclear(f"“{text.strip()}”未勾选任何一项，请申报单位补正")
    return _unclear(f"“{text.strip()}”不是可选项，请核对原件")


def _several(spec: FieldSpec, found: Sequence[Option], text: str, *, ocr: bool) -> Answer:
    if len(found) >= _PRINTED_LIST and len(found) == len(spec.options):
        return _unclear(f"“{text.strip()}”未勾选任何一项，请申报单位补正")
    if not found:
        return _unclear(f"“{text.strip()}”不含可选项，请核对原件")
    if ocr and (rest := _strange_word(spec, text)):
        return _unclear(f"“{text.strip()}”中的“{rest}”不是可选项，请核对原件")
    return _settled(spec, found, text)


def _strange_word(spec: FieldSpec, text: str) -> str:
    """Words of a list of answers that are no option: one was misread, or its end stands elsewhere."""
    rest = squeeze(text).text
    for label in sorted((squeeze(label).text for o in spec.options for label in o.labels), key=len, reverse=True):
        rest = rest.replace(label, " ")
    return next((word for word in re.split(r"[\W_]+", rest) if len(word) > 1 and word.strip("等共项0123456789")), "")


def _stands_first(option: Option, plain: str) -> bool:
    """A word of one character is an answer only where a stop follows it: 无，… but not 无锡."""
    for label in (squeeze(words).text for words in option.labels):
        rest = plain[len(label) :] if plain.startswith(label) else None
        if rest is not None and (len(label) > 1 or rest[:1] in tuple(",，。;；(（、")):
            return True
        if len(label) > 1 and label in plain and len(plain) <= len(label) + 8:
            return True
    return False


def _negative(spec: FieldSpec) -> Option | None:
    """The option that says no, where the field asks yes or no."""
    if len(spec.options) != 2:
        return None
    return next((o for o in spec.options if _NO_WORDS & set(o.labels)), None)
