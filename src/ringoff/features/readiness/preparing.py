"""What a holder sees to before leaving. Asked by pages alone: intake, which is fast, knows nothing of it."""

from collections.abc import Sequence
from datetime import datetime

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import directory, proof
from ringoff.features.readiness import store
from ringoff.features.readiness.model import CHECKLIST, Binding, LineFacts, Preparation
from ringoff.kit.actor import Actor
from ringoff.kit.errors import InvalidInput, NotFound

_BINDINGS_MOST = 200


async def preparation(conn: Connection, line_id: int) -> Preparation:
    """Raises NotFound where there is no such line."""
    row = await (await conn.execute(store.PREPARED, {"line_id": line_id})).fetchone()
    if row is None:
        raise NotFound("line_unknown", "There is no such line.")
    imei, ticked, dependants = row
    cursor = await conn.execute(store.BINDINGS, {"line_id": line_id, "limit": _BINDINGS_MOST})
    bindings = [Binding(*binding) for binding in await cursor.fetchall()]
    unpaid = await directory.unpaid_bills_of_line(conn, line_id)
    return Preparation(imei, frozenset(ticked), dependants, bindings, unpaid)


async def unlink(conn: Connection, line: LineFacts, binding_id: int, actor: Actor, now: datetime) -> None:
    """Once; again it changes nothing. NotFound for what does not hang on this line, or cannot be unlinked here.

    An import does not bring back what was unlinked: its file may be older.
    """
    which = {"binding_id": binding_id, "line_id": line.line_id}
    row = await (await conn.execute(store.UNLINK, {**which, "now": now})).fetchone()
    if row is None:
        if await (await conn.execute(store.IS_LINKABLE, which)).fetchone() is None:
            raise NotFound("binding_unknown", "There is nothing here that could be unlinked.")
        return
    detail = {"line": line.line_ref, "binding": binding_id, "kind": row[0]}
    await proof.record(conn, [proof.Event(type="binding.unlinked", actor=actor, at=now, detail=detail)])


async def keep_checklist(conn: Connection, line: LineFacts, items: Sequence[str], now: datetime) -> None:
    """These are ticked, the others are not. A tick keeps the time at which it was first made."""
    if not set(items) <= set(CHECKLIST):
        raise InvalidInput("checklist_invalid", "This is not on the list.")
    chosen = {"line_id": line.line_id, "items": arrays.texts(list(items)), "now": now}
    await conn.execute(store.UNTICK, chosen)
    await conn.execute(store.TICK, chosen)
