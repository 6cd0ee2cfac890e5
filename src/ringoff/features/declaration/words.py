"""A declaration read back to whoever made it: on the page that acknowledges it, and in the letter."""

from datetime import datetime

from ringoff.features.declaration.model import Statement
from ringoff.features.rules import RulePack
from ringoff.kit.i18n import Language, Phrases, phrases, tell_day, tell_time


def particulars(
    said: Statement, pack: RulePack, language: Language, received_at: datetime | None = None
) -> list[tuple[str, str]]:
    """Name and value, in the order in which it was asked; nothing but what they wrote, and when we received it."""
    say, asked = phrases(language), pack.declaration.fields
    _ = say.gettext
    lines = [(_("What you declare"), kind(said, say))]
    for name in asked:
        match name:
            case "reason" if said.reason:
                lines.append((_("Reason"), said.reason))
            case "holder_name":
                lines.append((_("Name"), said.holder_name))
            case "contract":
                lines.append((_("Line or contract"), said.contract))
            case "when":
                lines.append((_("Wanted for"), wanted(said, say)))
            case "contact":
                lines.append((_("Acknowledged to"), said.contact))
            case _:
                pass  # the kind stands at the top
    if received_at is not None:
        lines.append((_("Received"), tell_time(received_at, "UTC", language)))
    return lines


def kind(said: Statement, say: Phrases) -> str:
    _ = say.gettext
    return {
        "ordinary": _("Cancellation"),
        "extraordinary": _("Cancellation for a cause, without notice"),
        "withdrawal": _("Withdrawal from the contract"),
    }[said.kind]


def wanted(said: Statement, say: Phrases) -> str:
    _ = say.gettext
    if said.when_date is not None:
        return tell_day(said.when_date, say.language)
    return {"now": _("as soon as possible"), "period_end": _("at the end of the paid period")}[said.when_kind]
