"""Labels and their values in text: in a line, in several lines, inside a cell."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from extractors.labels import Hit, Labels, labels_of, other_label, squeeze
from extractors.lines import hull
from extractors.marks import has_mark
from extractors.slots import Piece, Slot
from pipeline.model import Method

_GAP = re.compile(r"\s+|[；;|]\s*")
_WIDE_GAP = re.compile(r"\t|\s{2,}|　|_{2,}")
_OTHER_PAIR = re.compile(  # 邮政编码：, and with all characters set apart
    r"(?:^|(?<=[\s；;。])|(?<=\d[.．、]))"
    r"(?:[一-鿿]{2,10}|[一-鿿](?:[ 　]{1,4}[一-鿿]){1,7})(?:[（(][^（()）]{0,12}[)）])?\s{0,2}[：:]"
)
_NUMBER = re.compile(r"(?:^|(?<=\s))\d{1,2}[.．、]\s?$")
_LABEL_END = re.compile(r"\s*[（(][^（()）]{1,12}[)）]\s*[：:]")  # a label's unit and colon on a line of their own
_BETWEEN_TABS = re.compile(r"\t(?P<label>[^\t]{2,20})(?=\t)")
_HEADING = re.compile(
    r"\s*(?:[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）|第[一二三四五六七八九十]{1,3}[部章]|【[^【】]{2,20}】\s*$)"
)
_UNNUMBERED = re.compile(
    r"^[^，。；：:]*(?:情况|意见|承诺|声明|材料|清单|附件|说明)[：:]?$"
)  # a heading that has no number
_SENTENCE = re.compile(r"[。；！]|，.*，")
_COLON_END = re.compile(r"([一-鿿A-Za-z]{2,16}(?:[（(][^（()）]{0,12}[)）])?)\s?[：:]")
PERSON = re.compile(r"(?:负责人|代表人?|法人|经办人|填表人|填报人|会计|财务)(?:\(.*\))?$")
_FIGURE = re.compile(r"\d+(?:\.\d+)?(?![.、)）\d])|\d+\.\d")  # 45.60 before a label is the value before it
_DATE_LINE = re.compile(
    r"\s*(?:20\d\d|[二〇○零一\d]{4})?\s*年\s*[\d一二三四五六七八九十]{0,3}\s*月\s*(?:[\d一二三四五六七八九十]{0,3}\s*日)?\s*"
)
_JOINED = re.compile(r"[一-鿿]{3}[/／、及和与]$")  # before a label: it is the end of one, 法定代表人/联系人
_MOST_LABELS = 60  # places of a line where a label may begin
_LONGEST_LABEL = 40  # characters
_NARRATIVE = 40  # characters: a text so long may go on in the next paragraph
_PROSE = 20  # characters: a line so long on the next page is the text that a heading announced
_NEAR = 8  # lines before and after: among them the margin is sought at which a line was broken
_SHORT = 40  # characters of a value that stands between two labels in one line
_SAID = 3  # characters: a shorter word between spaces may be a value's
_COMMA = re.compile(r"[，,、]\s*")
_AHEAD = re.compile(r"\s*(?:为|是|达|共)?\s*-?[\d０-９]")
_ONLY_FIGURE = re.compile(r"\s*-?[\d０-９][\d０-９,，.．]*\s*(?:亿元|万元|千元|元|人|%)?\s*")
_FIGURES = ("money", "percent", "integer")
_SIGN_OFF = re.compile(
    r"[^。；]{0,40}[（(][^（()）]{0,8}(?:盖章|公章|签章|签字|签名)[^（()）]{0,6}[)）]\s*[:：]?\s*"
)  # 某某公司（盖章）
_APART = 0.8  # of the text's height: how much more paper than within a paragraph parts it from what follows
_HANGING = 3.0  # in heights of the text: the second line of a value that stands beside its label
_LINE_GAP = 1.6  # in heights of the text: lines further apart are not one paragraph


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and the text that stands where its value is; no pieces when the place is empty."""

    hit: Hit
    text: str
    pieces: tuple[Piece, ...]
    where: Piece
    unit: str | None = None  # of a unit that has a cell of its own
    slots: tuple[Slot, ...] = ()  # the cells that the value fills
    weak: bool = False  # belongs to somebody else in the same row, unless nobody else claims the field


def is_ocr(pieces: Sequence[Piece]) -> bool:
    return any(piece.method == Method.OCR for piece in pieces)


def pairs_in_text(pieces: Sequence[Piece], labels: Labels, *, in_cell: bool, opened: Pair | None = None) -> list[Pair]:
    """Every label with its value in running lines: 标签：值, several in a line, the value on the next lines.

    `opened` is a label before the lines that still waits for its value; it comes first in what is found.
    """
    return told_apart(pieces, labels, in_cell=in_cell, opened=opened)[0]


def told_apart(
    pieces: Sequence[Piece], labels: Labels, *, in_cell: bool, opened: Pair | None = None
) -> tuple[list[Pair], list[Piece]]:
    """As `pairs_in_text`, and the lines that are part of none."""
    loose: list[Piece] = []
    found: list[Pair] = [opened] if opened else []
    open_pair = opened
    pieces = _with_whole_labels(pieces, labels)
    for index, piece in enumerate(pieces):
        following = pieces[index + 1].text if in_cell and index + 1 < len(pieces) else ""
        cuts = _cuts(piece, following, labels)
        if open_pair is not None and _is_narrative(open_pair):
            cuts = [(start, hit) for start, hit in cuts if hit or _is_other(piece.text[start:])]
        cuts = _outside_tables(piece.text, cuts, open_pair)
        if not cuts or cuts[0][0] > 0:
            head = piece.text[: cuts[0][0]] if cuts else piece.text
            if open_pair is not None and _goes_on(open_pair, piece, head, in_cell=in_cell, pieces=pieces):
                open_pair = found[-1] = _extended(open_pair, piece, head)
            elif head.strip():
                if open_pair is not None and _is_broken_figure(open_pair, piece, head, pieces):
                    found[-1] = replace(open_pair, hit=replace(open_pair.hit, doubtful=True))
                open_pair = None
                loose += [piece] if not (cuts or _is_heading(piece.text)) else []
        for pair in _pairs_of_line(piece, cuts):
            open_pair = pair
            found += [pair] if pair else []
    return found, loose


def _with_whole_labels(pieces: Sequence[Piece], labels: Labels) -> list[Piece]:
    """The lines, two as one where a label with its colon is broken between them: …或失信 | 名单：□是 ☑否."""
    whole: list[Piece] = []
    for piece in pieces:
        if whole and _is_broken_label(whole[-1], piece, labels):
            last = whole.pop()
            bbox = hull((last.bbox, piece.bbox)) if last.bbox and piece.bbox else None
            confidence = min(last.confidence, piece.confidence)
            piece = replace(last, text=last.text + piece.text, bbox=bbox, confidence=confidence)
        whole.append(piece)
    return whole


def _is_broken_label(above: Piece, below: Piece, labels: Labels) -> bool:
    if len(above.text) > _LONGEST_LABEL or above.leaf != below.leaf:
        return False
    known = labels.match(above.text)
    if known is not None and not (known.whole and _LABEL_END.match(below.text)):
        return False
    ocr = above.method == Method.OCR
    hit = labels.match(above.text + below.text, ocr=ocr)
    return hit is not None and hit.colon and hit.end > len(above.text) and labels.match(below.text, ocr=ocr) is None


def _outside_tables(
    text: str, cuts: Sequence[tuple[int, Hit | None]], open_pair: Pair | None
) -> list[tuple[int, Hit | None]]:
    """The cuts without the column labels of a table that is told in words: 联合体成员：示例医院（…代码：…）."""
    table = open_pair.hit.spec if open_pair else None
    kept = []
    for start, hit in cuts:
        columns = labels_of(table.columns) if table else None
        if columns and (hit.label in columns.names if hit else columns.match(text, start)):
            continue
        table = hit.spec if hit else None
        kept.append((start, hit))
    return kept


def _pairs_of_line(piece: Piece, cuts: Sequence[tuple[int, Hit | None]]) -> Iterator[Pair | None]:
    """The line's own labels with what follows each; None for a label that no field has."""
    stops = (*(start for start, _ in cuts[1:]), None)
    for (start, hit), stop in zip(cuts, stops[: len(cuts)], strict=True):
        if hit is None:
            yield None
            continue
        text = piece.text[hit.end : stop].strip()
        text = text if stop is None else text.rstrip("；;，,、| \t")
        weak = _is_others(hit, piece.text[:start])
        yield Pair(hit, text, (piece,) if text else (), replace(piece, text=""), weak=weak)


def _is_narrative(pair: Pair) -> bool:
    """Whether the open value is prose, in which 技术路线：… is no label."""
    text = pair.text
    is_prose = len(text) >= _NARRATIVE or text[-1:] in tuple("。！；") or (len(text) >= _PROSE and "，" in text)
    return pair.hit.spec.kind == "text" and is_prose


def _is_other(text: str) -> bool:
    return other_label(re.split("[：:]", text, maxsplit=1)[0])


def _cuts(piece: Piece, following: str, labels: Labels) -> list[tuple[int, Hit | None]]:
    """Where labels begin in the line, left to right; None stands for a label that no field has."""
    text, ocr = piece.text, piece.method == Method.OCR
    cuts: list[tuple[int, Hit | None]] = []
    covered = 0
    hit = labels.match(text, ocr=ocr)
    if hit and _is_label_here(hit, text, 0) and not (hit.whole and _is_part(labels, text, following, ocr=ocr)):
        cuts.append((0, hit))
        covered = hit.end
    for start in _candidates(text):
        if start < covered or (not cuts and _JOINED.search(text[:start])):
            continue
        hit = labels.match(text, start, ocr=ocr) if start else None
        if hit and _is_label_within(hit, cuts[-1][1] if cuts else None, text, start):
            cuts.append((start, hit))
            covered = hit.end
        elif end := _other_end(text, start, cuts):
            cuts.append((start - _numbering(text[:start]), None))
            covered = end
        elif cuts and (glued := _glued(text, start, labels, ocr=ocr)):
            cuts.append(glued)
            covered = glued[1].end
        elif hit and cuts and _is_between_spaces(hit, cuts[-1][1], text, start):
            cuts.append((start, hit))
            covered = hit.end
    return cuts


def _numbering(before: str) -> int:
    """How many characters of a number stand before a label: 17. of 17.传真：."""
    match = _NUMBER.search(before)
    return len(match[0]) if match else 0


def _other_end(text: str, start: int, cuts: Sequence[tuple[int, Hit | None]]) -> int | None:
    """Where a label that no field has ends: behind its colon, or between two tabs after another's value."""
    if colon := _OTHER_PAIR.match(text, start):
        return colon.end()
    between = _BETWEEN_TABS.match(text, start - 1) if start else None
    last = cuts[-1][1] if between and cuts else None
    is_next = between and last and text[last.end : start].strip() and other_label(between["label"])
    return between.end() if between and is_next else None


def _is_part(labels: Labels, text: str, following: str, *, ocr: bool) -> bool:
    """Whether a cell's line is a label only until its next line is read with it: 申报单位 | 意见."""
    return bool(following) and labels.match(f"{text}\n{following}", ocr=ocr) is None


def _candidates(text: str) -> list[int]:
    starts = {match.end() for match in _GAP.finditer(text)} | {0}
    starts |= {index for index, char in enumerate(text) if char == "【"}
    starts |= {match.start(1) for match in _COLON_END.finditer(text)}
    starts |= {match.end() for match in _COMMA.finditer(text)}
    return sorted(start for start in starts if start < len(text))[:_MOST_LABELS]


def _glued(text: str, start: int, labels: Labels, *, ocr: bool) -> tuple[int, Hit] | None:
    """A label with a colon right behind the value before it, the space between them lost: 张三联系电话：138."""
    match = _COLON_END.match(text, start)
    if match is None:
        return None
    for begin in range(start + 1, match.end(1) - 1):
        hit = labels.match(text, begin, ocr=False)
        if hit and hit.colon and squeeze(text[begin : begin + 40]).text.startswith(hit.label):
            return begin, hit
    return None


def _is_label_here(hit: Hit, text: str, start: int) -> bool:
    """Outside of tables a label needs a colon, or a wide gap, or the line to itself."""
    if hit.colon or (hit.whole and start == 0):
        return True
    rest = text[hit.end :]
    if hit.spec.options and has_mark(rest):
        return True
    behind = text[len(text[: hit.end].rstrip(" _\t\u3000")) :]
    gap = _WIDE_GAP.match(behind)
    if start > 0:
        return bool(gap and _WIDE_GAP.search(text[:start][-2:]))
    return bool(gap) or (len(rest) <= 40 and not _SENTENCE.search(rest) and not other_label(rest))


def _is_label_within(hit: Hit, before: Hit | None, text: str, start: int) -> bool:
    if _is_next_figure(hit, before, text, start):
        return True
    return not (hit.numbered and _FIGURE.match(text, start)) and _is_label_here(hit, text, start)


def _is_between_spaces(hit: Hit, last: Hit | None, text: str, start: int) -> bool:
    """Whether spaces alone part a label from the short values before and behind it: 林示例 联系人 陈示例."""
    if last is None or not text[start - 1].isspace() or len(hit.label) < _SAID:
        return False
    value, after = text[last.end : start].strip(), text[hit.end :].strip()
    return 0 < len(value) <= _SHORT and bool(after) and not re.search("[，。；：:]", value) and not other_label(after)


def _is_next_figure(hit: Hit, before: Hit | None, text: str, start: int) -> bool:
    """Whether a label and its figure follow another figure behind a comma: 营业收入1500万元，净利润96万元."""
    if before is None or before.spec.kind not in _FIGURES or hit.spec.kind not in _FIGURES:
        return False
    return _COMMA.search(text[:start][-3:]) is not None and _AHEAD.match(text, hit.end) is not None


def _is_set_apart(above: Sequence[Piece], piece: Piece) -> bool:
    """Whether a line stands further below a paragraph than the paragraph's own lines stand from each other."""
    boxes = [p.bbox for p in (*above, piece) if p.bbox is not None and p.leaf == piece.leaf]
    if len(boxes) < 3 or len(boxes) <= len(above):
        return False
    gaps = [below.top - upper.bottom for upper, below in pairwise(boxes)]
    return gaps[-1] > max(gaps[:-1]) + _APART * (boxes[-1].bottom - boxes[-1].top)


def _is_heading(text: str) -> bool:
    return _HEADING.match(text) is not None or _UNNUMBERED.search(text.strip()) is not None or other_label(text)


def _begins_anew(pair: Pair, piece: Piece, text: str) -> bool:
    """Whether the line is a heading, or stands apart after the end of a sentence."""
    if _HEADING.match(text) and len(text.strip()) <= 30 and not _SENTENCE.search(text):
        return True
    is_after_prose = pair.text[-1:] in tuple("。！；") and len(text.strip()) <= 16
    is_heading = _UNNUMBERED.search(text.strip()) is not None or other_label(text)
    return is_after_prose and (is_heading or _is_set_apart(pair.pieces, piece))


def _goes_on(pair: Pair, piece: Piece, text: str, *, in_cell: bool, pieces: Sequence[Piece]) -> bool:
    """Whether the line continues the open value."""
    is_words = pair.hit.spec.kind in ("text", "address")
    if not text.strip() or (is_words and (_DATE_LINE.fullmatch(text) or _SIGN_OFF.fullmatch(text))):
        return False
    if in_cell:
        return True
    if pair.hit.signature or _begins_anew(pair, piece, text):
        return False
    if pair.hit.spec.options:
        return has_mark(text) or not pair.pieces or _is_broken_option(pair, piece, text, pieces)
    if pair.hit.spec.kind == "table":
        is_near = bool(pair.pieces) and pair.pieces[-1].leaf == piece.leaf
        return _is_item(pair, text) or (is_near and _is_wrapped(pair.pieces[-1], piece, pieces))
    if not pair.pieces:
        is_near = pair.where.leaf == piece.leaf or len(text.strip()) >= _PROSE or text.rstrip()[-1:] in "。；"
        return is_near or (pair.hit.spec.kind in _FIGURES and _ONLY_FIGURE.fullmatch(text) is not None)
    if not is_words or _is_out_of_column(pair.pieces, piece):
        return False
    if pair.hit.whole or (len(pair.text) >= _NARRATIVE and pair.text[-1:] in "。！；，,"):
        return True
    return _is_wrapped(pair.pieces[-1], piece, pieces)


def _is_broken_figure(pair: Pair, piece: Piece, head: str, pieces: Sequence[Piece]) -> bool:
    """Whether a figure at the right margin may have its end in the next line: 研发费用：1 | 269.22."""
    is_figure = pair.hit.spec.kind in _FIGURES and bool(pair.pieces) and is_ocr(pair.pieces)
    return is_figure and _ONLY_FIGURE.fullmatch(head) is not None and _is_wrapped(pair.pieces[-1], piece, pieces)


def _is_item(pair: Pair, text: str) -> bool:
    """Whether a line is an item of a list where a table is asked for: 1. 用户单位：…"""
    hit = labels_of(pair.hit.spec.columns).match(text)
    return hit is not None and hit.numbered and hit.colon


def _is_broken_option(pair: Pair, piece: Piece, text: str, pieces: Sequence[Piece]) -> bool:
    """Whether the line begins with the rest of an option's words, which a line's end broke: √硬 | 件优质产品."""
    whole = squeeze(pair.text + text).text
    cut = len(squeeze(pair.text).text)
    labels = [squeeze(label).text for option in pair.hit.spec.options for label in option.labels]
    places = ((label, whole.rfind(label, 0, cut + len(label))) for label in labels)
    is_broken = any(max(start, 0) < cut < start + len(label) for label, start in places)
    is_broken = is_broken or (has_mark(pair.text[-1:]) and whole[cut:].startswith(tuple(labels)))
    return is_broken and _is_wrapped(pair.pieces[-1], piece, pieces)


def _is_out_of_column(above: Sequence[Piece], piece: Piece) -> bool:
    """Whether the line begins left of the column that a value's further lines stand in, where its label began."""
    boxes = [p.bbox for p in (*above, piece) if p.bbox is not None]
    if len(boxes) < max(3, len(above) + 1):
        return False
    height = boxes[0].bottom - boxes[0].top
    column = min(box.x0 for box in boxes[1:-1])
    return column - boxes[0].x0 > _HANGING * height and column - boxes[-1].x0 > _HANGING * height


def _is_wrapped(last: Piece, piece: Piece, pieces: Sequence[Piece]) -> bool:
    """Whether the line before was broken at the right margin and this one is the next."""
    if last.bbox is None or piece.bbox is None:
        return False
    height = last.bbox.bottom - last.bbox.top
    place = next((i for i, p in enumerate(pieces) if p is last), 0)
    near = pieces[max(place - _NEAR, 0) : place + _NEAR]
    column = [p.bbox for p in near if p.bbox and p.leaf == last.leaf and abs(p.bbox.x0 - last.bbox.x0) < 3 * height]
    margin = max((box.x1 for box in column), default=last.bbox.x1)
    is_full = last.bbox.x1 >= margin - 2 * height
    if last.leaf != piece.leaf:
        return is_full and len(last.text) >= _PROSE
    return is_full and 0 <= piece.bbox.top - last.bbox.top <= _LINE_GAP * height + height


def _extended(pair: Pair, piece: Piece, text: str) -> Pair:
    joined = f"{pair.text}\n{text.strip()}" if pair.text else text.strip()
    return replace(pair, text=joined, pieces=(*pair.pieces, piece))


def _is_others(hit: Hit, before: str) -> bool:
    """A telephone or a mail address in a line that another person's name begins."""
    if hit.spec.kind not in ("phone", "email") or "联系人" in hit.label:
        return False
    people = [match[1] for match in _COLON_END.finditer(before)]
    return (
        bool(people) and not any("联系人" in p for p in people) and any(PERSON.search(squeeze(p).text) for p in people)
    )
