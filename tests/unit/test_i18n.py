import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from ringoff.kit.i18n import LANGUAGES, Language, listed, negotiate, phrases, tell_time, tell_time_briefly, zone_city

CATALOGS: dict[Language, str] = {"zh-Hans": "zh_Hans", "es": "es"}
SAME_IN_EVERY_LANGUAGE = {
    "eSIM",
    "%(subject)s (%(case)s)",
    "%(thing)s %(identity)s",
    "%(carrier)s: %(message)s",
    "%(headline)s: %(total)s.",
}
FRIDAY = datetime(2026, 11, 27, 15, 59, 59, tzinfo=UTC)


# ── Which language ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("zh-CN", "zh-Hans"),
        ("zh_TW", "zh-Hans"),
        ("ZH-hant-HK", "zh-Hans"),
        ("es-MX", "es"),
        ("es_419", "es"),
        (" es ", "es"),
        ("fr-FR", "en"),
        ("est", "en"),
        ("", "en"),
        (None, "en"),
        ("-", "en"),
    ],
)
def test_a_reader_gets_the_nearest_language_that_we_speak(tag: str | None, language: Language) -> None:
    assert negotiate(tag) == language


# ── Times ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("language", "full", "brief"),
    [
        ("en", "Friday 27 November 2026, 23:59, Shanghai time", "27 Nov 2026, 23:59, Shanghai time"),
        ("zh-Hans", "2026年11月27日星期五 23:59（上海时间）", "2026年11月27日23:59（上海时间）"),
        ("es", "viernes 27 de noviembre de 2026, 23:59, hora de Shanghái", "27 nov 2026, 23:59, hora de Shanghái"),
    ],
)
def test_a_time_is_told_in_full_in_the_readers_zone_with_the_zone_in_words(
    language: Language, full: str, brief: str
) -> None:
    assert tell_time(FRIDAY, "Asia/Shanghai", language) == full
    assert tell_time_briefly(FRIDAY, "Asia/Shanghai", language) == brief


def test_the_same_instant_is_another_day_elsewhere() -> None:
    late = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
    assert tell_time(late, "America/Mexico_City", "en") == "Friday 27 November 2026, 17:30, Mexico City time"
    assert tell_time(late, "Asia/Shanghai", "en") == "Saturday 28 November 2026, 07:30, Shanghai time"
    assert tell_time(late.astimezone(ZoneInfo("Asia/Tokyo")), "Asia/Shanghai", "en").startswith("Saturday 28")


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "Sunday 29 March 2026, 01:59, Madrid time"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "Sunday 29 March 2026, 03:00, Madrid time"),
        (datetime(2026, 10, 24, 23, 59, tzinfo=UTC), "Sunday 25 October 2026, 01:59, Madrid time"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Sunday 25 October 2026, 02:30, Madrid time (UTC+2)"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Sunday 25 October 2026, 02:30, Madrid time (UTC+1)"),
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), "Sunday 25 October 2026, 03:00, Madrid time"),
    ],
)
def test_a_time_is_right_across_a_change_of_the_clocks_and_never_ambiguous(at: datetime, told: str) -> None:
    assert tell_time(at, "Europe/Madrid", "en") == told


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("UTC", "Friday 27 November 2026, 15:59, UTC"),
        ("Etc/GMT+5", "Friday 27 November 2026, 10:59, UTC−5"),
        ("CET", "Friday 27 November 2026, 16:59, UTC+1"),
        ("Nowhere/Atlantis", "Friday 27 November 2026, 15:59, UTC"),
        ("../../etc/passwd", "Friday 27 November 2026, 15:59, UTC"),
        ("", "Friday 27 November 2026, 15:59, UTC"),
    ],
)
def test_a_zone_that_is_named_after_no_city_is_told_by_its_offset(zone: str, told: str) -> None:
    assert tell_time(FRIDAY, zone, "en") == told


def test_a_city_goes_by_the_name_that_the_reader_knows() -> None:
    assert [zone_city("America/Argentina/Buenos_Aires", each) for each in LANGUAGES] == [
        "Buenos Aires",
        "布宜诺斯艾利斯",
        "Buenos Aires",
    ]
    assert [zone_city("Asia/Kolkata", each) for each in LANGUAGES] == ["Kolkata", "加尔各答", "Calcuta"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_zone_can_be_told(language: Language) -> None:
    for zone in available_timezones():
        told = tell_time(FRIDAY, zone, language)
        assert re.search(r"\d\d:\d\d", told)
        assert not re.search(r"[/_{}]", told), zone


def test_a_deadline_is_never_told_later_than_it_is() -> None:
    assert tell_time(FRIDAY, "Asia/Shanghai", "en") == tell_time(FRIDAY.replace(second=0), "Asia/Shanghai", "en")


@given(at=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), zone=st.sampled_from(sorted(available_timezones())))
def test_any_instant_is_told_as_the_clocks_there_show_it(at: datetime, zone: str) -> None:
    there = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert f", {there:%H:%M}, " in tell_time(at.replace(tzinfo=UTC), zone, "en")
    assert f" {there.day} " in tell_time(at.replace(tzinfo=UTC), zone, "en")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without its zone"):
        tell_time(FRIDAY.replace(tzinfo=None), "Asia/Shanghai", "en")


def test_lists_are_written_as_each_language_writes_them() -> None:
    assert [listed(["1", "7", "30"], each) for each in LANGUAGES] == ["1, 7 and 30", "1、7和30", "1, 7 y 30"]


# ── Phrases ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every phrase that the source wants told, as a translator would extract it."""
    template = tmp_path_factory.mktemp("i18n") / "ringoff.pot"
    with as_file(files("ringoff")) as source:
        command = ["pybabel", "-q", "extract", "-F", str(source / "locale" / "babel.toml"), "-o", str(template)]
        CommandLineInterface().run([*command, str(source)])  # type: ignore[no-untyped-call]
    return _read(template)


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3] if path.suffix == ".po" else None)


def _catalog(language: Language) -> Catalog:
    """All catalogues of the language as one."""
    whole = Catalog(CATALOGS[language])
    with as_file(files("ringoff") / "locale" / CATALOGS[language] / "LC_MESSAGES") as folder:
        for part in sorted(folder.glob("*.po")):
            for message in _read(part):
                if message.id:
                    whole[message.id] = message
    return whole


def _ids(catalog: Catalog) -> set[str | tuple[str, ...]]:
    return {each.id if isinstance(each.id, str) else tuple(each.id) for each in catalog if each.id}


def _pairs(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Each phrase with each of its forms."""
    for message in catalog:
        if message.id:
            ids = [message.id] if isinstance(message.id, str) else message.id
            told = [message.string] if isinstance(message.string, str) else message.string or []
            yield from zip(ids[-len(told) :], told, strict=True)


@pytest.mark.parametrize("language", CATALOGS)
def test_every_phrase_is_told_in_every_language_and_none_is_left_over(language: Language, wanted: Catalog) -> None:
    catalog = _catalog(language)
    assert len(_ids(wanted)) > 100
    assert _ids(catalog) == _ids(wanted)
    assert not catalog.obsolete
    assert not [each.id for each in catalog if each.fuzzy and each.id]
    assert all(told for _id, told in _pairs(catalog))


@pytest.mark.parametrize("language", CATALOGS)
def test_placeholders_agree_with_the_english(language: Language) -> None:
    catalog = _catalog(language)
    assert not [(message.id, errors) for message, errors in catalog.check() if errors]
    for english, told in _pairs(catalog):
        assert sorted(re.findall(r"%\(\w+\)\w", english)) == sorted(re.findall(r"%\(\w+\)\w", told)), english


@pytest.mark.parametrize("language", CATALOGS)
def test_no_phrase_stands_there_in_english(language: Language) -> None:
    for english, told in _pairs(_catalog(language)):
        if english in SAME_IN_EVERY_LANGUAGE:
            continue
        assert told != english
        if language == "zh-Hans":
            assert re.search(r"[一-鿿]|%\(carrier\)s", told), english


def test_chinese_sentences_end_in_chinese_punctuation() -> None:
    for english, told in _pairs(_catalog("zh-Hans")):
        assert not re.search(r"[一-鿿][,.;:?!]", told), told
        assert not re.search(r"(%\(\w+\)\w|#)[,.;:?!](?! )|[一-鿿]\((?!\w+\)s)", told), told
        assert not re.search(r"[一-鿿][A-Za-z]|[A-Za-z][一-鿿]", re.sub(r"%\(\w+\)\w", "", told)), told
        assert english.endswith(".") <= told.endswith(("。", "？")), told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrase_that_is_missing_is_told_in_english(language: Language) -> None:
    assert phrases(language).gettext("no such phrase") == "no such phrase"
    assert phrases(language).ngettext("one such", "many such", 2) == "many such"


def test_plurals_follow_each_languages_own_rule() -> None:
    one, many = "Your other line stays as it is.", "Your other %(count)d lines stay as they are."
    told = {language: [phrases(language).ngettext(one, many, n) for n in (1, 2)] for language in LANGUAGES}
    assert told["en"] == [one, many]
    assert len(set(told["zh-Hans"])) == 1
    assert len(set(told["es"])) == 2
