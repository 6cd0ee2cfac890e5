"""What stands in the way, and what to do about it, in the reader's words: a finding of readiness, told by its code."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ringoff.features.readiness import Finding, LineFacts
from ringoff.kit.i18n import Phrases, tell_day
from ringoff.surfaces.portal.section import Link, Section, Severity


def N_(message: str) -> str:  # noqa: N802  # the name that pybabel looks for
    """Marks a phrase for pybabel; it is told in a language later."""
    return message


_WORDS: Mapping[str, tuple[str, str]] = {
    "closed": (N_("This line is closed already"), N_("There is nothing left to cancel.")),
    "hold": (N_("Care has to look at something first"), N_("Ask care: they can see what it is, and clear it.")),
    "declined": (N_("This cannot be cancelled here now"), N_("Ask care: they can see why, and help you.")),
    "cancel_lock": (
        N_("Cancelling is locked"),
        N_("You locked it, so that nobody does it in your name. Lift the lock first."),
    ),
    "port_pending": (
        N_("Your number is moving to another carrier"),
        N_(
            "Closing the line before that is done could lose the number. When the move is done, the line closes by "
            "itself."
        ),
    ),
    "stolen": (
        N_("The phone or the SIM is reported stolen"),
        N_("You can ask now. Care makes sure that it is you before anything closes."),
    ),
    "recent_change": (
        N_("A SIM, password or contact was changed a short while ago"),
        N_("You can ask now. Nothing closes for some days, so that you could object if it was not you."),
    ),
    "secondary_lines": (
        N_("Other lines depend on this one"),
        N_("They close first. Choose them together with this one, or the whole account."),
    ),
    "suspended": (
        N_("The line is suspended"),
        N_("You can ask now. A person looks at it before anything closes."),
    ),
    "no_imsi": (
        N_("One step is done by hand"),
        N_("A detail of the SIM is missing on our side, so a person closes it in the network. It may take longer."),
    ),
    "no_email": (
        N_("We have no e-mail address of yours"),
        N_("Give one on the next page, so that the confirmation reaches you."),
    ),
    "paid_until": (
        N_("Paid until %(day)s"),
        N_("To use what is paid for, choose the end of the paid period on the next page."),
    ),
    "last_line": (
        N_("The account closes with this line"),
        N_("It is the last one. Download your data now; afterwards we send you a link to your documents."),
    ),
}
_LINKS: Mapping[str, tuple[str, str]] = {
    "secondary_lines": ("/leave", N_("Choose several lines")),
    "cancel_lock": ("/security", N_("To the lock")),
    "last_line": ("/account/data.zip", N_("Download your data")),
}
_ORDER: Sequence[Severity] = ("blocks", "warns", "tells")


def sections(findings: Iterable[Finding], line: LineFacts, stop: str | None, say: Phrases) -> list[Section]:
    """`stop`: the code of what keeps the line's request from being taken at all; it is told as what it is."""
    told = [section(each, line, say) for each in findings]
    if stop is None:
        return told
    told = [replace(each, severity="blocks") if each.code == stop else each for each in told]
    if any(each.severity == "blocks" for each in told):
        return told
    return [section(Finding(stop, "", "blocks"), line, say), *told]


def section(finding: Finding, line: LineFacts, say: Phrases) -> Section:
    """A code that has no words here is told by its own sentence."""
    _ = say.gettext
    title, says = _WORDS.get(finding.code, (finding.says, ""))
    values = {"day": tell_day(line.paid_until, say.language) if line.paid_until else ""}
    actions = [Link(_(label), href) for href, label in [_LINKS[finding.code]]] if finding.code in _LINKS else []
    return Section(
        finding.code,
        _(title) % values if "%(" in title else _(title),
        finding.severity,
        [_(says)] if says else [],
        actions,
    )


def worst_first(sections: Iterable[Section]) -> list[Section]:
    return sorted(sections, key=lambda section: _ORDER.index(section.severity))
