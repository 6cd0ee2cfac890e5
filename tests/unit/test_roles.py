"""The table of permissions: every one has a meaning and somebody who has it, and the page shows it as it is."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ringoff.features.staff import MEANING, PERMISSIONS, ROLES, SEES, SIGHT, Role, Sight

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "roles.md"


def rows(what: str, meaning: Mapping[Any, str], table: Mapping[Role, Collection[Any]]) -> list[str]:
    lines = [f"| {what} | {' | '.join(ROLES)} | |", "|---" * (len(ROLES) + 2) + "|"]
    for name, says in meaning.items():
        marks = " | ".join("yes" if name in table[role] else "" for role in ROLES)
        lines.append(f"| `{name}` | {marks} | {says} |")
    return lines


def test_the_page_shows_the_tables() -> None:
    shown = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    assert shown == [*rows("permission", MEANING, PERMISSIONS), *rows("field", SEES, SIGHT)]


def test_what_a_role_does_not_see_is_masked_and_what_is_not_there_stays_empty() -> None:
    agent, operator = Sight("agent"), Sight("operations")
    assert agent.email("lin@example.net") == "l•••@example.net"
    assert Sight("senior").email("lin@example.net") == "lin@example.net"
    assert agent.phone("+8613812345678") == "+86 ••••••••678"
    assert agent.number("+8613812345678") == "+8613812345678"
    assert agent.sim("460001234567890") == "•••7890"
    assert operator.sim("460001234567890") == "460001234567890"
    assert operator.holder("Lin Wei") == "•••"
    assert (agent.email(None), agent.phone(None), agent.sim(None)) == ("", "", "")


def test_every_permission_is_somebodys() -> None:
    assert set(MEANING) == set().union(*PERMISSIONS.values())


def test_who_answers_for_money_does_not_talk_to_callers_and_who_makes_people_does_not_see_customers() -> None:
    assert not PERMISSIONS["finance"] & {"customers", "cases", "review"}
    assert not PERMISSIONS["administrator"] & {"customers", "cases", "review", "refunds", "resolve"}
    assert not PERMISSIONS["auditor"] & {"cases", "holds", "review", "resolve", "refunds", "approve"}
