"""What a second person is asked for, in words."""

from collections.abc import Mapping, Sequence

from ringoff.features.approvals import Approval
from ringoff.kit.i18n import Phrases, tell_money
from ringoff.kit.ids import CaseId, case_number, subject_number
from ringoff.kit.money import decimal


def titles(say: Phrases) -> Mapping[str, str]:
    _ = say.gettext
    return {
        "skip_release": _("Let something be that is owed"),
        "emergency": _("Help a caller who can prove nothing"),
        "amount": _("Pay a large amount"),
        "many_lines": _("Close many lines"),
    }


def told(asked: Approval, account: str, lines: Sequence[str], say: Phrases) -> Sequence[tuple[str, str]]:
    """Exactly what is approved, in words. `lines`: the names of those that it is about."""
    of = [(say.gettext("Account"), account)] if account else []
    return [*of, *_terms(asked, lines, say)]


def _terms(asked: Approval, lines: Sequence[str], say: Phrases) -> Sequence[tuple[str, str]]:
    _, terms = say.gettext, asked.terms
    match asked.kind:
        case "skip_release":
            return [(_("Obligation"), str(terms["obligation"]))]
        case "emergency":
            heard = _("They are not told") if terms["confidential"] else _("They are told")
            return [(_("Call"), str(terms["call"])), (_("The contacts of record"), heard)]
        case "amount" if "bill_of" in terms:
            how = {"accept": _("Issued as it is now"), "waive": _("No bill at all")}[terms["how"]]
            return [(_("Bill of case"), case_number(CaseId(terms["bill_of"]))), (_("How it goes on"), how)]
        case "amount":
            amount = tell_money(decimal(terms["amount"], terms["currency"]), terms["currency"], say.language)
            return [(_("Payment"), subject_number(terms["movement"])), (_("Amount"), amount)]
        case "many_lines":
            return [(_("Lines"), f"{len(lines)}: {', '.join(lines)}"), (_("When"), ", ".join(terms["when"]))]
