"""The composition root: which connector serves which system, and who owes what. It reads like the wiring diagram."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from secrets import randbits
from typing import Any

from ringoff.db.pool import Database
from ringoff.features import cancellation
from ringoff.features.approvals import Limits
from ringoff.features.billing import MandateOwner, SettlementOwner
from ringoff.features.cancellation import CaseOwner, PivotInDoubt, State, Step, Terms
from ringoff.features.identity import Identity, Provider
from ringoff.features.letters import LetterOwner
from ringoff.features.rules import RuleBook, RulePack
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, InvalidInput
from ringoff.kit.ids import CaseId
from ringoff.kit.secrets import Seal
from ringoff.ports import Connector, Kind
from ringoff.reconcile import store as obligations
from ringoff.reconcile import systems as shared_systems
from ringoff.reconcile.claim import as_task
from ringoff.reconcile.model import Claimed, Owner, Pace, System
from ringoff.settings import OpenIdSettings, Settings, SystemSettings

Connect = Callable[[str, Mapping[str, Any], Seal | None], Connector]

# A connector is one folder, and only those that are configured are loaded.
CONNECTORS: Mapping[str, str] = {
    "osmo_hlr": "ringoff.connectors.osmo_hlr",
    "webhook": "ringoff.connectors.webhook",
    "twin": "ringoff.connectors.twin",
    "smtp": "ringoff.connectors.smtp",
    "stripe": "ringoff.connectors.stripe",
}
OWNED_BY_CASE: tuple[Kind, ...] = ("release", "restore", "verify", "notify")


@dataclass(slots=True)
class App:
    """One process's Ringoff. `systems` are all that obligations can be owed to, mail and SMS included."""

    settings: Settings
    database: Database
    rules: RuleBook
    terms: Terms
    identity: Identity
    systems: Mapping[str, System]
    pace: Pace
    staff_openid: Provider | None = None

    @property
    def limits(self) -> Limits:
        """What one person at the desk may move alone."""
        return Limits(self.settings.desk.approve_above, self.settings.desk.approve_above_other)

    @property
    def trial_systems(self) -> list[str]:
        return [name for name, system in self.systems.items() if system.connector.trial]

    async def open(self) -> "App":
        await self.database.open()
        async with self.database.transaction() as conn:
            await shared_systems.register(conn, [_limits(self.settings, name) for name in self.systems])
            await self.terms.prepare(conn)
        return self

    async def close(self) -> None:
        for system in self.systems.values():
            await system.connector.close()
        await self.database.close()

    async def withdraw(self, case_id: CaseId, *, why: str | None, actor: Actor) -> State:
        """Withdraw; where it is in doubt whether the pivot was passed, ask the systems and try once more."""
        try:
            return await self._withdraw(case_id, why, actor)
        except PivotInDoubt as doubt:
            for name in doubt.systems:
                await self._prove_untouched(case_id, name, doubt)
        return await self._withdraw(case_id, why, actor)

    async def _withdraw(self, case_id: CaseId, why: str | None, actor: Actor) -> State:
        async with self.database.transaction() as conn:
            now = self.database.clock.now()
            return await cancellation.withdraw(conn, self.terms, case_id, why=why, actor=actor, now=now)

    async def _prove_untouched(self, case_id: CaseId, name: str, doubt: PivotInDoubt) -> None:
        """Take the release out of the workers' hands, read back, and if nothing happened forget that it was tried."""
        system, token = self.systems.get(name), randbits(62)
        if system is None:
            raise doubt
        key = {"subject_id": case_id, "system": name, "kind": "release", "cycle": 1, "token": token}
        async with self.database.transaction() as conn:
            now = self.database.clock.now()
            cursor = await conn.execute(obligations.SEIZE, {**key, "now": now, "lease_until": now + self.pace.lease})
            row = await cursor.fetchone()
            if row is None:
                raise doubt
            claimed = Claimed(*row)
            brief = (await system.owners["release"].brief(conn, [claimed]))[claimed.key]
        seen, _ = await system.connector.read_back(as_task(claimed, brief)) if isinstance(brief, Mapping) else ("", {})
        async with self.database.transaction() as conn:
            if seen != "present":
                let_go = {"system": name, "subject_ids": [case_id], "token": token}
                await conn.execute(obligations.LET_GO, let_go)
            else:
                await conn.execute(obligations.UNDO_ATTEMPTS, key)
        if seen != "present":
            raise Conflict("point_of_no_return", f"{name} has let go, or cannot say that it has not.", systems=[name])


def build(
    settings: Settings,
    database: Database,
    *,
    connectors: Mapping[str, Connector] | None = None,
    rules: RuleBook | None = None,
) -> App:
    """Wire everything; nothing is opened yet. `connectors` given are used instead of those the settings describe.

    Raises InvalidInput where the settings name an unknown connector or an impossible option.
    """
    book = rules or RuleBook.load(settings.rules_dir)
    neutral = book.pack("neutral")
    seal = Seal(settings.secret) if settings.secret else None
    given = _connected(settings, neutral, seal, dict(connectors or {}))
    steps = [_step(name, system, neutral, given[name].trial) for name, system in settings.systems.items()]
    terms = Terms(
        book,
        steps,
        carrier=settings.carrier.name,
        support=settings.carrier.support,
        mail="mail" in given,
        mail_domain=settings.mail.sender.rpartition("@")[2].rstrip("> ") if settings.mail else "ringoff.invalid",
        sms="sms" in given,
        final_bills=settings.billing.final_bills,
        pay_to=settings.billing.pay_to,
        public_url=settings.public_url,
        secret=settings.secret,
    )
    openid = _openid(settings.openid, f"{settings.public_url}/sign-in/openid/back")
    of_staff = _openid(settings.desk.openid, f"{settings.public_url}/desk/sign-in/openid/back")
    identity = Identity(book, seal, settings.public_url, settings.carrier.name, mail="mail" in given, openid=openid)
    cases = CaseOwner(terms)
    systems = {name: System(name, connector, _owners(settings, name, cases)) for name, connector in given.items()}
    if "mail" in given:
        letters = LetterOwner(terms.carrier, terms.support, terms.mail_domain, seal)
        systems["mail"] = System("mail", given["mail"], {**systems["mail"].owners, "deliver": letters})
    return App(settings, database, book, terms, identity, systems, _pace(settings, neutral), of_staff)


def _connected(
    settings: Settings, pack: RulePack, seal: Seal | None, given: dict[str, Connector]
) -> dict[str, Connector]:
    """`given`, and to whatever else the settings describe a connector of its own."""
    for name, system in settings.systems.items():
        if name not in given:
            given[name] = _connect(name, system.connector, _options(settings, name, pack), seal)
    if settings.mail is not None and "mail" not in given:
        given["mail"] = _connect("mail", "smtp", settings.mail.model_dump(exclude_none=True), seal)
    for name, usual, section in (("sms", "webhook", settings.sms), ("payments", "stripe", settings.payments)):
        if section is not None and name not in given:
            options = dict(section)
            given[name] = _connect(name, str(options.pop("connector", usual)), options, seal)
    return given


def _connect(name: str, kind: str, options: Mapping[str, Any], seal: Seal | None) -> Connector:
    if kind not in CONNECTORS:
        known = ", ".join(sorted(CONNECTORS))
        raise InvalidInput("connector_unknown", f"systems.{name}.connector is {kind!r}; it can be {known}.")
    connect: Connect = import_module(CONNECTORS[kind]).connect
    return connect(name, options, seal)


def _openid(section: OpenIdSettings | None, back: str) -> Provider | None:
    """`back`: where browsers come back to."""
    if section is None:
        return None
    return Provider(
        section.issuer,
        section.client_id,
        section.client_secret,
        back,
        section.claim,
        frozenset(section.strong_acr),
        frozenset(section.strong_amr),
    )


def _owners(settings: Settings, name: str, cases: Owner) -> dict[Kind, Owner]:
    """Cases own what they ask of a system; money that moves owns itself, and a processor is told whose card it is."""
    owners: dict[Kind, Owner] = dict.fromkeys(OWNED_BY_CASE, cases)
    if name == "payments":
        return {**owners, "charge": SettlementOwner(), "refund": SettlementOwner()}
    system = settings.systems.get(name)
    if system is not None and system.connector == "stripe":
        mandates = MandateOwner(cases, system.options.get("releases", "mandate"))
        return {**owners, "release": mandates, "restore": mandates, "verify": mandates}
    return owners


def _options(settings: Settings, name: str, pack: RulePack) -> dict[str, Any]:
    """A release that can be undone keeps what the restore will need; only a connector that can do so is told.

    What a Stripe system leaves out is as in `[payments]`.
    """
    system = settings.systems[name]
    options = dict(system.options)
    effect = system.effect or pack.wave(name).effect
    if system.connector == "osmo_hlr" and effect == "undo":
        options.setdefault("keep", True)
    if system.connector == "stripe":
        shared = settings.payments or {}
        options = {key: value for key, value in shared.items() if key != "connector"} | options
    return options


def _step(name: str, system: SystemSettings, pack: RulePack, trial: bool) -> Step:
    """What the settings leave open, the rule pack's default plan decides."""
    usual = pack.wave(name)
    return Step(
        system=name,
        wave=usual.wave if system.wave is None else system.wave,
        effect=system.effect or usual.effect,
        gates=usual.gates if system.gates is None else system.gates,
        scope=system.scope or usual.scope,
        ported=usual.ported if system.ported is None else system.ported,
        trial=trial,
    )


def _limits(settings: Settings, name: str) -> tuple[str, float | None, list[str]]:
    system = settings.systems.get(name)
    return (name, system.rate_per_second, list(system.maintenance)) if system else (name, None, [])


def _pace(settings: Settings, pack: RulePack) -> Pace:
    pace = Pace(patience_strikes=pack.intervals.patience_attempts, patience_time=pack.intervals.patience_time)
    return replace(pace, **settings.pace)
