"""Which lines of a form may claim something: no instructions, no remarks, no authority's opinion, nothing that is
bound behind the form."""

import re
from collections.abc import Iterator, Sequence

from extractors.labels import Labels, squeeze
from extractors.slots import Grid, Piece, Slot

PROMPT = re.compile(
    r"^\s*[（(【]?(?:请(?:填|选|在|输|按|简|如实|勾|说明|注明)|应(?:当|按|与|填|为|如实)|须|需(?:填|按|提供)|按照?.{0,12}填|是?指(?:企业|申报|本|项目|单位|20)"
    r"|填(?:写|报)|简要(?:说明|介绍|描述)|如实|必须|点击|单击|从.{1,20}中选)"
)
REMARK = re.compile(r"^\s*(?:注|说明|备注|填表说明|填写说明)\s*\d*\s*[：:]")
_OPINION = re.compile(r".{0,20}意见(?:$|[:(])")
_AUTHORITY = re.compile(
    r"(?:意见|审核|审查|审批|核验|推荐)(?:$|[:(])|推荐单位|主管部门|[工经]信(?:局|部门)|经发局|工业和信息化"
)
_INSTRUCTIONS = re.compile(r"(?:填写|填报|填表|编制|编写|申报)(?:说明|须知|要求|注意事项)|注意事项|说明")
_NUMBER = re.compile(r"^\(?[\d一二三四五六七八九十]{1,3}[)、.]?")
_PART = re.compile(r"[一二三四五六七八九十]{1,3}、")
_BINDING = re.compile(
    r"[^：:。，]{0,24}(?:合同|协议|协议书|营业执照|审计报告|专利证书|登记证书|发票|完税证明|授权委托书)(?:书)?(?:\(.{1,10}\))?"
)
_ATTACHED = re.compile(r"附件?[\d一二三四五六七八九十]{1,2}[:、.]?")
_ENOUGH = 10  # claims of a form that a paper may be bound to


_PageKey = tuple[str, int | None]  # the file and the page's number: the pages of one paper may be a file each


class Passages:
    """What was passed over so far. `is_over` once a paper begins that is bound behind the form."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._instructions: _Instructions | None = None
        self._pages: set[_PageKey] = set()
        self._is_labelled = False
        self._is_judged = False  # within an authority's opinion
        self.is_over = False

    def begin_table(self) -> None:
        """A table ends instructions and opinions."""
        self._instructions, self._is_judged = None, False

    def claiming(self, pieces: Sequence[Piece], claims: int) -> Iterator[Piece]:
        """The lines that may claim something; `claims` is how many the form has made before them."""
        for index, piece in enumerate(pieces):
            beside = [other.text for other in (*pieces[max(index - 1, 0) : index], *pieces[index + 1 : index + 2])]
            if self._is_bound_behind(piece, claims) or (claims >= _ENOUGH and _is_attached(piece.text, beside)):
                self.is_over = True
                return
            claims += self._labels.match(piece.text) is not None
            if self._is_instruction(piece):
                continue
            squeezed = squeeze(piece.text).text
            if _OPINION.match(squeezed):
                self._is_judged = True
            elif self._is_judged and _PART.match(squeezed):
                self._is_judged = False
            if not self._is_judged and not REMARK.match(piece.text):
                yield piece

    def _is_bound_behind(self, piece: Piece, claims: int) -> bool:
        """A page that begins as a contract, a licence or a report ends the form that it is bound to."""
        is_first = bool(self._pages) and piece.leaf not in self._pages
        self._pages.add(piece.leaf)
        self._is_labelled = self._is_labelled or claims > 0 or self._labels.match(piece.text) is not None
        return (
            is_first
            and piece.page is not None
            and self._is_labelled
            and _BINDING.fullmatch(_bare(piece.text)) is not None
            and self._labels.match(piece.text) is None
        )

    def _is_instruction(self, piece: Piece) -> bool:
        """Whether the line belongs to a 填写说明: from its heading to the page's end, or to the form's first part."""
        squeezed = squeeze(piece.text).text
        if len(squeezed) <= 16 and _INSTRUCTIONS.fullmatch(_NUMBER.sub("", squeezed).strip(":")):
            self._instructions = _Instructions(piece.leaf)
        elif self._instructions is not None and self._instructions.end(piece, squeezed, self._labels):
            self._instructions = None
        return self._instructions is not None


class _Instructions:
    """A 填写说明 that is being passed over."""

    def __init__(self, page: _PageKey) -> None:
        self.page = page
        self.headings: set[str] = set()
        self.is_empty = True

    def end(self, piece: Piece, squeezed: str, labels: Labels) -> bool:
        """Whether the line is the form's own: on another page, a heading counted anew, or a label with its value."""
        if self.page[1] is not None:
            return piece.leaf != self.page
        heading = _PART.match(squeezed)
        if (
            heading
            and len(squeezed) <= 16
            and ((not self.headings and not self.is_empty) or heading[0] in self.headings)
        ):
            return True
        self.headings |= {heading[0]} if heading else set()
        self.is_empty = False
        hit = labels.match(piece.text)
        is_told = hit is None or hit.numbered or not hit.colon or hit.whole
        return not is_told and not PROMPT.match(piece.text[hit.end if hit else 0 :])


def is_opinion(grid: Grid, slot: Slot) -> bool:
    """Whether the cell is what an authority says of the application, with a contact of its own."""
    left = grid.at(slot.row, slot.column - 1)
    return any(_OPINION.match(squeeze(s.text).text) for s in (left, slot) if s is not None)


def is_of_authority(text: str) -> bool:
    """Whether an authority signs here and not the applicant."""
    return _AUTHORITY.search(squeeze(text).text) is not None


def _is_attached(text: str, beside: Sequence[str]) -> bool:
    """The heading of an attachment, 附件2：审计报告, and no list of attachments, whose lines stand by each other."""
    is_list = any(_ATTACHED.match(squeeze(other).text) or _BINDING.fullmatch(_bare(other)) for other in beside)
    return not is_list and bool(_ATTACHED.match(squeeze(text).text) and _BINDING.fullmatch(_bare(text)))


def _bare(text: str) -> str:
    """A heading without the number of the attachment that it is."""
    return _ATTACHED.sub("", squeeze(text).text)
