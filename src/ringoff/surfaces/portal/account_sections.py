"""Bills, instalments, discounts, auto-pay, services, people, and a copy of everything: what is told as it stands.

Amounts come from the carrier's billing; nothing is computed here.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from ringoff.features.directory import Bill, BindingKind
from ringoff.features.readiness import Binding, LineFacts, Preparation
from ringoff.features.rules import RulePack
from ringoff.kit.i18n import Phrases, tell_day, tell_money
from ringoff.kit.money import decimal
from ringoff.surfaces.portal.section import Action, Button, Link, Section, Severity
from ringoff.surfaces.web.naming import address, labelled

_BILLS_SHOWN = 5


def sections(line: LineFacts, seen: Preparation, pack: RulePack, today: date, say: Phrases) -> Iterator[Section]:
    if seen.unpaid:
        yield _unpaid(seen, pack, today, say)
    yield from (section for kind in _hanging(say) if (section := _bound(kind, line, seen, say)))
    if line.has_other_lines:  # otherwise the finding that the account closes says so
        yield _data(say)


def _unpaid(seen: Preparation, pack: RulePack, today: date, say: Phrases) -> Section:
    _ = say.gettext
    shown = seen.unpaid[:_BILLS_SHOWN]
    collected = bool(seen.of("mandate"))
    blocks = pack.billing.unpaid == "block"
    sentences = [
        _("They have to be paid before a line can be cancelled.")
        if blocks
        else _("You can leave with them, but they still have to be paid.")
    ]
    sentences += [_bill(bill, collected, today, say) for bill in shown]
    actions: list[Action] = [
        Link(_("Pay bill %(number)s") % {"number": bill.number}, bill.pay_url, outside=True)
        for bill in shown
        if bill.pay_url
    ]
    actions.append(Link(_("See all bills"), "/account/bills"))
    return Section("unpaid_bills", _("Unpaid bills"), "blocks" if blocks else "warns", sentences, actions)


def _bill(bill: Bill, collected: bool, today: date, say: Phrases) -> str:
    """`collected`: by auto-pay, on the day that it is due."""
    _ = say.gettext
    money = tell_money(decimal(bill.open_amount, bill.currency), bill.currency, say.language)
    values = {"number": bill.number, "amount": money, "day": ""}
    if bill.due_on is None:
        return _("Bill %(number)s: %(amount)s is open.") % values
    values["day"] = tell_day(bill.due_on, say.language)
    if bill.due_on < today:
        return _("Bill %(number)s: %(amount)s was due on %(day)s.") % values
    if collected and bill.pay_url is None:
        return _("Bill %(number)s: %(amount)s will be charged by auto-pay on %(day)s.") % values
    return _("Bill %(number)s: %(amount)s is due on %(day)s.") % values


def _hanging(say: Phrases) -> dict[BindingKind, tuple[str, str, Severity]]:
    """Title, what leaving means for it, and how much it matters."""
    _ = say.gettext
    return {
        "instalments": (
            _("Device instalments"),
            _("What you still owe for a device stays owed when the line closes."),
            "warns",
        ),
        "discount": (
            _("Discounts that change"),
            _("They hang on this line, and end or change with it."),
            "warns",
        ),
        "mandate": (
            _("Auto-pay"),
            _("Your last bill can still be collected this way. Unlink it only if you want to pay that bill yourself."),
            "tells",
        ),
        "linked_app": (
            _("Services linked to this number"),
            _("They are paid or signed in to by this number, and stop with it. Use what is left, or move them."),
            "warns",
        ),
        "authorised_user": (
            _("Who may act for you"),
            _("They lose this right when the line closes. Until then they keep it, unless you unlink them."),
            "tells",
        ),
    }


def _bound(kind: BindingKind, line: LineFacts, seen: Preparation, say: Phrases) -> Section | None:
    if not (bindings := seen.of(kind)):
        return None
    title, means, severity = _hanging(say)[kind]
    return Section(kind, title, severity, [means, *told(bindings, say)], _unlinking(bindings, line, say))


def told(bindings: Sequence[Binding], say: Phrases) -> list[str]:
    """In the carrier's own words, whatever the reader's language."""
    return [labelled(binding.name, binding.detail, say) if binding.detail else binding.name for binding in bindings]


def _unlinking(bindings: Sequence[Binding], line: LineFacts, say: Phrases) -> list[Button]:
    post = f"{address(line.line_ref)}/unlink"
    return [
        Button(say.gettext("Unlink"), post, {"binding": str(binding.id)}, about=binding.name)
        for binding in bindings
        if binding.removable
    ]


def _data(say: Phrases) -> Section:
    _ = say.gettext
    says = _("Account, lines, bills and cancellations in one file, to keep.")
    return Section(
        "data", _("Take your data with you"), "tells", [says], [Link(_("Download your data"), "/account/data.zip")]
    )
