"""Money at the terminal: what a case costs, what needs a person, and what the person says."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.installation import Installation, running_installation
from tests.support.mail import MailServer, running_mail_server


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with running_mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def ringoff(mail: MailServer) -> Iterator[Installation]:
    with running_installation(mail) as one:
        yield one


@pytest.fixture(scope="module")
def left(ringoff: Installation) -> dict[str, Any]:
    """The money of a line that has closed, whose account has a deposit that comes back."""
    case = ringoff.answer("cancel", "L-7", "--watch")
    for _ in range(200):
        told: dict[str, Any] = ringoff.answer("bill", case["id"])
        if told["bills"]:
            return told
        time.sleep(0.1)
    raise AssertionError("no final bill was made")


def test_a_bill_can_be_checked_with_a_pencil_and_is_written_as_a_document(
    ringoff: Installation, left: dict[str, Any], tmp_path: Path
) -> None:
    (bill,) = left["bills"]
    assert left["quote"]["totals"] == [bill["total"]]
    shown = ringoff.type("bill", left["cancellation"], "--pdf", str(tmp_path))
    assert shown.returncode == 0, shown.stderr
    assert f"Final bill {bill['bill_number']}, task" in shown.stdout
    assert "Deposit" in shown.stdout and "We transfer" in shown.stdout
    assert max(map(len, shown.stdout.splitlines()[:-1])) <= 80
    assert (tmp_path / f"{bill['bill_number']}.pdf").read_bytes().startswith(b"%PDF-")


def test_a_refund_by_transfer_waits_until_a_person_says_that_it_is_paid(
    ringoff: Installation, left: dict[str, Any]
) -> None:
    (payout,) = ringoff.answer("money", "list")["payouts"]
    assert payout["cancellation"] == left["cancellation"]
    listed = ringoff.type("money", "list").stdout
    assert payout["id"] in listed and max(map(len, listed.splitlines())) <= 80
    assert ringoff.type("money", "paid", payout["id"], "--reference", "SEPA 17").returncode == 0
    assert "Nothing of the money needs a person." in ringoff.type("money", "list").stdout
    again = ringoff.type("money", "paid", payout["id"], "--reference", "SEPA 18")
    assert (again.returncode, again.stdout) == (4, "")
    (bill,) = ringoff.answer("bill", left["cancellation"])["bills"]
    assert bill["state"] == "settled"


def test_what_is_not_stuck_does_not_go_on(ringoff: Installation, left: dict[str, Any]) -> None:
    refused = ringoff.type("money", "go-on", left["cancellation"], "--how", "waive", "--why", "no")
    assert (refused.returncode, refused.stdout) == (4, "")
    assert ringoff.type("money", "paid", left["cancellation"], "--reference", "x").returncode == 3
