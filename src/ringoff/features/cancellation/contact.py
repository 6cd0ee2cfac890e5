"""The contact that a visitor gives when they leave: it gets a link to confirm it, and nothing of the case before that.

Whoever is signed in may be a thief, or may have mistyped. So the letter names no line, no case and no account; the
contacts of record are told as ever. Once confirmed, the contact gets the notices that follow, and the latest one again:
of a line that has closed meanwhile, the confirmation. The address, not the case, is confirmed: one link does for all
cases of the account that name it.
"""

from collections.abc import Sequence
from datetime import datetime

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features import identity, letters, proof
from ringoff.features.cancellation import store
from ringoff.features.cancellation.again import LATEST
from ringoff.features.cancellation.case import Changes, lock
from ringoff.features.cancellation.terms import Terms
from ringoff.features.identity import Identity, links, throttle
from ringoff.features.letters import Letter
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Unavailable
from ringoff.kit.secrets import SecretStr

_CASES_MOST = 1_000


async def ask_to_confirm(
    conn: Connection, ctx: Identity, case_ids: Sequence[int], actor: Actor, now: datetime, *, again: bool = False
) -> None:
    """A link to each contact of these cases that nobody has confirmed. `again`: also where one is under way.

    At most so many an hour and account: each goes to an address that may be anybody's. Leaving never fails by that: a
    letter that was not sent can be asked for. Only then, with `again`, raises Unavailable (`too_many_tries`).
    """
    if not ctx.mail or ctx.seal is None:
        return
    cursor = await conn.execute(store.UNCONFIRMED, {"ids": arrays.ints(case_ids)})
    found = await cursor.fetchall()
    for account_id, address, locale, jurisdiction in dict.fromkeys(row[1:] for row in found):
        if not again and await links.is_under_way(conn, "case_contact", account_id, address, now):
            continue
        rules = ctx.pack(jurisdiction).identity
        buckets = throttle.asks_about(f"case_contact:{account_id}", rules.limits)
        if await throttle.is_full(conn, buckets, now):
            if again:
                raise Unavailable("too_many_tries", "Several links were sent within the hour. Try again later.")
            continue
        await throttle.count(conn, buckets, now)
        lives = rules.contact_link_lives
        link = await identity.make_link(
            conn, ctx, "case_contact", account_id=account_id, subject=address, lives=lives, now=now
        )
        letter = Letter("contact_confirm", address, locale, {"until": (now + lives).isoformat()}, link)
        await letters.post(conn, [letter], now, ctx.seal, ctx.mail)
        about = [row[0] for row in found if row[1:3] == (account_id, address)]
        await proof.record(
            conn, [proof.Event(subject_id=each, type="case.contact_asked", actor=actor, at=now) for each in about]
        )


async def confirm_contact(conn: Connection, terms: Terms, token: SecretStr, actor: Actor, now: datetime) -> None:
    """Whoever reads there wants our mail. Cases that ended longer ago than a link lives are not told of any more.

    Raises Unauthenticated (`link_invalid`).
    """
    link = await identity.use_link(conn, "case_contact", token, now)
    naming = {"account_id": link.account_id, "address": link.subject, "limit": _CASES_MOST}
    cursor = await conn.execute(store.NAMING_CONTACT, naming)
    cases = await lock(conn, [row[0] for row in await cursor.fetchall()])
    await conn.execute(store.CONFIRM_CONTACT, {"ids": arrays.ints(list(cases)), "now": now})
    changes = Changes(terms, actor, now)
    for case in cases.values():
        case.contact_email = link.subject
        changes.tell(case.id, "case.contact_confirmed")
        lives = terms.rules.labelled(case.rule_pack).identity.contact_link_lives
        if case.state in LATEST and (case.ended_at is None or now - case.ended_at <= lives):
            changes.notify_contact(case, LATEST[case.state])
    await changes.write(conn)
