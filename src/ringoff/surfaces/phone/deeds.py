"""What the menu does through the features: the same core as the portal's and the desk's, with no other door.

Each deed is one answer to the menu's decisions. What it needs proved it asks of the call, in the transaction that acts.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never

from ringoff.app import App
from ringoff.db.pool import Connection
from ringoff.features import calls, cancellation, directory, identity, readiness, staff
from ringoff.features.calls import Call, keypad, waiting
from ringoff.features.cancellation import Going, Leeway, Receipt, Request, When, casefile
from ringoff.features.identity import Visit
from ringoff.features.readiness import LineFacts
from ringoff.features.rules import RulePack
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, InvalidInput, NotAllowed, RingoffError, Unavailable
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.phone import telling
from ringoff.surfaces.phone.model import Count, Moment, Phrase, Spelled
from ringoff.surfaces.phone.obstacles import LINES_MOST, obstacle, too_many
from ringoff.surfaces.phone.states import (
    PINS_MOST,
    Answer,
    Deed,
    Do,
    Free,
    General,
    Handed,
    HandOver,
    Listed,
    Name,
    Named,
    NobodyFree,
    NotThen,
    Priced,
    Proved,
    State,
    Stuck,
    Told,
    Wrong,
)

_CANNOT_NOW = Stuck([Phrase("cannot_now")])


@dataclass(slots=True)
class Deeds:
    """Of one turn, in one transaction. `secret`: what was typed just now; it goes no further than the check."""

    app: App
    conn: Connection
    now: datetime
    conversation: str
    caller: str | None
    secret: SecretStr | None

    async def do(self, state: State, move: Name | Do | HandOver) -> Answer:
        """What a deed has begun and cannot finish is taken back; what has to count is returned, and stays."""
        try:
            async with self.conn.transaction():
                return await self._do(state, move)
        except NotAllowed as refused:
            return Wrong(too_old=True) if refused.code == "caller_unknown" else _CANNOT_NOW
        except Conflict as refused:
            return Wrong(too_old=True) if refused.code == "call_ended" else _CANNOT_NOW
        except Unavailable as refused:
            return Stuck([Phrase("too_many_tries")]) if refused.code == "too_many_tries" else _CANNOT_NOW
        except RingoffError:
            return _CANNOT_NOW

    async def _do(self, state: State, move: Name | Do | HandOver) -> Answer:
        match move:
            case Name(digits):
                return await self._name(state, digits)
            case HandOver(waits):
                return await self._hand_over(state, waits=waits)
            case Do(deed):
                return await self._deed(state, deed)
        assert_never(move)

    async def _deed(self, state: State, deed: Deed) -> Answer:
        match deed:
            case "general":
                return General(telling.general(self.app.rules.pack(self.app.settings.carrier.jurisdiction)))
            case "check_pin":
                return await self._check_pin(state)
            case "list":
                return await self._list(state)
            case "status":
                return await self._status(state)
            case "findings":
                return await self._findings(state)
            case "inspect":
                return await self._inspect(state)
            case "price":
                return await self._price(state)
            case "cancel":
                return await self._cancel(state)
            case "callback":
                return await self._call_back(state)
            case "unanswered":
                await waiting.left(self.conn, self.conversation, self.now)
                return self._nobody([Phrase("line_nobody_answers")])
        assert_never(deed)

    # ── Who calls ────────────────────────────────────────────────────────────────────────────────────────────────
    async def _name(self, state: State, digits: str | None) -> Named:
        typed = self.caller if digits is None else digits
        country = self.app.settings.hotline.country
        regions = [country] if country else []
        named = await keypad.name(self.conn, self.app.identity, typed or "", regions, self.now, before=state.call)
        return Named(named.account, named.call)

    async def _check_pin(self, state: State) -> Answer:
        if self.secret is None or state.account is None or state.wrong >= PINS_MOST:
            return Wrong()
        who = keypad.Named(state.account, state.call)
        answer = await keypad.prove(self.conn, self.app.identity, who, self.secret, self.caller, self.now)
        return Proved() if isinstance(answer, Call) else Wrong()

    async def _known(self, state: State) -> Call:
        """Raises NotAllowed (`caller_unknown`)."""
        if state.call is None:
            raise NotAllowed("caller_unknown", "The caller has still to prove who they are.")
        call = await calls.call_of(self.conn, state.call)
        call.must_be_proved(self.now)
        return call

    # ── What there is ────────────────────────────────────────────────────────────────────────────────────────────
    async def _list(self, state: State) -> Answer:
        account = await directory.account_by_id(self.conn, (await self._known(state)).account_id)
        ids = await directory.living_lines(self.conn, account.account_number, limit=LINES_MOST + 1)
        facts = await readiness.facts(self.conn, ids)
        if not ids:
            return Stuck([Phrase("no_lines")])
        if too_many(len(ids), account.kind):
            return Stuck([Phrase("too_many_lines")])
        return Listed(tuple(telling.choice_of(facts[id_]) for id_ in sorted(ids)))

    async def _status(self, state: State) -> Answer:
        account = await directory.account_by_id(self.conn, (await self._known(state)).account_id)
        found = await casefile.page(
            self.conn, account_number=account.account_number, in_confidence=False, limit=LINES_MOST
        )
        return Told(telling.cases(found, account.time_zone))

    async def _findings(self, state: State) -> Answer:
        line, pack = await self._line(state)
        return Told(telling.found(readiness.findings(line, pack, self.now), line))

    async def _inspect(self, state: State) -> Answer:
        line, pack = await self._line(state)
        stands = await obstacle(self.conn, line, pack, self.now)
        if stands is not None:
            return Stuck(stands)
        leeway = self._leeway(line, pack)
        return Free(telling.soonest(leeway, line.time_zone), bool(leeway.period_ends([line])))

    async def _line(self, state: State) -> tuple[LineFacts, RulePack]:
        """The one that was chosen, the caller's own. Raises NotAllowed (`caller_unknown`)."""
        call = await self._known(state)
        line = (await readiness.facts(self.conn, [state.line or 0])).get(state.line or 0)
        if line is None or line.account_id != call.account_id:
            raise NotAllowed("caller_unknown", "This line is not the caller's.")
        return line, self.app.rules.pack(line.jurisdiction)

    def _leeway(self, line: LineFacts, pack: RulePack) -> Leeway:
        """A PIN is level 1, whatever else was proved elsewhere."""
        earliest = identity.earliest(1, line.changed_at, pack.identity, self.now)
        return Leeway(pack, self.now, earliest, 1, "phone")

    # ── Leaving ──────────────────────────────────────────────────────────────────────────────────────────────────
    async def _price(self, state: State, *, changed: bool = False) -> Answer:
        line, pack = await self._line(state)
        leeway, when = self._leeway(line, pack), _when(state)
        try:
            starts_at = leeway.starts_at(line, when)
        except InvalidInput as refused:
            unknown = refused.code == "period_unknown"
            return NotThen([Phrase("no_period")] if unknown else telling.days(leeway, line.time_zone))
        if when.day is not None and when.day < leeway.days(line.time_zone)[0]:
            return NotThen(telling.days(leeway, line.time_zone))
        final, going = self.app.terms.final_bills, [Going(line, pack, starts_at)]
        bills = await cancellation.costs(self.conn, going, self.now) if final else []
        money = telling.costs(bills) if final else [Phrase("cost_elsewhere")]
        parts = list(telling.consent(line, leeway, Moment(starts_at, line.time_zone), money))
        return Priced(parts, telling.come_to(bills), changed)

    async def _cancel(self, state: State) -> Answer:
        """What was read out is what is agreed to: if it comes to something else by now, it is read out once more."""
        line, pack = await self._line(state)
        if (stands := await obstacle(self.conn, line, pack, self.now)) is not None:
            return Stuck(stands)
        priced = await self._price(state, changed=True)
        if not isinstance(priced, Priced) or priced.comes_to != state.comes_to:
            return priced
        leeway = self._leeway(line, pack)
        wish = Request(
            line.line_id, _when(state), cooling_off=leeway.cooling_off if leeway.waits else None, level=leeway.level
        )
        who = Actor(f"account:{line.account_number}", "phone")
        (answer,) = await cancellation.request(self.conn, self.app.terms, [wish], who, self.now)
        if isinstance(answer, RingoffError):
            return _CANNOT_NOW
        return await self._made(answer, line, leeway)

    async def _made(self, receipt: Receipt, line: LineFacts, leeway: Leeway) -> Answer:
        new = [receipt.case_id] if receipt.created else []
        await cancellation.offer_veto(self.conn, self.app.identity, line.account_id, new, leeway, Visit())
        case = await casefile.summarise(self.conn, receipt.case_id)
        if case.state.is_open:
            return Told(telling.done(case, line))
        return Stuck([*telling.begun(case, line), Phrase("case_number"), Spelled(case.number)])

    # ── To a person ──────────────────────────────────────────────────────────────────────────────────────────────
    async def _hand_over(self, state: State, *, waits: bool) -> Answer:
        hotline = self.app.settings.hotline
        if not hotline.has_people:
            return self._nobody([Phrase("nobody_here")])
        if not hotline.is_open(self.now):
            return self._nobody([Phrase("closed_until"), Moment(hotline.opens_at(self.now), hotline.zone())])
        before = await waiting.ahead(self.conn, self.now)
        if not waits and before >= await staff.free_agents(self.conn, self.now):
            return self._nobody([Phrase("queue_place"), Count(before)], may_wait=True)
        reference = await waiting.enqueue(
            self.conn,
            self.conversation,
            call=state.call,
            line_id=state.line,
            language=state.language,
            wanted=state.aim,
            now=self.now,
            carried=not (self.conversation.startswith("twiml:") and hotline.twiml_queue),
        )
        return Handed(reference)

    def _nobody(self, parts: list[Phrase | Moment | Count], *, may_wait: bool = False) -> NobodyFree:
        return NobodyFree(parts, may_wait, self.app.settings.hotline.callbacks)

    async def _call_back(self, state: State) -> Answer:
        call = await calls.call_of(self.conn, state.call) if state.call is not None else None
        ctx, wanted = self.app.identity, "callback"
        await waiting.ask_callback(self.conn, ctx, self.conversation, call, state.language, wanted, self.now)
        return Told([Phrase("callback_asked")])


def _when(state: State) -> When:
    return When("date", date.fromisoformat(state.when)) if state.when[:1].isdigit() else When.parse(state.when)
