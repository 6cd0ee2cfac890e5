"""What the carrier does when it is asked. Each function that takes `db` runs inside one transaction of the ledger."""

import sqlite3
import time
from dataclasses import dataclass
from typing import Any

IDENTITY = ("msisdn", "imsi", "iccid")

FIND_WORK = "SELECT * FROM work WHERE id = ?"
ASKED_AGAIN = "UPDATE work SET asked = asked + 1 WHERE id = ?"
TAKE = """
INSERT INTO work (id, type, line_ref, case_number, msisdn, imsi, iccid, status, due_at, told)
VALUES (:id, :type, :line_ref, :case_number, :msisdn, :imsi, :iccid, 'accepted', :due_at, :told)
ON CONFLICT (id) DO UPDATE SET status = 'accepted', why = NULL, due_at = excluded.due_at, told = excluded.told
"""
DONE = "UPDATE work SET status = 'done', effects = effects + ? WHERE id = ?"
NOT_DONE = "UPDATE work SET status = 'needs_person', why = ? WHERE id = ?"
DUE = "SELECT * FROM work WHERE status = 'accepted' AND due_at <= ? ORDER BY due_at LIMIT 500"
FIND_LINE = "SELECT * FROM line WHERE line_ref = ?"
SET_STATE = "UPDATE line SET state = :state WHERE line_ref = :line_ref AND state <> :state"
KEEP_MESSAGE = """
INSERT INTO message (id, "to", text, case_number) VALUES (:id, :to, :text, :case_number) ON CONFLICT (id) DO NOTHING
"""

Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Manner:
    """How this carrier answers: at once, or `later`, after `delay` seconds."""

    later: bool
    delay: float
    calls_back: bool


def take(db: sqlite3.Connection, asked: dict[str, Any], manner: Manner) -> Answer:
    """One POST /releases. The id is remembered in the transaction of the effect: a repeat only hears how it stands."""
    known = db.execute(FIND_WORK, (asked["id"],)).fetchone()
    if known:
        db.execute(ASKED_AGAIN, (asked["id"],))
        if known["status"] != "needs_person":
            return answer(known, manner)
    if why := objection(db, asked):
        return 409, {"status": "needs_person", "why": why}
    told = not (manner.later and manner.calls_back)
    db.execute(TAKE, {**asked, "due_at": time.time() + manner.delay, "told": told})
    if not manner.later:
        carry_out(db, asked)
    return answer(db.execute(FIND_WORK, (asked["id"],)).fetchone(), manner)


def objection(db: sqlite3.Connection, asked: dict[str, Any] | sqlite3.Row) -> str | None:
    """Why this must not be done: the line is not the one that was meant, or somebody else has released it."""
    line = db.execute(FIND_LINE, (asked["line_ref"],)).fetchone()
    if line is None:
        return "no such line"
    other = [name for name in IDENTITY if line[name] and asked[name] and line[name] != asked[name]]
    if other:
        return f"the line has another {', '.join(other)}"
    return "the line is gone already" if asked["type"] == "release" and line["state"] == "absent" else None


def carry_out(db: sqlite3.Connection, work: dict[str, Any] | sqlite3.Row) -> None:
    state = "absent" if work["type"] == "release" else "present"
    changed = db.execute(SET_STATE, {"state": state, "line_ref": work["line_ref"]}).rowcount
    db.execute(DONE, (changed, work["id"]))


def carry_out_due(db: sqlite3.Connection) -> None:
    """Do the accepted work whose time has come; between then and now, things may have changed."""
    for work in db.execute(DUE, (time.time(),)).fetchall():
        if why := objection(db, work):
            db.execute(NOT_DONE, (why, work["id"]))
        else:
            carry_out(db, work)


def answer(work: sqlite3.Row | dict[str, Any], manner: Manner) -> Answer:
    """How a piece of work stands, in the words of the protocol."""
    reference = f"R-{work['number']}"
    match work["status"]:
        case "done":
            return 200, {"status": "done", "reference": reference}
        case "accepted":
            return 202, {"status": "accepted", "reference": reference, "ask_in_seconds": max(manner.delay, 0.2)}
        case _:
            return 409, {"status": "needs_person", "reference": reference, "why": work["why"]}


def keep_message(db: sqlite3.Connection, message: dict[str, Any]) -> None:
    db.execute(KEEP_MESSAGE, message)
