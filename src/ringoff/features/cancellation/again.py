"""Telling it once more: what the holder was last told of a case, to the contacts of record, as it stands now."""

from collections.abc import Mapping
from datetime import datetime

from ringoff.db.pool import Connection
from ringoff.features.cancellation.case import Changes, lock_one
from ringoff.features.cancellation.model import State
from ringoff.features.cancellation.terms import Terms
from ringoff.features.identity import throttle
from ringoff.features.notices import NoticeType
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict
from ringoff.kit.ids import CaseId

LATEST: Mapping[State, NoticeType] = {
    State.IN_REVIEW: "acknowledged",
    State.SCHEDULED: "scheduled",
    State.RELEASING: "scheduled",
    State.CLOSED: "closed",
    State.WITHDRAWN: "withdrawn",
    State.DECLINED: "declined",
}
"""What somebody missed. Of one that is being given back, the end is still to be told."""


async def tell_again(conn: Connection, terms: Terms, case_id: CaseId, *, actor: Actor, now: datetime) -> None:
    """A few times an hour at most. Raises NotFound, Conflict (`nothing_to_tell`), Unavailable (`too_many_tries`)."""
    case = await lock_one(conn, case_id)
    if case.state not in LATEST:
        raise Conflict("nothing_to_tell", f"Of case {case.number} there is nothing to tell yet.")
    pack = terms.rules.labelled(case.rule_pack)
    buckets = throttle.asks_about(f"again:{case.id}", pack.identity.limits)
    await throttle.check(conn, buckets, now)
    await throttle.count(conn, buckets, now)
    changes = Changes(terms, actor, now)
    changes.notify(case, LATEST[case.state], pack)
    changes.tell(case.id, "case.told_again", notice=LATEST[case.state])
    await changes.write(conn)
