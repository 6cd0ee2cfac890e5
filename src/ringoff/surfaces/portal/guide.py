"""“How to cancel”: every way, what is needed, what happens, by when; read from the configuration that is in force.

Nothing here is written down twice: the times are the rule pack's, the steps those of the release plan, the ways those
that exist. Search engines get the same words as structured data (schema.org HowTo), as JSON-LD: data, not a script.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import orjson
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.app import App
from ringoff.features.rules import RulePack
from ringoff.kit.i18n import Phrases, listed, phrases, tell_span
from ringoff.surfaces.portal import declarations
from ringoff.surfaces.portal.pages import context_of, page
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web import outlook

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to cancel: what it needs, and what is special about it. `href` and `label`: where it starts."""

    title: str
    says: Sequence[str]
    href: str = ""
    label: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    says: Sequence[str]


async def guide(request: Request) -> Response:
    app, say = context_of(request).app, phrases(visitor_of(request).language)
    pack = app.rules.pack(app.settings.carrier.jurisdiction)
    ways = _ways(request, app, pack, say)
    before = _before(pack, say)
    after = [_undo(pack, say), _in_confidence(app, pack, say), _afterwards(app, pack, say), _costs(app, say)]
    return page(
        request,
        "public/guide",
        before=before,
        ways=ways,
        waves=outlook.waves(app.terms.steps, numbered=True, closes_account=True, say=say),
        times=_times(pack, say),
        after=after,
        structured=_structured(app, [before, *ways, *after], say),
    )


def _before(pack: RulePack, say: Phrases) -> Chapter:
    _ = say.gettext
    keep = _("To keep the number, move it to another carrier instead of cancelling: the move closes the line.")
    if not pack.porting.port_first:
        late = _("It can still be moved for %(span)s after closing.")
        keep = f"{keep} {late % {'span': tell_span(pack.porting.may_port_for, say.language)}}"
    return Chapter(
        _("Before you cancel"),
        [
            _("Give banks, e-mail and apps that send codes to this number another one, while it still receives them."),
            keep,
            _("Save voicemail and messages. Sign in to download your data, lines and bills."),
            _("Lines that depend on another close before it. You can close the whole account in one go."),
        ],
    )


def _ways(request: Request, app: App, pack: RulePack, say: Phrases) -> list[Way]:
    _ = say.gettext
    button = declarations.lead(request)
    ways = [
        Way(
            _("Online, signed in"),
            [
                _("You need your account number, e-mail address or phone number, and your password."),
                _("Choose the line, see what stands in the way, choose when, confirm: four pages at most."),
                *_levels(pack, say),
            ],
            "/sign-in",
            _("Sign in"),
        ),
        Way(
            _("Online, without signing in"),
            [
                _("You need your name, the line or contract, and an e-mail address for our acknowledgement."),
                _("We confirm at once that we received it, and carry it out once we know that the holder made it."),
                *_declared(pack, say),
            ],
            "/declare",
            button.text,
            button.language,
        ),
    ]
    if app.settings.carrier.support:
        says = [
            app.settings.carrier.support,
            _("Care first makes sure that you are the holder: have your account PIN."),
        ]
        ways.append(Way(_("With care"), says))
    return ways


def _levels(pack: RulePack, say: Phrases) -> list[str]:
    """What a password alone allows."""
    _, rules = say.gettext, pack.identity
    spans = {
        "wait": tell_span(rules.level_one_waits, say.language),
        "rest": tell_span(rules.recent_change, say.language),
    }
    told = []
    if not rules.level_one_may_now:
        told.append(
            _(
                "With a passkey or a one-time code it can start at once. With a password alone closing starts %(wait)s "
                "later at the earliest, and every address that we have for you gets a link to stop it."
            )
            % spans
        )
    told.append(_("After a change of password or contact, closing waits until %(rest)s have passed.") % spans)
    return told


def _declared(pack: RulePack, say: Phrases) -> list[str]:
    _ = say.gettext
    span = {"span": tell_span(pack.declaration.expires_after, say.language)}
    told = [_("If that is not possible within %(span)s, the declaration lapses and nothing has changed.") % span]
    if pack.declaration.back_dates:
        told.append(_("The end counts from the day of your declaration."))
    return told


def _times(pack: RulePack, say: Phrases) -> list[tuple[str, str]]:
    _, spell = say.gettext, say.language
    days = [str(after // _DAY) for after in sorted(set(pack.intervals.verify_after)) if after >= _DAY]
    return [
        (
            _("From confirming to closing"),
            _("%(span)s at the least") % {"span": tell_span(pack.cooling_off["web"], spell)},
        ),
        (
            _("The furthest day that you can choose"),
            _("in %(span)s") % {"span": tell_span(pack.intervals.max_ahead, spell)},
        ),
        (_("Checks that it is really gone"), _("after %(days)s days") % {"days": listed(days, spell)}),
        (_("Documents after the account is closed"), tell_span(pack.identity.archive_kept, spell)),
    ]


def _undo(pack: RulePack, say: Phrases) -> Chapter:
    _ = say.gettext
    span = {"span": tell_span(pack.cooling_off["web"], say.language)}
    return Chapter(
        _("If you change your mind"),
        [
            _("Until closing starts you can undo it on the case page, for at least %(span)s after you confirm.") % span,
            _("What is closed cannot be opened again. If you come back, you get a new line."),
        ],
    )


def _in_confidence(app: App, pack: RulePack, say: Phrases) -> Chapter:
    """Told to everybody, asked of care alone: `cancellation.Request.confidential` says why."""
    _ = say.gettext
    told = [
        _("Every address that we have for an account hears of a cancellation, so that nobody leaves in your name."),
        _("If somebody whom you fear reads there, or pays the bill, ask care to close your line in confidence."),
        _("We then write to no address but the one that you name, and the account's pages show nothing of it."),
    ]
    if any(True in rule.when.get("confidential", ()) and rule.decision == "manual" for rule in pack.review):
        told.append(_("A second person checks it first, so that nobody misuses it against you."))
    support = app.settings.carrier.support
    return Chapter(_("If somebody else reads your mail or bills"), [*told, support] if support else told)


def _afterwards(app: App, pack: RulePack, say: Phrases) -> Chapter:
    _ = say.gettext
    kept = {"span": tell_span(pack.identity.archive_kept, say.language)}
    told = [
        _("You get a confirmation by mail, with what each system has let go, and when."),
        _("With the case number and the code in it anybody can check how it stands, without signing in."),
        _("For %(span)s you can have a link to your bills and confirmations sent to your address.") % kept,
    ]
    return Chapter(_("Afterwards"), told if app.terms.mail else told[2:])


def _costs(app: App, say: Phrases) -> Chapter:
    _ = say.gettext
    fees = app.settings.carrier.fees or _("Ask care whether your contract charges anything for leaving early.")
    return Chapter(_("What it costs"), [fees, _("What you have used until then is on the final bill.")])


def _structured(app: App, parts: Sequence[Chapter | Way], say: Phrases) -> Markup:
    """`<` never stands in it, so it cannot end the element that holds it."""
    where = f"{app.settings.public_url}/guide"
    document = {
        "@context": "https://schema.org",
        "@type": "HowTo",
        "name": say.gettext("How to cancel"),
        "inLanguage": say.language,
        "url": where,
        "provider": {"@type": "Organization", "name": app.settings.carrier.name},
        "step": [
            {"@type": "HowToStep", "position": n, "name": part.title, "text": " ".join(part.says), "url": where}
            for n, part in enumerate(parts, 1)
        ],
    }
    return Markup(orjson.dumps(document).decode().replace("<", "\\u003c"))  # noqa: S704


ROUTES = [Route("/guide", guide, methods=["GET"])]
