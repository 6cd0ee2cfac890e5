"""Numbers that are read character by character, so that nobody hears one for another.

A letter comes with a word that begins with it. Chinese has no such alphabet; what people say there are cities, by
their pinyin, and loan words that everybody spells. In a row of digits Chinese says 幺 (yāo) for one, as carriers' own
hotlines do: 一 (yī) and 七 (qī) rhyme.
"""

import re
from collections.abc import Mapping

from ringoff.kit.i18n import Language

_GROUPS = re.compile(r"[^0-9A-Za-z+]+")

_ENGLISH = (
    "Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo "
    "Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
)
_SPANISH = (
    "Antonio Barcelona Carmen David España Francia Guatemala Honduras Italia José kilo Lima México Nicaragua Óscar "
    "Panamá queso Roma sábado Toledo uva Venezuela Washington xilófono Yolanda zapato"
)
_CHINESE = (
    "安全 北京 重庆 大连 E-mail 福建 广州 杭州 IC卡 江苏 卡拉OK 拉萨 马来西亚 南京 OK 平安 青岛 人民 上海 天津 U盘 "
    "胜利 武汉 X光 云南 郑州"
)
_LETTERS: Mapping[Language, list[str]] = {
    "en": _ENGLISH.split(),
    "es": _SPANISH.split(),
    "zh-Hans": _CHINESE.split(),
}
_DIGITS: Mapping[Language, list[str]] = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "es": ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
    "zh-Hans": list("零幺二三四五六七八九"),
}
_PLUS: Mapping[Language, str] = {"en": "plus", "es": "más", "zh-Hans": "加"}
_NAMED: Mapping[str, str] = {"Y": "i griega"}  # alone, a voice would read the Spanish word for "and"


def spelled(text: str, language: Language) -> str:
    """Latin letters, digits and a plus; whatever else stands between them is a pause."""
    groups = [group for group in _GROUPS.split(text) if group]
    comma = "，" if language == "zh-Hans" else ", "
    return comma.join(_group(group, language) for group in groups)


def _group(group: str, language: Language) -> str:
    """A row of digits is read in one go; where there are letters, each character stands for itself."""
    parted = "，" if language == "zh-Hans" else ", "
    apart = ("" if language == "zh-Hans" else " ") if not re.search("[A-Za-z]", group) else parted
    return apart.join(_character(character, language) for character in group.upper())


def _character(character: str, language: Language) -> str:
    if character == "+":
        return _PLUS[language]
    if character.isdigit():
        return _DIGITS[language][int(character)]
    word = _LETTERS[language][ord(character) - ord("A")]
    match language:
        case "en":
            return f"{character} as in {word}"
        case "es":
            return f"{_NAMED.get(character, character)} de {word}"
        case "zh-Hans":
            return f"{word}的{character}"
