"""The ledger: always balanced, never edited, and equal to what the carrier says is open, whatever is imported."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringoff.db.pool import Connection, Database
from ringoff.features.billing.booking import book_imported
from ringoff.features.billing.ledger import Ledger, Posting, Transaction, book, reverse
from ringoff.features.billing.statement import Statement, statement

NOW = datetime(2026, 11, 23, 20, tzinfo=UTC)  # in Shanghai it is the 24th
TODAY = date(2026, 11, 24)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ACCOUNT = """
INSERT INTO account (account_number, holder_name, kind, locale, time_zone, jurisdiction)
VALUES ('A' || (SELECT count(*) FROM account), 'Holder', 'consumer', 'en', 'Asia/Shanghai', 'neutral') RETURNING id
"""
BILL = """
INSERT INTO bill (account_id, bill_number, issued_on, amount, open_amount, currency, kind, credit_left)
VALUES (%(account_id)s, %(number)s, %(issued)s, %(amount)s, greatest(%(left)s, 0), %(currency)s,
        CASE WHEN %(amount)s < 0 THEN 'credit_note' ELSE 'invoice' END, greatest(-%(left)s, 0))
ON CONFLICT (account_id, bill_number) DO UPDATE
   SET (amount, open_amount, currency, kind, credit_left, unbooked)
     = (excluded.amount, excluded.open_amount, excluded.currency, excluded.kind, excluded.credit_left, true)
"""
ITEM = """
INSERT INTO bill_item (account_id, bill_number, item, kind, name, net, tax)
VALUES (%(account_id)s, %(number)s, 1, 'recurring', 'Plan', %(net)s, %(tax)s)
"""
PAYMENT = """
INSERT INTO payment (account_id, payment_ref, bill_number, received_at, amount, currency, method, returned)
VALUES (%(account_id)s, %(ref)s, %(number)s, %(at)s, %(amount)s, %(currency)s, 'card', %(returned)s)
ON CONFLICT (account_id, payment_ref) DO UPDATE
   SET (bill_number, amount, currency, returned, unbooked)
     = (excluded.bill_number, excluded.amount, excluded.currency, excluded.returned, true)
"""
DEPOSIT = """
INSERT INTO deposit (account_id, deposit_ref, taken_on, amount, currency, returned_at)
VALUES (%(account_id)s, 'Z1', '2026-01-05', %(amount)s, 'EUR', %(returned)s)
ON CONFLICT (account_id, deposit_ref) DO UPDATE
   SET (amount, returned_at, unbooked) = (excluded.amount, excluded.returned_at, true)
"""
UNBALANCED = "SELECT transaction_id FROM posting GROUP BY transaction_id, currency HAVING sum(amount) <> 0"
RECEIVABLE = """
SELECT p.bill_number, p.currency, sum(p.amount)::bigint
  FROM posting p JOIN ledger_transaction t ON t.id = transaction_id
 WHERE t.account_id = %(account_id)s AND p.ledger = 'receivable' AND p.bill_number IS NOT NULL GROUP BY 1, 2
HAVING sum(p.amount) <> 0
"""


@dataclass(slots=True)
class Books:
    """One account's money."""

    conn: Connection
    account_id: int

    async def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        cursor = await self.conn.execute(statement.encode(), {"account_id": self.account_id, **values})
        return await cursor.fetchall() if cursor.description else []

    async def bill(self, number: str, amount: int, left: int, currency: str = "EUR", tax: int | None = None) -> None:
        about = {"number": number, "amount": amount, "left": left, "currency": currency, "issued": date(2026, 11, 1)}
        await self.rows(BILL, **about)
        if tax is not None:
            await self.rows(ITEM, number=number, net=amount - tax, tax=tax)

    async def paid(
        self, ref: str, number: str | None, amount: int, currency: str = "EUR", returned: int = 0, at: datetime = NOW
    ) -> None:
        about = {"ref": ref, "number": number, "amount": amount, "currency": currency, "at": at, "returned": returned}
        await self.rows(PAYMENT, **about)

    async def book(self) -> int:
        return await book_imported(self.conn, NOW, [self.account_id])

    async def receivable(self) -> dict[tuple[str, str], int]:
        return {(bill, currency): amount for bill, currency, amount in await self.rows(RECEIVABLE)}

    async def ledger(self, kind: str) -> list[tuple[Any, ...]]:
        return await self.rows(
            "SELECT p.ledger, p.amount, p.bill_number FROM posting p JOIN ledger_transaction t ON t.id = transaction_id"
            " WHERE t.account_id = %(account_id)s AND t.kind = %(kind)s ORDER BY t.id, p.entry",
            kind=kind,
        )

    async def statement(self, since: date = date(2026, 1, 1), until: date = TODAY) -> Statement:
        return await statement(self.conn, self.account_id, since, until)


async def opened(conn: Connection) -> Books:
    row = await (await conn.execute(ACCOUNT)).fetchone()
    assert row is not None
    return Books(conn, row[0])


def on_one_database(url: str, example: Callable[[Books], Awaitable[None]]) -> None:
    """For Hypothesis: each example on an account of its own."""

    async def run() -> None:
        async with Database(url, size=1) as database, database.transaction() as conn:
            await example(await opened(conn))

    asyncio.run(run())


def transaction(account_id: int, source: str, *postings: Posting) -> Transaction:
    return Transaction(account_id, "charge", source, TODAY, postings)


CURRENCY = st.sampled_from(["EUR", "JPY"])
LEDGERS: st.SearchStrategy[Ledger] = st.sampled_from(
    ["receivable", "revenue", "tax", "cash", "elsewhere", "deposits", "written_off"]
)


@st.composite
def balanced(draw: st.DrawFn) -> Sequence[Posting]:
    postings: list[Posting] = []
    for currency in draw(st.lists(CURRENCY, max_size=2, unique=True)):
        amounts = draw(st.lists(st.integers(-(10**12), 10**12), max_size=4))
        postings += [Posting(draw(LEDGERS), currency, amount) for amount in [*amounts, -sum(amounts)]]
    return postings


@MANY
@given(written=st.lists(balanced(), max_size=6), taken_back=st.sets(st.integers(0, 5)))
def test_postings_balance_whatever_is_booked_and_reversed(
    database_url: str, written: list[Sequence[Posting]], taken_back: set[int]
) -> None:
    async def example(books: Books) -> None:
        ones = [transaction(books.account_id, f"T{at}", *postings) for at, postings in enumerate(written)]
        ids = await book(books.conn, ones, NOW)
        assert len(ids) == len(ones)
        assert await book(books.conn, ones, NOW) == {}
        some = [id_ for at, id_ in enumerate(ids.values()) if at in taken_back]
        assert await reverse(books.conn, some, NOW) == len(some)
        assert await reverse(books.conn, some, NOW) == 0
        assert await books.rows(UNBALANCED) == []
        await reverse(books.conn, ids.values(), NOW)
        left = await books.rows(
            "SELECT ledger, sum(amount) FROM posting JOIN ledger_transaction t ON t.id = transaction_id"
            " WHERE account_id = %(account_id)s GROUP BY ledger, currency HAVING sum(amount) <> 0"
        )
        assert left == []

    on_one_database(database_url, example)


NUMBERS = st.sampled_from(["B1", "B2", "B3"])
CHANGES = st.one_of(
    st.tuples(st.just("bill"), NUMBERS, st.integers(0, 50), st.integers(0, 50), CURRENCY),
    st.tuples(st.just("credit"), NUMBERS, st.integers(-50, -1), st.integers(0, 50), CURRENCY),
    st.tuples(
        st.just("paid"), st.sampled_from(["P1", "P2"]), st.integers(1, 50), st.integers(0, 50), st.none() | NUMBERS
    ),
    st.tuples(st.just("deposit"), st.just(""), st.integers(1, 9), st.booleans(), st.none()),
)


@MANY
@given(imports=st.lists(st.lists(CHANGES, max_size=3), max_size=5))
def test_what_is_open_of_a_bill_is_what_the_ledger_has_whatever_is_imported(
    database_url: str, imports: list[list[Any]]
) -> None:
    async def example(books: Books) -> None:
        left: Counter[tuple[str, str]] = Counter()
        for changes in imports:
            for what, name, amount, other, where in changes:
                if what == "deposit":
                    await books.rows(DEPOSIT, amount=amount, returned=NOW if other else None)
                elif what == "paid":
                    await books.paid(name, where if any(key[0] == where for key in left) else None, amount)
                    await books.rows("UPDATE bill SET unbooked = true WHERE account_id = %(account_id)s")
                else:
                    open_ = max(amount, -other) if what == "credit" else min(amount, other)
                    await books.bill(name, amount, open_, where)
                    left = Counter({key: value for key, value in left.items() if key[0] != name})
                    left[name, where] = open_
            await books.book()
            assert await books.rows(UNBALANCED) == []
            assert await books.receivable() == {key: value for key, value in left.items() if value}
            assert await books.book() == 0
        told = await books.statement()
        assert {row.currency: row.balance for row in told.rows} == dict(told.closing)

    on_one_database(database_url, example)


@pytest.fixture
async def books(database: Database) -> Any:
    async with database.transaction() as conn:
        yield await opened(conn)


def test_a_transaction_that_does_not_balance_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="does not balance"):
        transaction(1, "T", Posting("cash", "EUR", 5), Posting("receivable", "USD", -5))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("INSERT INTO posting SELECT id, 9, 'cash', 'EUR', 1 FROM ledger_transaction", "is equal"),
        ("UPDATE posting SET amount = amount + 1", "append-only"),
        ("DELETE FROM posting", "append-only"),
        ("TRUNCATE posting", "append-only"),
        ("UPDATE ledger_transaction SET dated = '2020-01-01'", "append-only"),
        ("DELETE FROM ledger_transaction", "append-only"),
    ],
)
async def test_the_database_refuses_what_does_not_balance_and_every_edit(books: Books, change: str, why: str) -> None:
    await books.bill("B1", 1190, 1190, tax=190)
    await books.book()
    with pytest.raises(psycopg.IntegrityError, match=why):
        async with books.conn.transaction():
            await books.rows(change)


async def test_a_bill_is_booked_with_its_tax_and_once(books: Books) -> None:
    await books.bill("B1", 1190, 1190, tax=190)
    assert await books.book() == 1
    assert await books.ledger("bill") == [("receivable", 1190, "B1"), ("revenue", -1000, None), ("tax", -190, None)]
    assert await books.book() == 0


async def test_a_bill_paid_before_we_knew_of_it_is_settled_elsewhere(books: Books) -> None:
    await books.bill("B1", 1000, 400)
    assert await books.book() == 2
    assert await books.ledger("settled_elsewhere") == [("receivable", -600, "B1"), ("elsewhere", 600, None)]
    assert (await books.statement(until=date(2026, 11, 1))).closing == {"EUR": 400}


async def test_a_payment_that_we_learn_of_later_takes_the_place_of_what_was_settled_elsewhere(books: Books) -> None:
    await books.bill("B1", 1000, 0)
    await books.book()
    await books.paid("P1", "B1", 1000)
    await books.bill("B1", 1000, 0)
    await books.book()
    assert (await books.rows("SELECT sum(amount) FROM posting WHERE ledger = 'elsewhere'")) == [(0,)]
    assert await books.receivable() == {}


async def test_money_on_the_account_pays_the_bills_that_the_carrier_calls_paid(books: Books) -> None:
    await books.paid("P1", None, 1500)
    await books.bill("B1", 1000, 0)
    await books.bill("B2", 1000, 0)
    await books.book()
    assert await books.ledger("settled_elsewhere") == [
        ("receivable", -1000, "B1"),
        ("receivable", 1000, None),
        ("receivable", -1000, "B2"),
        ("receivable", 500, None),
        ("elsewhere", 500, None),
    ]


async def test_a_bill_that_changed_is_reversed_and_booked_again_on_the_day_we_learned_it(books: Books) -> None:
    await books.bill("B1", 1190, 1190)
    await books.book()
    before = await books.statement(until=date(2026, 11, 23))
    await books.bill("B1", 990, 990)
    assert await books.book() == 2
    assert await books.statement(until=date(2026, 11, 23)) == before
    told = [(row.dated, row.kind, row.amount, row.balance) for row in (await books.statement()).rows]
    assert told == [
        (date(2026, 11, 1), "bill", 1190, 1190),
        (TODAY, "reversal", -1190, 0),
        (TODAY, "bill", 990, 990),
    ]


async def test_a_payment_that_bounced_is_taken_back(books: Books) -> None:
    await books.bill("B1", 1000, 0)
    await books.paid("P1", "B1", 1000)
    await books.book()
    await books.bill("B1", 1000, 1000)
    await books.paid("P1", "B1", 1000, returned=1000)
    await books.book()
    assert await books.receivable() == {("B1", "EUR"): 1000}
    assert (await books.statement()).closing == {"EUR": 1000}


async def test_a_payment_for_a_bill_that_the_final_bill_took_over_stays_on_the_account(books: Books) -> None:
    await books.bill("B1", 1000, 1000)
    await books.book()
    moved = (Posting("receivable", "EUR", -1000, "B1"), Posting("receivable", "EUR", 1000, "F1"))
    await book(books.conn, [Transaction(books.account_id, "final_bill", "final bill F1", TODAY, moved)], NOW)
    await books.paid("P1", "B1", 1000)
    await books.bill("B1", 1000, 1000)
    await books.book()
    assert await books.receivable() == {("F1", "EUR"): 1000}
    assert (await books.statement()).closing == {"EUR": 0}


async def test_a_statement_opens_with_what_was_before_and_keeps_currencies_and_deposits_apart(books: Books) -> None:
    await books.bill("B1", 1000, 600)
    await books.bill("J1", 980, 980, "JPY")
    await books.bill("N1", -700, -300)
    await books.paid("P1", "B1", 400, at=NOW - timedelta(days=3))
    await books.rows(DEPOSIT, amount=5000, returned=None)
    await books.book()
    told = await books.statement(since=date(2026, 11, 2))
    assert (told.opening, told.closing) == ({"EUR": 700, "JPY": 980}, {"EUR": 300, "JPY": 980})
    assert [(row.source, row.dated, row.amount, row.balance) for row in told.rows] == [
        ("payment P1", date(2026, 11, 21), -400, 300)
    ]
    assert told.deposits == {"EUR": 5000}


async def test_what_is_booked_for_thousands_is_booked_in_batches(books: Books) -> None:
    await books.rows(
        "INSERT INTO bill (account_id, bill_number, issued_on, amount, open_amount, currency)"
        " SELECT %(account_id)s, 'B' || n, '2026-11-01', n, 0, 'EUR' FROM generate_series(1, 4500) n"
    )
    assert await books.book() == 9000
    assert await books.receivable() == {}
