"""Links to what was too large to send, by which mail services and drives replace attachments. Never followed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape

from pipeline.mail import body_text
from pipeline.mime import Leaf
from pipeline.names import decode_text

MOST = 5  # links and expiries that a message names

_LINK = re.compile(r"https?://[^\s<>\"'\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+", re.I)

# Where mail services and drives put what is too large to send: host, and the path where the host has other uses.
_CLOUD_HOSTS = (
    r"[\w.-]*mail\.qq\.com/\S*(?:ftn|download|attach)",  # QQ, Foxmail, exmail
    r"[\w.-]*\.?ftn\.qq\.com/",
    r"share\.weiyun\.com/",
    r"(?:drive|doc)\.weixin\.qq\.com/",  # WeCom
    r"(?:drive\.)?docs\.qq\.com/",
    r"(?:[\w-]+\.)*mail\.(?:qiye\.)?(?:163|126|yeah)\.(?:com|net)/\S*(?:attach|download|cloud|file)",  # NetEase
    r"(?:u|fs|dashi|mc)\.(?:163|126)\.com/",
    r"1drv\.ms/",  # Outlook
    r"onedrive\.live\.com/",
    r"[\w-]+\.sharepoint\.(?:com|cn)/",
    r"[\w.-]*mail\.(?:10086|189)\.cn/\S*(?:attach|download|disk)",
    r"[\w.-]*mail\.sina\.com\.cn/\S*(?:filecenter|attach)",
    r"(?:qiye|mail)\.aliyun\.com/\S*(?:attach|download|file)",
    r"(?:pan|yun)\.baidu\.com/",
    r"(?:www\.)?(?:alipan|aliyundrive|123pan|123865)\.com/[st]/",
    r"(?:yun|caiyun)\.139\.com/",
    r"cloud\.189\.cn/",
    r"pan\.(?:quark\.cn|xunlei\.com)/",
    r"(?:[\w-]+\.)?(?:jianguoyun\.com/p|kdocs\.cn/l|115\.com/s)/",
    r"(?:drive|pan)\.wps\.cn/",
    r"(?:[\w-]+\.)?(?:lanzou\w?|cowtransfer)\.com/",
    r"(?:www\.)?wenshushu\.cn/",
    r"[\w-]+\.(?:feishu\.cn|larksuite\.com)/(?:file|drive|docx|wiki|sheets|base)",
    r"(?:alidocs|space|qr)\.dingtalk\.com/",
    r"drive\.google\.com/",
    r"(?:www\.)?dropbox\.com/",
    r"we\.tl/",
)
_CLOUD = re.compile(rf"https?://(?:{'|'.join(_CLOUD_HOSTS)})", re.I)
_WORDS = re.compile(r"超大附件|云附件|网盘附件|大附件下载|文件中转站|中转站附件|large attachment", re.I)

_DATE = (
    r"\d{4}\s?[年/.-]\s?\d{1,2}\s?[月/.-]\s?\d{1,2}\s?日?(?:\s{0,2}\d{1,2}[:：时]\d{2}(?:[:：分]\d{0,2})?)?"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}"
)
_SPAN = r"\d{1,4}\s?(?:天|日|小时|days?|hours?)"
_ENDS = r"(?:到期|过期|失效)"
_EXPIRY = re.compile(
    rf"(?:有效期限?|有效时间|{_ENDS}(?:时间|日期|日)?|expir(?:es?|y|ation)(?: date)?)"
    rf"(?:\s?(?:截止|截至|至|到|为|是|on|at|in))*\s{{0,2}}[:：]?\s{{0,2}}(?P<named>{_DATE}|{_SPAN}|永久|长期|无限期)"
    rf"|(?P<dated>{_DATE})\s?(?:之?前)?\s?(?:{_ENDS}|有效)"
    rf"|(?P<span>{_SPAN})(?:之?[后内])?\s?(?:{_ENDS}|有效)"
    r"|(?P<never>永久有效|长期有效|无限期)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class CloudLinks:
    """The links, each once, and until when they work in the mail's own words; empty where it does not say."""

    links: tuple[str, ...]
    expiries: tuple[str, ...] = ()

    @property
    def listed(self) -> str:
        """For a message: the first few, with what the mail says of their end."""
        ends = f"（邮件注明有效期：{'、'.join(self.expiries[:MOST])}）" if self.expiries else "（邮件未注明有效期）"
        return " ".join(self.links[:MOST]) + ends


def cloud_links(bodies: Iterable[Leaf]) -> CloudLinks:
    """What the texts of a mail link to instead of holding it. Where only the words for such a thing are known, the
    first link that the mail has."""
    bodies = tuple(bodies)
    texts = [decode_text(body.data, body.charset) for body in bodies]
    links = [unescape(link) for text in texts for link in _LINK.findall(text)]
    known = [link for link in links if _CLOUD.match(link)]
    if not known and any(_WORDS.search(text) for text in texts):
        known = links[:1]
    found = tuple(dict.fromkeys(known))
    return CloudLinks(found, _expiries(bodies) if found else ())


def _expiries(bodies: Iterable[Leaf]) -> tuple[str, ...]:
    said = (match for body in bodies for match in _EXPIRY.finditer(body_text(body)))
    words = (match["named"] or match["dated"] or match["span"] or match["never"] for match in said)
    return tuple(dict.fromkeys(" ".join(word.split()) for word in words))
