import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringoff.features.notices import (
    NOTICES,
    Message,
    NoticeType,
    Released,
    preview,
    render,
    render_sms,
)
from ringoff.features.notices.text import COLUMNS, columns
from ringoff.features.rules import RuleBook
from ringoff.kit.i18n import LANGUAGES, Language
from tests.support.notices import AT, USUAL, VARIANTS

EVERY = list(product(NOTICES, LANGUAGES))
UNTRANSLATED = {"Jo", "Polaris", "UTC", "SIM", "eSIM", "L", "TV"}
ENGLISH = re.compile(r"\b(the|your|you|we|line|until|and|with|this|number|time|closed|care)\b(?!@)")


def written(notice: NoticeType, language: Language = "en", variant: str = "usual") -> Message:
    return render(notice, replace(VARIANTS[variant], locale=language))


# ── Every notice ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("notice", "language"), EVERY)
def test_every_notice_stands_by_itself(notice: NoticeType, language: Language) -> None:
    for variant in VARIANTS:
        message = written(notice, language, variant)
        facts = VARIANTS[variant]
        named = "+86 138 0013 8000" if facts.msisdn and facts.service != "iot" else "1234" if facts.iccid else "L-77"
        named = "+86" if facts.service == "iot" else named
        for part in (message.subject, message.text, message.html):
            assert "C-8K3M-V0QXX" in part
            assert named in part
            assert not re.search(r"%\(|\{\{|\bNone\b|datetime", part)
        assert "Jo" in message.text
        assert "Polaris" in message.text
        assert "\n" not in message.subject
        assert message.language == language


@pytest.mark.parametrize(("notice", "language"), EVERY)
def test_plain_text_is_wrapped_and_tidy(notice: NoticeType, language: Language) -> None:
    for variant in VARIANTS:
        text = written(notice, language, variant).text
        lines = text.split("\n")
        assert max(columns(line) for line in lines) <= COLUMNS
        assert not [line for line in lines if line != line.rstrip()]
        assert "\n\n\n" not in text
        assert "<" not in text
        assert text.endswith("\n")


class _Outline(HTMLParser):
    """Checks that what is opened is closed, and collects what a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.seen = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.seen += data


@pytest.mark.parametrize(("notice", "language"), EVERY)
def test_html_is_whole_small_and_fetches_nothing(notice: NoticeType, language: Language) -> None:
    for variant in VARIANTS:
        html = written(notice, language, variant).html
        outline = _Outline(html)
        assert not outline.open
        assert f'<html lang="{language}">' in html
        assert outline.tags.count("h1") == 1
        assert not {"img", "script", "link", "a", "form"} & set(outline.tags)
        assert not re.search(r"https?:|url\(|@import", html)
        assert len(html.encode()) < 12_000


@pytest.mark.parametrize(("notice", "language"), EVERY)
def test_text_and_html_say_the_same(notice: NoticeType, language: Language) -> None:
    for variant in VARIANTS:
        message = written(notice, language, variant)
        said = re.sub(r"[\s=*-]", "", message.text)
        shown = re.sub(r"[\s=*-]", "", _Outline(message.html).seen.removeprefix("\n"))
        assert shown == re.sub(r"[\s=*-]", "", message.subject) + said


@pytest.mark.parametrize("notice", NOTICES)
def test_chinese_and_spanish_hold_no_english(notice: NoticeType) -> None:
    for variant in VARIANTS:
        chinese = written(notice, "zh-Hans", variant)
        told = re.sub("[CF]-8K3M-V0QXX|care@polaris.example", "", f"{chinese.subject} {chinese.text}")
        assert set(re.findall(r"[A-Za-z]+", told)) <= UNTRANSLATED
        spanish = written(notice, "es", variant)
        assert not ENGLISH.findall(spanish.subject + spanish.text)
        for language in ("zh-Hans", "es"):
            sms = render_sms(notice, replace(VARIANTS[variant], locale=language))
            assert not ENGLISH.findall(sms)


# ── What they say ────────────────────────────────────────────────────────────────────────────────────────────────
def test_scheduled_says_when_until_when_and_how_it_is_undone_and_what_to_do_first() -> None:
    text = written("scheduled").text
    assert "Closing starts\n  Friday 27 November 2026, 23:59, Shanghai time" in text
    assert "Can be undone until\n  Friday 27 November 2026, 23:59, Shanghai time" in text
    assert "Care\n  care@polaris.example" in text
    assert "Log-ins that use this number" in text
    assert text.index("Log-ins") < text.index("After this it cannot be undone") < text.index("Network")


def test_a_line_without_a_number_is_told_of_none() -> None:
    for notice in NOTICES:
        text = written(notice, variant="data SIM without number").text
        assert "this number" not in text
        assert "The number" not in text


def test_closing_never_starts_before_the_time_to_undo_is_over() -> None:
    later = replace(USUAL, effective_at=USUAL.requested_at, undo_until=USUAL.requested_at + timedelta(minutes=15))
    assert "Closing starts\n  Monday 23 November 2026, 00:14" in render("scheduled", later).text


def test_no_undo_is_offered_whose_time_is_over_as_it_begins() -> None:
    for none in (None, USUAL.requested_at):
        facts = replace(USUAL, effective_at=USUAL.requested_at, undo_until=none)
        message = render("scheduled", facts)
        assert "If you change your mind" not in message.text
        assert "Can be undone until" not in message.text
        assert "Undo" not in render_sms("scheduled", facts)


def test_a_request_in_review_says_that_a_person_looks_and_nothing_has_changed() -> None:
    text = written("acknowledged", variant="in review").text
    assert "Nothing has changed yet." in text
    assert "Somebody here looks at it before anything happens." in text
    assert "you can undo" in text
    assert (
        "Wanted for\n  as soon as possible"
        in render("acknowledged", replace(USUAL, effective_at=AT - timedelta(9))).text
    )


def test_closed_tells_what_was_released_when_what_goes_on_and_that_it_is_checked() -> None:
    text = written("closed").text
    assert "- Network\n  Friday 27 November 2026, 23:59, Shanghai time" in text
    assert "- eSIM\n  Saturday 28 November 2026, 00:06, Shanghai time" in text
    assert "Closed on\n  Saturday 28 November 2026, 00:59, Shanghai time" in text
    assert "no longer\nreach you" in text
    assert "after 1, 7 and 30 days" in text
    assert "Final bill" in text
    assert "Your other 2 lines stay as they are." in text


def test_releases_of_the_same_minute_are_told_together() -> None:
    facts = replace(USUAL, released=(Released("hlr", AT), Released("esim", AT + timedelta(seconds=9))))
    assert "- Network · eSIM\n  Friday" in render("closed", facts).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_notice_promises_money(language: Language) -> None:
    for notice in set(NOTICES) - {"billed"}:
        assert not re.search(r"[$€¥£]|refund|charge|退款|reembolso|cargo", written(notice, language).text)


@pytest.mark.parametrize("notice", ["scheduled", "closed"])
def test_a_ported_number_still_reaches_its_holder(notice: NoticeType) -> None:
    text = re.sub(r"\s+", " ", written(notice, variant="ported").text)
    assert "Your number has moved to your new carrier" in text
    assert "somebody else" not in text
    assert "og-ins" not in text
    assert "cancel" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_trial_says_so_before_anything_else(language: Language) -> None:
    banner = {
        "en": "only a trial: no real line",
        "zh-Hans": "只是一次演练：没有真的注销",
        "es": "solo una prueba: no se da de baja ninguna línea real",
    }[language]
    short = {"en": "Only a trial.", "zh-Hans": "仅为演练。", "es": "Solo es una prueba."}[language]
    for notice in NOTICES:
        message = written(notice, language, "trial")
        assert banner in message.text.split("\n=")[0]
        assert banner in message.html.split("<h1")[0]
        assert message.subject.startswith(("Trial:", "【演练】", "Prueba:"))
        assert short in render_sms(notice, replace(VARIANTS["trial"], locale=language))
        assert banner not in written(notice, language).text


def test_withdrawn_names_what_was_given_back_only_if_something_was() -> None:
    assert "What has been given back" in written("withdrawn").text
    assert "What has been given back" not in render("withdrawn", replace(USUAL, released=())).text


@pytest.mark.parametrize("language", ["zh-Hans", "es"])
def test_a_reason_of_the_shipped_rule_packs_is_told_in_the_readers_language(language: Language) -> None:
    pack = RuleBook.load().pack("anywhere")
    for why in (rule.why for rule in pack.review):
        assert why not in re.sub(r"\s+", " ", render("declined", replace(USUAL, why=why, locale=language)).text)


def test_a_reason_that_a_person_wrote_is_told_as_it_is() -> None:
    assert "Su contrato\nlo impide" not in written("declined").text
    assert "The court said no." in render("declined", replace(USUAL, why="The court\nsaid no.", locale="es")).text


# ── Hostile input ────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_hostile_name_stays_a_name() -> None:
    evil = "<script>alert(1)</script>\"'&{{ 7*7 }}%(line)s%s\r\nBcc: all@example.net"
    facts = replace(USUAL, holder_name=evil, carrier_name=evil, support=evil, line_ref=evil, why=evil)
    for notice, language in product(NOTICES, LANGUAGES):
        for told in (replace(facts, locale=language), replace(facts, locale=language, msisdn=None, iccid=None)):
            message = render(notice, told)
            assert "<script" not in message.html
            assert "&lt;script&gt;" in message.html
            assert "49" not in message.text
            assert not re.search(r"[\r\n]", message.subject)
            assert not re.search(r"^Bcc", message.text, re.MULTILINE)
            assert not re.search(r"[\r\n]", render_sms(notice, told))


@given(name=st.text(max_size=300), notice=st.sampled_from(NOTICES), language=st.sampled_from(LANGUAGES))
def test_any_name_can_be_written_to(name: str, notice: NoticeType, language: Language) -> None:
    message = render(notice, replace(USUAL, holder_name=name, carrier_name=name, support=name, locale=language))
    assert max(columns(line) for line in message.text.split("\n")) <= COLUMNS
    assert message.text.isprintable() or set(filter(lambda c: not c.isprintable(), message.text)) == {"\n"}
    assert not _Outline(message.html).open
    assert len(message.subject.splitlines()) == 1


@pytest.mark.parametrize(("language", "says"), [("en", "Your other lines stay"), ("es", "Sus otras líneas quedan")])
def test_a_number_of_other_lines_that_was_not_counted_is_not_told(language: Language, says: str) -> None:
    text = written("closed", language, "more other lines than are counted").text
    assert says in text
    assert "100" not in text


# ── To look at ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_preview_writes_every_notice_in_every_language(tmp_path: Path) -> None:
    count = preview.write(tmp_path / "new")
    written_files = {path.name for path in (tmp_path / "new").iterdir()}
    assert len(written_files) == count
    assert {f"{notice}.{language}.html" for notice in NOTICES for language in LANGUAGES} <= written_files
