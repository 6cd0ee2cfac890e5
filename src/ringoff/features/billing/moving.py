"""What follows when money has moved, or could not: booked, written to its bill and payment, and told, all set-based.

Whoever moves it, the processor, a person with a transfer or the holder with a link, ends here.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.billing import moving_store as store
from ringoff.features.billing.ledger import Posting, Transaction, book
from ringoff.kit.actor import SYSTEM, Actor
from ringoff.kit.ids import subject_number


async def lock(conn: Connection, movement_ids: Collection[int]) -> None:
    """The bills and payments that these movements settle, in one order for everybody."""
    ids = {"ids": arrays.ints(sorted(movement_ids))}
    await conn.execute(store.LOCK_BILLS, ids)
    await conn.execute(store.LOCK_PAYMENTS, ids)


async def moved(conn: Connection, references: Mapping[int, str | None], actor: Actor, now: datetime) -> set[int]:
    """These movements are done; by id what they are called where they were made. The caller holds `lock`.

    Returns those that were still due: only these were booked.
    """
    if not references:
        return set()
    asked = {"ids": arrays.ints(references), "references": arrays.texts(list(references.values())), "now": now}
    done = {row[0] for row in await (await conn.execute(store.DONE, asked)).fetchall()}
    if done:
        ids = {"ids": arrays.ints(done), "now": now}
        await conn.execute(store.REFUNDED, ids)
        rows = await (await conn.execute(store.TO_BOOK, ids)).fetchall()
        await book(conn, [_transaction(*row) for row in rows], now)
        await tell_states(conn, done, actor, now)
    return done


async def paid_by_holders(conn: Connection, bills: Collection[tuple[int, str]], now: datetime) -> None:
    """Payments for these bills, by account and number, were booked: what was to be paid is paid, or less is left."""
    asked = {
        "account_ids": arrays.ints([account_id for account_id, _ in bills]),
        "numbers": arrays.texts([number for _, number in bills]),
        "now": now,
    }
    paid = [row[0] for row in await (await conn.execute(store.PAID_BY_HOLDERS, asked)).fetchall()]
    if paid:
        await tell_states(conn, paid, SYSTEM, now)


async def find_another_way(conn: Connection, movement_ids: Collection[int], actor: Actor, now: datetime) -> None:
    """The processor cannot: a refund becomes a transfer, which a person sees to, and a charge a link for the holder."""
    cursor = await conn.execute(store.FAILED, {"ids": arrays.ints(movement_ids)})
    failed = [row[0] for row in await cursor.fetchall()]
    if failed:
        ids = {"ids": arrays.ints(failed), "now": now}
        await conn.execute(store.OTHER_WAY, ids)
        await conn.execute(store.VOID_FAILED, ids)
        await tell_states(conn, failed, actor, now)


async def resolve(conn: Connection, movement_id: int, done: bool, why: str, actor: Actor, now: datetime) -> None:
    """A person says how it ended: it was paid after all, or is not to go this way."""
    if done:
        await moved(conn, {movement_id: why}, actor, now)
    else:
        await find_another_way(conn, [movement_id], actor, now)


async def on_their_way(conn: Connection, references: Mapping[int, str]) -> None:
    """The processor has taken these, and will tell how they ended."""
    if references:
        asked = {"ids": arrays.ints(references), "references": arrays.texts(list(references.values()))}
        await conn.execute(store.ON_THEIR_WAY, asked)


async def tell_states(conn: Connection, movement_ids: Collection[int], actor: Actor, now: datetime) -> None:
    """How the bills of these movements stand now; one that is settled is told."""
    cursor = await conn.execute(store.STATES, {"ids": arrays.ints(movement_ids), "now": now})
    events = [
        proof.Event(subject_id=case_id, type="final_bill.settled", actor=actor, at=now, detail={"bill": number})
        for case_id, number, state in await cursor.fetchall()
        if state == "settled"
    ]
    await proof.record(conn, events)


def _transaction(
    id_: int, account_id: int, kind: str, amount: int, currency: str, bill_number: str, dated: date
) -> Transaction:
    """Paid in: cash against what was owed for the bill; paid out: the other way round."""
    size = amount if kind == "charge" else -amount
    postings = (Posting("cash", currency, size), Posting("receivable", currency, -size, bill_number))
    source = f"{kind} {subject_number(id_)}"
    return Transaction(account_id, "charge" if kind == "charge" else "refund", source, dated, postings)
