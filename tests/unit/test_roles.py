"""The table of permissions: every one has a meaning and somebody who has it, and the page shows it as it is."""

from pathlib import Path

from ringoff.features.staff import MEANING, PERMISSIONS, ROLES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "roles.md"


def rows() -> list[str]:
    head = f"| permission | {' | '.join(ROLES)} | |"
    lines = ["|---" * (len(ROLES) + 2) + "|"]
    for permission, meaning in MEANING.items():
        marks = " | ".join("yes" if permission in PERMISSIONS[role] else "" for role in ROLES)
        lines.append(f"| `{permission}` | {marks} | {meaning} |")
    return [head, *lines]


def test_the_page_shows_the_table() -> None:
    shown = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    assert shown == rows()


def test_every_permission_is_somebodys() -> None:
    assert set(MEANING) == set().union(*PERMISSIONS.values())


def test_who_answers_for_money_does_not_talk_to_callers_and_who_makes_people_does_not_see_customers() -> None:
    assert not PERMISSIONS["finance"] & {"customers", "cases", "review"}
    assert not PERMISSIONS["administrator"] & {"customers", "cases", "review", "refunds", "resolve"}
    assert not PERMISSIONS["auditor"] & {"cases", "holds", "review", "resolve", "refunds", "approve"}
