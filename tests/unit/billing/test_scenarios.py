"""Final bills that can be checked with a pencil: a file each in `scenarios/`."""

from pathlib import Path

import pytest

from tests.support.scenarios import FOLDER, Scenario

FILES = sorted(FOLDER.glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_bill_is_what_a_pencil_makes_it(path: Path) -> None:
    scenario = Scenario.read(path)
    made = scenario.made()
    expected = {"items": [], "totals": {}, "movements": [], "written_off": [], "continuing": [], **scenario.expected}
    assert made == expected, scenario.title


def test_there_are_many() -> None:
    assert len(FILES) >= 60
