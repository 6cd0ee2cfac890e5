"""What the hotline says, in each language as its speakers would say it."""

from datetime import UTC, date, datetime

import pytest

from ringoff.kit.errors import InvalidInput
from ringoff.kit.i18n import LANGUAGES, Language
from ringoff.surfaces.phone.model import Amount, Count, Day, Moment, Part, Phrase, Spelled
from ringoff.surfaces.phone.speech import phrases, spoken, words


def each(en: str, zh: str, es: str) -> list[tuple[Language, str]]:
    return [("en", en), ("zh-Hans", zh), ("es", es)]


SAID: list[tuple[Part, list[tuple[Language, str]]]] = [
    (Amount(1274, "EUR"), each("12 euros and 74 cents", "12欧元74分", "12 euros con 74 céntimos")),
    (Amount(101, "EUR"), each("1 euro and 1 cent", "1欧元1分", "un euro con un céntimo")),
    (Amount(0, "EUR"), each("0 euros", "0欧元", "0 euros")),
    (Amount(1200, "EUR"), each("12 euros", "12欧元", "12 euros")),
    (Amount(74, "USD"), each("74 cents", "74分", "74 centavos")),
    (Amount(1999, "JPY"), each("1,999 Japanese yen", "1999日元", "1999 yenes japoneses")),
    (Amount(1, "JPY"), each("1 Japanese yen", "1日元", "un yen japonés")),
    (Amount(1274, "CNY"), each("12.74 Chinese yuan", "12元7角4分", "12,74 yuanes renminbi")),
    (Amount(1204, "CNY"), each("12.04 Chinese yuan", "12元零4分", "12,04 yuanes renminbi")),
    (Amount(12745, "KWD"), each("12.745 Kuwaiti dinars", "12.745科威特第纳尔", "12,745 dinares kuwaitíes")),
    (
        Amount(2131, "GBP"),
        each("21 British pounds and 31 pence", "21英镑31便士", "veintiuna libras esterlinas con treinta y un peniques"),
    ),
    (Amount(100_000_000, "EUR"), each("1,000,000 euros", "1000000欧元", "1000000 de euros")),
    (Count(2), each("2", "两", "2")),
    (Count(0), each("0", "0", "0")),
    (
        Day(date(2026, 12, 31)),
        each("Thursday 31 December 2026", "2026年12月31日星期四", "jueves 31 de diciembre de 2026"),
    ),
    (
        Day(date(2027, 1, 1)),
        each("Friday 1 January 2027", "2027年1月1日星期五", "viernes primero de enero de 2027"),
    ),
    (
        Moment(datetime(2026, 12, 31, 22, 59, tzinfo=UTC), "Europe/Madrid"),
        each(
            "Thursday 31 December 2026, 11:59 PM, Madrid time",
            "马德里时间2026年12月31日星期四23点59分",
            "jueves 31 de diciembre de 2026, a las 23 y 59, hora de Madrid",
        ),
    ),
    (
        Moment(datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "Asia/Shanghai"),
        each(
            "Friday 1 January 2027, midnight, as the day begins, Shanghai time",
            "上海时间2027年1月1日星期五0点整",
            "viernes primero de enero de 2027, a las 0 horas, hora de Shanghái",
        ),
    ),
    (
        Moment(datetime(2026, 11, 27, 2, 5, tzinfo=UTC), "Etc/UTC"),
        each(
            "Friday 27 November 2026, 2:05 AM, universal time",
            "世界标准时间2026年11月27日星期五两点零5分",
            "viernes 27 de noviembre de 2026, a las 2 y 5, hora universal",
        ),
    ),
    (
        Spelled("C-8K3M"),
        each(
            "C as in Charlie, eight, K as in Kilo, three, M as in Mike",
            "重庆的C，八，卡拉OK的K，三，马来西亚的M",
            "C de Carmen, ocho, K de kilo, tres, M de México",
        ),
    ),
    (
        Spelled("+86 138 1071"),
        each(
            "plus eight six, one three eight, one zero seven one",
            "加八六，幺三八，幺零七幺",
            "más ocho seis, uno tres ocho, uno cero siete uno",
        ),
    ),
]


@pytest.mark.parametrize(("part", "told"), SAID, ids=lambda value: str(value)[:40] if isinstance(value, Part) else "")
def test_each_language_says_it_in_its_own_way(part: Part, told: list[tuple[Language, str]]) -> None:
    assert [(language, spoken(part, language)) for language, _ in told] == told


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_characters_of_a_case_number_sound_alike(language: Language) -> None:
    told = [spoken(Spelled(character), language) for character in "0123456789ABCDEFGHJKMNPQRSTVWXYZ"]
    assert len(set(told)) == len(told)
    assert all(len(said) > 3 for said in told[10:]), "a letter has a word beside it"


def test_what_is_no_letter_and_no_digit_is_never_said() -> None:
    assert spoken(Spelled("[[x]] <break/> ;rm"), "en") == (
        "X as in X-ray, B as in Bravo, R as in Romeo, E as in Echo, A as in Alpha, K as in Kilo, "
        "R as in Romeo, M as in Mike"
    )


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(InvalidInput):
        spoken(Amount(1, "XQQ"), "en")


def test_an_unknown_zone_is_told_in_universal_time() -> None:
    moment = Moment(datetime(2026, 11, 27, 14, 30, tzinfo=UTC), "Nowhere/Land")
    assert spoken(moment, "en") == "Friday 27 November 2026, 2:30 PM, universal time"


def test_parts_become_sentences() -> None:
    turn: list[Part] = [Phrase("line_trouble"), Amount(1274, "EUR"), Phrase("line_call_again"), Day(date(2026, 12, 31))]
    assert [words(turn, language) for language in LANGUAGES] == [
        "Something went wrong on our side, and nothing was changed. 12 euros and 74 cents. Please call again later. "
        "Thursday 31 December 2026.",
        "我们这边出了问题，您的号码没有任何变动。12欧元74分，请稍后再打。2026年12月31日星期四。",
        "Hemos tenido un problema y no se ha cambiado nada. 12 euros con 74 céntimos. Por favor, vuelva a llamar más "
        "tarde. jueves 31 de diciembre de 2026.",
    ]


def test_every_language_has_the_same_phrases() -> None:
    assert phrases("en").keys() == phrases("zh-Hans").keys() == phrases("es").keys()
    for language in LANGUAGES:
        for name, sentence in phrases(language).items():
            assert sentence == sentence.strip() != "", (language, name)
