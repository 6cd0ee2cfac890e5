"""How the command line tells that something went wrong."""

import json

import pytest

from ringoff.kit.errors import Refused
from ringoff.surfaces.cli.problems import EXIT_CODES, UNEXPECTED, report


def _bug() -> Exception:
    try:
        raise KeyError("4915112345678")
    except KeyError as error:
        return error


def test_a_bug_is_told_without_its_traceback_and_by_the_same_reference_every_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert [report(_bug(), False), report(_bug(), False)] == [UNEXPECTED, UNEXPECTED]
    first, second = capsys.readouterr().err.splitlines()
    assert first == second
    assert "E-" in first and "Traceback" not in first and "4915112345678" not in first


def test_a_bug_shows_its_traceback_to_who_asks_for_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGOFF_DEBUG", "1")
    report(_bug(), False)
    assert "Traceback" in capsys.readouterr().err


def test_a_problem_in_json_has_its_details_and_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(Refused("hold", "Something stands in the way.", rule="hold:fraud"), True) == 5
    problem = json.loads(capsys.readouterr().err)
    assert problem["code"] == "hold" and problem["rule"] == "hold:fraud"
    assert problem["detail"] == "Something stands in the way."


def test_every_kind_of_refusal_has_an_exit_code_of_its_own() -> None:
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES) - 1  # who is unknown and who may not are one to an operator
