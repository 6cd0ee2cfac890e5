"""Chinese as pinyin with tones, which is what espeak-ng's Mandarin reads well: 您好 becomes nin2 hao3.

Figures become Chinese numerals first: its own reading of them loses zeros and ten-thousands. A year is read digit by
digit.
"""

import re

from pypinyin import Style, lazy_pinyin, load_phrases_dict

_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
_MYRIADS = ("", "万", "亿", "万亿")
_YEAR = re.compile(r"\d{4}(?=年)")
_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?")
_NAMES_OF_ONE = re.compile(
    r"\byi[24](?= (?:yue4|hao4|jian4))"
)  # January, the first, key one: as a name it keeps its tone
_STOPS = str.maketrans("，。；：、！？（）“”《》…—", ",.;:,!?,,,,,,,,")

# Readings that pypinyin's words do not settle, in the words of a hotline.
load_phrases_dict(
    {
        "金额为": [["jīn"], ["é"], ["wéi"]],
        "日期为": [["rì"], ["qī"], ["wéi"]],
        "编号为": [["biān"], ["hào"], ["wéi"]],
        "号码为": [["hào"], ["mǎ"], ["wéi"]],
        "长按": [["cháng"], ["àn"]],
        "重听": [["chóng"], ["tīng"]],
        "重复": [["chóng"], ["fù"]],
        "还款": [["huán"], ["kuǎn"]],
    }
)


def pinyin(text: str) -> str:
    """Syllables by spaces, each with its tone as a figure; punctuation in ASCII."""
    text = _YEAR.sub(lambda found: "".join(_DIGITS[int(digit)] for digit in found[0]), text)
    text = _NUMBER.sub(lambda found: _figure(found[1], found[2]), text)
    syllables = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True)
    told = _NAMES_OF_ONE.sub("yi1", " ".join(syllables))
    return re.sub(r" +([,.;:!?])", r"\1", told.translate(_STOPS))


def _figure(whole: str, decimals: str | None) -> str:
    told = numeral(int(whole))
    return f"{told}点{''.join(_DIGITS[int(digit)] for digit in decimals)}" if decimals else told


def numeral(number: int) -> str:
    """一千二百三十四; below ten thousand billions. 零 stands once for a run of zeros inside."""
    if number == 0:
        return _DIGITS[0]
    told, gap, place = "", False, 0
    blocks = []
    while number:
        number, block = divmod(number, 10_000)
        blocks.append(block)
    for place in range(len(blocks) - 1, -1, -1):
        block = blocks[place]
        if not block:
            gap = bool(told)
            continue
        if told and (gap or block < 1000):
            told += _DIGITS[0]
        told += _block(block) + _MYRIADS[place]
        gap = False
    return told.removeprefix("一") if told.startswith("一十") else told


def _block(block: int) -> str:
    told, gap = "", False
    for place in (3, 2, 1, 0):
        digit = block // 10**place % 10
        if not digit:
            gap = bool(told)
            continue
        told += (_DIGITS[0] if gap else "") + _DIGITS[digit] + _UNITS[place]
        gap = False
    return told
