"""What a second person is asked for, in words."""

from collections.abc import Mapping, Sequence

from ringoff.features.approvals import Approval
from ringoff.kit.i18n import Phrases, tell_money
from ringoff.kit.money import decimal


def titles(say: Phrases) -> Mapping[str, str]:
    _ = say.gettext
    return {
        "skip_release": _("Let something be that is owed"),
        "emergency": _("Help a caller who can prove nothing"),
        "amount": _("Pay a large amount"),
        "many_lines": _("Close many lines"),
    }


def told(asked: Approval, say: Phrases) -> Sequence[tuple[str, str]]:
    """Exactly what is approved, in words."""
    _, terms = say.gettext, asked.terms
    match asked.kind:
        case "skip_release":
            return [(_("Obligation"), str(terms["obligation"]))]
        case "emergency":
            heard = _("They are not told") if terms["confidential"] else _("They are told")
            return [(_("Call"), str(terms["call"])), (_("The contacts of record"), heard)]
        case "amount":
            amount = tell_money(decimal(terms["amount"], terms["currency"]), terms["currency"], say.language)
            return [(_("Amount"), amount)]
        case "many_lines":
            return [(_("Lines"), str(len(terms["lines"]))), (_("When"), ", ".join(terms["when"]))]
