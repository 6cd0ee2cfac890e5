"""What a section of a rule pack says, in plain sentences for an operator."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby

from ringoff.features.rules import RulePack, Section
from ringoff.kit.i18n import listed, tell_span

_FIELDS = {"reason": "cause", "holder_name": "name", "when": "date"}
_PRORATION = {
    "as_sold": "A begun period costs what the plan says.",
    "daily": "Days that were billed and not used come back, whatever the plan says.",
}
_UNPAID = {
    "block": "Unpaid bills keep the line from leaving.",
    "charge": "Unpaid bills are charged with any final bill.",
    "follow": "Unpaid bills keep nobody from leaving: they follow on the account's last bill.",
}
_PREPAID = {
    "refund": "What was paid for and not used of a balance is paid back.",
    "forfeit": "What is left of a balance is lost.",
}
_EARLY = {
    "as_agreed": "The agreed fee for leaving early may be charged.",
    "first_term": "The agreed fee for leaving early may be charged in the first term, not after a prolongation.",
    "none": "No fee is charged for leaving early.",
}
_INSTALMENTS = {
    "continue": "Instalments go on while another line does.",
    "due": "Instalments fall due with the line.",
}


def sentences(pack: RulePack, section: Section) -> Sequence[str]:
    """Raises KeyError for the number plans, of which there is nothing to say."""
    told = {
        "channels": _channels,
        "review": _review,
        "holds": _holds,
        "waves": _waves,
        "intervals": _intervals,
        "identity": _identity,
        "declaration": _declaration,
        "porting": _porting,
        "billing": _billing,
        "four_eyes": _four_eyes,
        "representation": _representation,
    }
    return told[section](pack)


def _channels(pack: RulePack) -> list[str]:
    waits = sorted(pack.cooling_off.items(), key=lambda each: -each[1])
    groups = [(wait, [name for name, _ in each]) for wait, each in groupby(waits, key=lambda each: each[1])]
    told = [f"{_and(names)} {_span(wait) if wait else 'nothing'}" for wait, names in groups]
    return [
        f"Between the confirmation and the first release: by {'; '.join(told)}.",
        f"Trusted to have checked the holder: {_and(sorted(pack.channels.trusted))}.",
    ]


def _review(pack: RulePack) -> list[str]:
    """In their order within each decision; which comes first between decisions, the request shows."""
    told = {"decline": "Refused", "manual": "Looked at by a person", "approve": "Goes ahead"}
    by = {each: [rule.id for rule in pack.review if rule.decision == each] for each in told}
    return [f"{words}: {', '.join(by[each])}." for each, words in told.items() if by[each]]


def _holds(pack: RulePack) -> list[str]:
    told = {"request": "Refuses a request", "schedule": "Leaves a case to a person", "ripen": "Lets a case wait"}
    by = {gate: [kind for kind, hold in pack.holds.items() if hold.blocks == gate] for gate in told}
    public = [kind for kind, hold in pack.holds.items() if hold.public]
    return [
        *(f"{words}: {_and(by[gate])}." for gate, words in told.items() if by[gate]),
        f"The holder may be told of {_and(public)}.",
    ]


def _waves(pack: RulePack) -> list[str]:
    waves = sorted((wave.wave, name) for name, wave in pack.waves.items())
    told = [f"{n} {_and(name for _, name in each)}" for n, each in groupby(waves, key=lambda each: each[0])]
    gates = [name for name, wave in pack.waves.items() if wave.gates]
    return [f"Released in this order: {'; '.join(told)}.", f"A line counts as closed when {_and(gates)} have let go."]


def _intervals(pack: RulePack) -> list[str]:
    rules = pack.intervals
    return [
        f"Looked at again {_and(map(_span, rules.verify_after))} after closing.",
        f"A system is asked {rules.patience_attempts} times or for {_span(rules.patience_time)}, then a person.",
        f"A date may lie {_span(rules.max_ahead)} ahead.",
    ]


def _identity(pack: RulePack) -> list[str]:
    rules = pack.identity
    alone = "at once" if rules.level_one_may_now else f"after {_span(rules.level_one_waits)}"
    return [
        f"Closing starts {alone} with a password alone, at once with a passkey or a code;",
        f"after a change of password or contact, not before {_span(rules.recent_change)} have passed.",
        f"Passwords: {rules.password_least_alone} characters, {rules.password_least} with a code.",
        f"Documents can be had for {_span(rules.archive_kept)}.",
    ]


def _declaration(pack: RulePack) -> list[str]:
    rules = pack.declaration
    whose = "the law's words" if rules.prescribed else "our own words"
    from_ = "its own day" if rules.back_dates else "the day of verification"
    return [
        f"“{rules.button}”, then “{rules.confirm}” ({whose}).",
        f"Asks for {_and(_FIELDS.get(name, name) for name in rules.fields)}.",
        f"Counts from {from_}; lapses after {_span(rules.expires_after)}.",
    ]


def _porting(pack: RulePack) -> list[str]:
    if pack.porting.port_first:
        return ["A number cannot be moved after closing: whoever keeps it moves it first."]
    return [f"A number can be moved for {_span(pack.porting.may_port_for)} after closing."]


def _billing(pack: RulePack) -> list[str]:
    rules = pack.billing
    return [
        _PRORATION[rules.proration],
        _UNPAID[rules.unpaid],
        _PREPAID[rules.prepaid],
        _EARLY[rules.early_termination],
        _INSTALMENTS[rules.instalments],
        f"Refunds arrive within {_span(rules.refund_within)}; bills are kept for {_span(rules.documents_kept)}.",
    ]


def _four_eyes(pack: RulePack) -> list[str]:
    rules = pack.four_eyes
    return [
        f"A second person decides about more than {rules.lines_above} lines of an account.",
        f"They have {_span(rules.waits)} for it, and {_span(rules.caller_waits)} while somebody calls.",
    ]


def _representation(pack: RulePack) -> list[str]:
    rules = pack.representation
    return [
        *(
            f"{each.says}: {len(each.proofs)} proofs, decided in {each.business_days} business days, papers kept for "
            f"{_span(each.kept)}{', in confidence' if each.confidential else ''}."
            for each in rules.routes.values()
        ),
        f"Public holidays: {rules.holidays}." if rules.holidays else "Weekends alone are no business days.",
    ]


def _span(span: timedelta) -> str:
    return tell_span(span, "en")


def _and(names: Iterable[str]) -> str:
    return listed(list(names), "en")
