"""The number, what uses it, and the device: each kind of line gets the steps that fit it."""

from collections.abc import Iterator

from ringoff.features.readiness import LineFacts, Preparation
from ringoff.features.rules import RulePack
from ringoff.kit.i18n import Phrases, tell_span
from ringoff.surfaces.portal.account_sections import told
from ringoff.surfaces.portal.section import Action, Entry, Link, Section, Tick, Ticks
from ringoff.surfaces.web.naming import address


def sections(line: LineFacts, seen: Preparation, pack: RulePack, say: Phrases, *, alone: bool) -> Iterator[Section]:
    """`alone`: on a page of its own. Where several lines share one, forms stay on the pages of each line."""
    numbered = line.msisdn is not None and line.service != "iot"
    if numbered:
        yield _logins(line, seen, say, alone)
    if seen.of("unlock"):
        yield _unlock(seen, say)
    if line.service == "voice":
        yield _voicemail(seen, say)
        if numbered and "port_pending" not in line.holds:
            yield _keep_number(pack, say)
    if line.service != "voice":
        yield _where_to_look(line, seen, say, alone)
    elif seen.imei and alone:
        yield _device(line, seen.imei, say)


def _logins(line: LineFacts, seen: Preparation, say: Phrases, alone: bool) -> Section:
    _ = say.gettext
    sentences = [
        _("We cannot know where you gave this number. Give another one there while this one still gets their codes.")
    ]
    action: Action = Link(_("To the list for this line"), f"{address(line.line_ref)}/leave#logins")
    if alone:
        items = [Tick(item, label, hint, item in seen.ticked) for item, (label, hint) in _checklist(say).items()]
        post = f"{address(line.line_ref)}/checklist"
        action = Ticks(_("Keep this list"), post, _("What you have seen to"), items)
    return Section("logins", _("Log-ins that use this number"), "warns", sentences, [action])


def _checklist(say: Phrases) -> dict[str, tuple[str, str]]:
    _ = say.gettext
    return {
        "bank": (_("Banks and payment"), _("Accounts, cards, payment apps, insurance.")),
        "mail": (_("E-mail"), _("The number with which you get back into your mailbox.")),
        "messenger": (_("Messengers and social networks"), _("Most can change to another number in their settings.")),
        "government": (_("Government services"), _("Tax, health, identity and residence apps.")),
        "work": (_("Work and study"), _("Log-ins of your employer, school or university.")),
    }


def _unlock(seen: Preparation, say: Phrases) -> Section:
    _ = say.gettext
    says = _("The device works in our network only. Ask care to unlock it while the line is still yours.")
    return Section("unlock", _("Unlock the device"), "warns", [says, *told(seen.of("unlock"), say)])


def _voicemail(seen: Preparation, say: Phrases) -> Section:
    _ = say.gettext
    says = _("Voicemail and messages that are kept with us are deleted with the line. Save what you want to keep.")
    return Section("voicemail", _("Voicemail and messages"), "tells", [says, *told(seen.of("voicemail"), say)])


def _keep_number(pack: RulePack, say: Phrases) -> Section:
    _ = say.gettext
    sentences = [
        _("Then do not cancel: ask the new carrier to move it. When that is done, this line closes by itself."),
        _("Once the line is closed, the number can no longer be moved."),
    ]
    if not pack.porting.port_first:
        span = tell_span(pack.porting.may_port_for, say.language)
        later = _("Once the line is closed, the number can still be moved for %(span)s. It is safer to move it first.")
        sentences[1] = later % {"span": span}
    return Section("keep_number", _("Do you want to keep the number?"), "tells", sentences)


def _device(line: LineFacts, imei: str, say: Phrases) -> Section:
    _ = say.gettext
    says = _("The device on record has a number (IMEI) that ends in %(digits)s. Compare it with the one in your hand.")
    return Section("device", _("The right phone?"), "tells", [says % {"digits": imei[-4:]}], [_entry(line, say)])


def _where_to_look(line: LineFacts, seen: Preparation, say: Phrases, alone: bool) -> Section:
    """A SIM without a phone is known by numbers that are not on a screen."""
    _ = say.gettext
    sentences = []
    if line.iccid:
        says = _("Its SIM card's number (ICCID) ends in %(digits)s. It is printed on the card.")
        sentences.append(says % {"digits": line.iccid[-4:]})
    if seen.imei:
        sentences.append(
            _("The number of the device on record (IMEI) ends in %(digits)s.") % {"digits": seen.imei[-4:]}
        )
    sentences += [
        _("A router has both on the label underneath. A tablet shows them in its settings, under About."),
        _("Whatever uses this SIM goes offline: also cameras, alarms, meters and payment terminals."),
    ]
    actions = [_entry(line, say)] if seen.imei and alone else []
    return Section("device", _("Which device uses this SIM?"), "tells", sentences, actions)


def _entry(line: LineFacts, say: Phrases) -> Entry:
    _ = say.gettext
    hint = _("15 digits. On the label or, on a phone, by dialling *#06#. It is only compared, and not kept.")
    if line.service == "voice":
        hint = _("Dial *#06#: the phone shows 15 digits. They are only compared, and not kept.")
    return Entry(_("Compare"), f"{address(line.line_ref)}/device", "imei", _("The device's number (IMEI)"), hint)
