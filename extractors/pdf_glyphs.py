"""The character that a glyph means, where a font's own answer is a code of a symbol font or a look-alike."""

import unicodedata

# Simplified radicals for which Unicode has no compatibility mapping; fonts map their glyphs to them by mistake.
_RADICALS = str.maketrans(
    "⺠⺧⺩⺪⺫⺬⺮⺶⺸⺹⺽⻁⻃⻄⻅⻆⻇⻉⻊⻋⻑⻒⻓⻔⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰",
    "民牛王疋目示竹羊羊老臼虎西西见角角贝足车長長长门雨青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙",
)
# Kangxi radicals whose compatibility mapping is the traditional form of a character that fonts draw alike.
_SIMPLIFIED = str.maketrans("戶靑黃", "户青黄")
# Check boxes and ticks of symbol fonts by code point.
_WINGDINGS = dict(
    zip(
        (0x6C, 0x6E, 0x6F, 0x70, 0x71, 0x72, 0x78, 0xA1, 0xA4, 0xA8, 0xFB, 0xFC, 0xFD, 0xFE),
        "●■□□□□☒○◉□✗✓☒☑",
        strict=True,
    )
)
_WINGDINGS_2 = dict(zip((0x2A, 0x4F, 0x50, 0x51, 0x52, 0x53, 0x54, 0x98, 0x99, 0xA2, 0xA3), "□✗✓☒☑☒☒●○■□", strict=True))
_ZAPF = dict(
    zip((0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x6C, 0x6D, 0x6E, 0x6F, 0x70, 0x71, 0x72), "✓✔××✗✘●○■□□□□", strict=True)
)


def repaired(text: str, font: str) -> str:
    """The character that is meant: Dingbats by their codes, radicals and compatibility forms as plain Han."""
    symbols = font.lower()
    if "wingdings" in symbols:
        return _dingbat(text, _WINGDINGS_2 if "2" in font else _WINGDINGS)
    if "zapfdingbats" in symbols:
        return _dingbat(text, _ZAPF)
    if len(text) == 1 and "\uf020" <= text <= "\uf0ff" and "symbol" not in symbols:
        return _dingbat(text, _WINGDINGS)  # a font that stands in for Wingdings
    if len(text) == 1 and ("\u2e80" <= text <= "\u2fdf" or "\uf900" <= text <= "\ufb06"):
        return unicodedata.normalize("NFKC", text).translate(_SIMPLIFIED).translate(_RADICALS)
    return text


def _dingbat(text: str, table: dict[int, str]) -> str:
    if text.startswith("(cid:"):
        code = int(text[5:-1])
    elif len(text) == 1 and (ord(text) < 0x100 or 0xF000 <= ord(text) <= 0xF0FF):
        code = ord(text) & 0xFF
    else:
        return text
    return table.get(code, text)
