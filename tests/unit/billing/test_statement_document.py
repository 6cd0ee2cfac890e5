"""What a reader finds in the PDF of a statement, read back from it."""

from dataclasses import replace

import pytest

from ringoff.features.billing.documents import render_statement
from tests.support.bills import NAMES, account_statement, pressed, read, statement


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ("Account statement", "You owe", "€8.00", "Bill issued", "B-1009", "€45.89")),
        ("zh-Hans", ("账户对账单", "您应付的款项", "€8.00", "账单", "B-1009", "2026年9月1日至11月16日")),
        ("es", ("Extracto de cuenta", "Lo que usted debe", "8,00 €", "Factura emitida", "B-1009", "45,89 €")),
    ],
)
def test_a_statement_is_told_in_the_holders_language(language: str, told: tuple[str, ...]) -> None:
    text = pressed(read(render_statement(statement(language))))
    for words in (*told, NAMES[language], "A-20931"):
        assert pressed(words) in text


def test_a_statement_tells_each_booking_with_the_balance_after_it() -> None:
    text = read(render_statement(statement()))
    assert "Balance before €0.00 1 Sept 2026 Bill issued B-1008 €45.89 €45.89" in text
    assert "5 Oct 2026 Payment P-88944 −€26.11 €19.78" in text
    assert "16 Nov 2026 Final bill FB-4711 −€11.78 €8.00 Balance €8.00" in text
    assert "after 17" not in text
    assert "We also hold a deposit of yours: €50.00." in text


def test_currencies_stand_apart_and_are_never_summed() -> None:
    euro, dollar = account_statement(), account_statement("USD")
    both = replace(euro, rows=(*euro.rows, *dollar.rows), closing={"EUR": 800, "USD": -300})
    text = read(render_statement(statement(told=both)))
    assert "In EUR" in text
    assert "In USD" in text
    assert "Balance On 16 Nov 2026. €8.00 −US$3.00" in text
    owed = replace(both, closing={"EUR": 800, "USD": 300})
    assert "You owe On 16 Nov 2026. €8.00 US$3.00" in read(render_statement(statement(told=owed)))


def test_an_account_without_bookings_is_settled() -> None:
    nothing = replace(account_statement(), rows=(), closing={}, deposits={})
    assert "Everything is settled" in read(render_statement(statement(told=nothing)))


def test_a_shortened_statement_says_so() -> None:
    short = replace(account_statement(), shortened=True)
    assert "Only the first 5 entries are shown." in read(render_statement(statement(told=short)))
