"""The log: readable by programs, and blind to secrets."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from ringoff.kit.log import set_up


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_our_words_and_a_librarys_are_the_same_json(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("info", "json")
    structlog.get_logger("ringoff").info("closed", case="C-1", releases=3)
    logging.getLogger("library").warning("late by %d s", 4)
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["case"], ours["releases"], ours["level"]) == ("closed", "C-1", 3, "info")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == ("late by 4 s", "library", "warning")


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_secret_under_a_telling_name_or_in_a_url_is_blotted_out(
    style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up("info", "json" if style == "json" else "console")
    words = structlog.get_logger("ringoff")
    words.info("connecting", url="smtp://me:s3cret@mail:25", ki="s3cret", api_key="s3cret", imsi_key="s3cret")
    try:
        raise OSError("no answer from postgresql://ringoff:s3cret@db/ringoff")
    except OSError:
        words.exception("failed")
    said = capsys.readouterr().err
    assert "s3cret" not in said
    assert "me:**@mail" in said


def test_what_is_below_the_level_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    set_up("warning", "json")
    structlog.get_logger("ringoff").info("quiet")
    logging.getLogger("httpx").info("quiet")
    assert capsys.readouterr().err == ""
