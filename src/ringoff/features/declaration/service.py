"""What can be done with a declaration: receive, find, verify it, let it expire, erase it. It never touches a line."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ringoff.db.pool import Connection
from ringoff.features import letters, proof
from ringoff.features.declaration import store
from ringoff.features.declaration.model import Declaration, Statement, declaration_number
from ringoff.features.declaration.words import kind, wanted
from ringoff.features.identity import Identity, Visit, throttle
from ringoff.features.letters import Letter
from ringoff.features.rules import Limit, RulePack
from ringoff.kit.actor import SYSTEM, Actor
from ringoff.kit.errors import Conflict, InvalidInput, NotFound
from ringoff.kit.i18n import Language, phrases

_DECLARANT = "declarant"


async def declare(
    conn: Connection, ctx: Identity, pack: RulePack, said: Statement, language: Language, visit: Visit, now: datetime
) -> Declaration:
    """Received with its date and time, and acknowledged to the given contact in the same transaction.

    Raises InvalidInput (`declaration_invalid`, see `Statement.problems`) or Unavailable (`too_many_tries`).
    """
    said = said.tidied()
    if problems := said.problems(pack, now):
        raise InvalidInput("declaration_invalid", "The declaration cannot be taken so.", problems=problems)
    buckets = _buckets(pack, said, visit)
    await throttle.check(conn, buckets, now)
    await throttle.count(conn, buckets, now)
    expires_at = now + pack.declaration.expires_after
    erase_at = expires_at + pack.declaration.erased_after
    when = {"received_at": now, "expires_at": expires_at, "erase_at": erase_at}
    values = {**when, "rule_pack": pack.label, "locale": language}
    row = await (await conn.execute(store.INSERT, {**values, **asdict(said)})).fetchone()
    assert row is not None
    received = Declaration(row[0], now, expires_at, pack.label, language, said, "received", None, None)
    actor = Actor(_DECLARANT, "web", visit.ip)
    await _record(conn, "received", received.id, actor, now, rule_pack=pack.label, kind=said.kind)
    await letters.post(conn, [_acknowledgement(received, language)], now, ctx.seal, ctx.mail)
    return received


async def get(conn: Connection, declaration_id: int) -> Declaration:
    """Raises NotFound (`declaration_unknown`)."""
    return await _one(conn, store.ONE, declaration_id)


async def lock(conn: Connection, declaration_id: int) -> Declaration:
    """One that still waits, held until the transaction ends. Raises NotFound, or Conflict (`declaration_settled`)."""
    found = await _one(conn, store.ONE_LOCKED, declaration_id)
    if found.state != "received":
        message = f"Declaration {found.number} is {found.state}."
        raise Conflict("declaration_settled", message, state=found.state)
    return found


async def waiting(conn: Connection, limit: int = 200) -> list[Declaration]:
    """Those that nobody has verified yet, the one that expires next first."""
    cursor = await conn.execute(store.WAITING, {"limit": limit})
    return [_declaration(row) for row in await cursor.fetchall()]


async def verified(conn: Connection, declared: Declaration, case_id: int, actor: Actor, now: datetime) -> None:
    """It has become this case. Its row is held by `lock`."""
    await conn.execute(store.VERIFIED, {"id": declared.id, "case_id": case_id, "now": now})
    await _record(conn, "verified", declared.id, actor, now)


async def expire(conn: Connection, now: datetime, *, limit: int, actor: Actor = SYSTEM) -> int:
    """Let go of what nobody verified in time; how many there were."""
    cursor = await conn.execute(store.EXPIRE, {"now": now, "limit": limit})
    expired = [row[0] for row in await cursor.fetchall()]
    await proof.record(conn, [_event("expired", each, actor, now) for each in expired])
    return len(expired)


async def erase(conn: Connection, now: datetime, *, limit: int, actor: Actor = SYSTEM) -> int:
    """What lapsed ones said, and to whom we wrote, is erased in time, in our letter as well; how many there were.

    Of each stays that it existed, its kind, when it came and how it ended: here and in the audit log, which names
    nobody. One that became a case stays as it is: it is that case's ground.
    """
    cursor = await conn.execute(store.ERASE, {"now": now, "limit": limit})
    erased = [row[0] for row in await cursor.fetchall()]
    if erased:
        await letters.erase(conn, "declaration_received", [declaration_number(each) for each in erased])
    await proof.record(conn, [_event("erased", each, actor, now) for each in erased])
    return len(erased)


def _acknowledgement(received: Declaration, language: Language) -> Letter:
    """Content, date and time, on a durable medium (§ 312k (4) BGB; Directive 2011/83/EU, Article 11a (4))."""
    said, say = received.said, phrases(language)
    wish = [kind(said, say), said.reason, wanted(said, say)]
    facts = {
        "received_at": received.received_at.isoformat(),
        "holder_name": said.holder_name,
        "contract": said.contract,
        "wanted": " · ".join(part for part in wish if part),
        "reference": received.number,
    }
    return Letter("declaration_received", said.contact, language, facts)


def _buckets(pack: RulePack, said: Statement, visit: Visit) -> list[throttle.Bucket]:
    """By contact, so that nobody is flooded with our letters; by address and network, so that nobody floods us."""
    rules = pack.declaration
    contact = hashlib.sha256(said.contact.casefold().encode()).hexdigest()[:32]
    found = [throttle.Bucket(f"declared:{contact}", Limit(most=rules.most_by_contact, within=rules.within))]
    if visit.ip is not None:
        by_address = Limit(most=rules.most_by_address, within=rules.within)
        found.append(throttle.Bucket(f"declared:{visit.ip}", by_address))
        found.append(throttle.Bucket(f"declared:{visit.network}", pack.identity.limits.asks_network))
    return found


async def _one(conn: Connection, statement: str, declaration_id: int) -> Declaration:
    row = await (await conn.execute(statement, {"id": declaration_id})).fetchone()
    if row is None:
        message = f"There is no declaration {declaration_number(declaration_id)}."
        raise NotFound("declaration_unknown", message)
    return _declaration(row)


def _declaration(row: Sequence[Any]) -> Declaration:
    id_, received_at, expires_at, rule_pack, locale, state, settled_at, case_id, erased_at, *said = row
    when = received_at, expires_at
    return Declaration(id_, *when, rule_pack, locale, Statement(*said), state, settled_at, case_id, erased_at)


async def _record(conn: Connection, what: str, declaration_id: int, actor: Actor, now: datetime, **detail: str) -> None:
    await proof.record(conn, [_event(what, declaration_id, actor, now, **detail)])


def _event(what: str, declaration_id: int, actor: Actor, now: datetime, **detail: str) -> proof.Event:
    """Names the declaration and nobody: whoever declared is a stranger to us."""
    told = {"declaration": declaration_number(declaration_id), **detail}
    return proof.Event(type=f"declaration.{what}", actor=actor, at=now, detail=told)
