"""The papers of a representation: sealed, told by what is in them, and each look at one in the audit log."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ringoff.db.pool import Connection
from ringoff.features import subject_keys
from ringoff.features.identity import Identity
from ringoff.features.representation import store
from ringoff.features.representation.inspecting import inspect
from ringoff.features.representation.model import Item, Paper, PaperLine, Representation
from ringoff.features.representation.service import part_of, read, record
from ringoff.features.rules import ProofRules
from ringoff.features.staff import Member
from ringoff.kit.errors import Conflict, InvalidInput, NotFound
from ringoff.kit.secrets import Seal

PAPERS_MOST = 20


async def checklist(conn: Connection, ctx: Identity, id_: int, member: Member) -> Sequence[Item]:
    """What has to be proved, in its order, and what was handed in for it. Raises NotFound, NotAllowed."""
    member.require("representatives")
    return await items(conn, ctx, await read(conn, ctx, id_))


async def items(conn: Connection, ctx: Identity, of: Representation) -> Sequence[Item]:
    handed_in: dict[str, list[PaperLine]] = defaultdict(list)
    rows = await (await conn.execute(store.PAPERS, {"id": of.id})).fetchall()
    key = await subject_keys.take(conn, ctx.own_seal, of.account_id, part_of(of.id)) if rows else None
    for row in rows:
        assert key is not None
        handed_in[row[1]].append(_line(key, row))
    proofs = ctx.rules.labelled(of.rule_pack).representation.routes[of.route].proofs
    return [_item(name, rules, handed_in[name]) for name, rules in proofs.items()]


async def add_paper(
    conn: Connection,
    ctx: Identity,
    id_: int,
    item: str,
    name: str,
    content: bytes,
    member: Member,
    now: datetime,
    *,
    address: str | None = None,
) -> int:
    """`item`: what of the checklist it proves. Returns the paper's id.

    Raises InvalidInput (`item_unknown`, and as `inspect`), Conflict (`representation_decided`, `papers_most`,
    `paper_known`), NotFound, NotAllowed.
    """
    member.require("representatives")
    media_type, plain_name = await asyncio.to_thread(inspect, name, content)
    of = await read(conn, ctx, id_, lock=True)
    of.must_be_open()
    proofs = ctx.rules.labelled(of.rule_pack).representation.routes[of.route].proofs
    if item not in proofs:
        raise InvalidInput("item_unknown", f"This checklist has {', '.join(proofs)}.", item=item[:40])
    held = await (await conn.execute(store.COUNT, {"id": id_})).fetchone()
    if held is not None and held[0] >= PAPERS_MOST:
        raise Conflict("papers_most", f"At most {PAPERS_MOST} papers are kept.")
    key = await subject_keys.hold(conn, ctx.own_seal, of.account_id, part_of(id_), now)
    values: dict[str, Any] = {
        "id": id_,
        "item": item,
        "media_type": media_type,
        "size": len(content),
        "name": key.close(plain_name.encode()),
        "digest": hashlib.sha256(content).digest(),
        "content": await asyncio.to_thread(key.close, content),
        "staff_id": member.id,
        "now": now,
    }
    row = await (await conn.execute(store.ADD, values)).fetchone()
    if row is None:
        raise Conflict("paper_known", "This very paper has been handed in for this already.")
    await record(conn, "paper_added", id_, member.actor(address), now, paper=row[0], item=item)
    return int(row[0])


async def paper(
    conn: Connection, ctx: Identity, paper_id: int, member: Member, now: datetime, *, address: str | None = None
) -> Paper:
    """Each look is in the audit log. Raises NotFound (`paper_unknown`, `erased`), NotAllowed (`permission_missing`)."""
    member.require("representatives")
    row = await (await conn.execute(store.PAPER, {"paper_id": paper_id})).fetchone()
    if row is None:
        raise NotFound("paper_unknown", "There is no such paper.")
    *line, representation_id, content = row
    of = await read(conn, ctx, representation_id)
    key = await subject_keys.take(conn, ctx.own_seal, of.account_id, part_of(of.id))
    assert key is not None
    await record(conn, "paper_read", of.id, member.actor(address), now, paper=paper_id)
    return Paper(_line(key, line), await asyncio.to_thread(key.open, content))


async def drop_paper(
    conn: Connection,
    ctx: Identity,
    id_: int,
    paper_id: int,
    member: Member,
    now: datetime,
    *,
    address: str | None = None,
) -> None:
    """The wrong one: what is in it is gone, that it was there stays. Raises NotFound, Conflict, NotAllowed."""
    member.require("representatives")
    (await read(conn, ctx, id_, lock=True)).must_be_open()
    if await (await conn.execute(store.DROP, {"id": id_, "paper_id": paper_id})).fetchone() is None:
        raise NotFound("paper_unknown", "There is no such paper.")
    await record(conn, "paper_dropped", id_, member.actor(address), now, paper=paper_id)


def _item(name: str, rules: ProofRules, papers: Sequence[PaperLine]) -> Item:
    return Item(name, rules.says, rules.accepts, rules.citation, papers)


def _line(key: Seal, row: Sequence[Any]) -> PaperLine:
    id_, item, name, media_type, size, digest, by, at = row
    return PaperLine(id_, item, key.open(name).decode(), media_type, size, bytes(digest).hex(), by, at)
