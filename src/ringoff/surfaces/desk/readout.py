"""What an agent reads out before a caller says yes: everything that will happen, in the caller's language. Pure."""

from collections.abc import Iterator, Sequence

from ringoff.features.cancellation import Leeway, When
from ringoff.features.readiness import LineFacts
from ringoff.kit.i18n import Phrases, listed
from ringoff.surfaces.web import naming, outlook
from ringoff.surfaces.web.sheets import Sheet


def sentences(
    lines: Sequence[LineFacts], when: When, leeway: Leeway, told: Sequence[Sheet], closes: bool, say: Phrases
) -> list[str]:
    return list(_sentences(lines, when, leeway, told, closes, say))


def _sentences(
    lines: Sequence[LineFacts], when: When, leeway: Leeway, told: Sequence[Sheet], closes: bool, say: Phrases
) -> Iterator[str]:
    _ = say.gettext
    names = listed([naming.name(line, line.service, say) for line in lines], say.language)
    yield _("You want us to close: %(lines)s.") % {"lines": names}
    yield _("Closing starts: %(time)s.") % {"time": outlook.starts(lines, when, leeway, say)}
    if leeway.cooling_off or when.kind != "now":
        yield _("Until then you can undo it, with us or on our site.")
    for sheet in told:
        yield _("%(headline)s: %(total)s.") % {"headline": sheet.headline, "total": sheet.total}
    if told:
        yield _("That is promised from now on; only what happens afterwards, such as calls still to come, changes it.")
    yield from outlook.losses(lines, closes_account=closes, say=say)
    if leeway.earliest.veto:
        yield _("We write to every address that we have for you. Whoever reads there can stop it until then.")
    yield _("Do you want us to do that? Please say yes or no.")
