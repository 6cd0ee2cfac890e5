"""Declaring without signing in: one page with what the rule pack lets us ask, one button, and what was received.

Nothing is looked up, so the page says the same to everybody. The words of the buttons are the law's where it has some.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringoff.features import declaration, identity
from ringoff.features.declaration import Statement, parse_declaration_number
from ringoff.features.rules import RulePack
from ringoff.kit.errors import Unauthenticated
from ringoff.kit.i18n import Language, Phrases, phrases, tell_span
from ringoff.kit.secrets import SecretStr
from ringoff.surfaces.portal.pages import context_of, page, see_other
from ringoff.surfaces.portal.visitor import visitor_of
from ringoff.surfaces.web.forms import Form, read_form
from ringoff.surfaces.web.visitors import visit_of


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on a button, and in which language."""

    text: str
    language: str


async def ask(request: Request) -> Response:
    return _form(request, _law(request, request.query_params.get("law", "")), Form({}), {})


async def declare(request: Request) -> Response:
    """Received means received: nothing is sent on, and nobody is asked to sign in, call or confirm."""
    form = await read_form(request)
    app, visitor, pack = context_of(request).app, visitor_of(request), _law(request, form["law"])
    said, now = _said(form, pack).tidied(), app.database.clock.now()
    problems = _problems(said, pack, request)
    if problems or form["correct"]:
        return _form(request, pack, form, problems, 422 if problems else 200)
    if pack.declaration.summary_first and form["seen"] != "yes":
        told = declaration.particulars(said, pack, visitor.language)
        confirm = _words(pack, pack.declaration.confirm, visitor.language)
        return page(request, "public/declare_summary", told=told, sent=_fields(form, pack), confirm=confirm)
    async with app.database.transaction() as conn:
        received = await declaration.declare(conn, app.identity, pack, said, visitor.language, visit_of(request), now)
        lives = pack.declaration.expires_after
        link = await identity.make_link(
            conn, app.identity, "declaration", account_id=None, lives=lives, now=now, subject=received.number
        )
    return see_other(urlsplit(link.get_secret_value()).path)


async def received(request: Request) -> Response:
    """Content, date and time, to be printed or kept; found only by who declared it."""
    app, language = context_of(request).app, visitor_of(request).language
    async with app.database.transaction() as conn:
        token = SecretStr(request.path_params["token"])
        try:
            link = await identity.open_link(conn, "declaration", token, app.database.clock.now())
        except Unauthenticated:
            return page(request, "public/link_over", 410)
        declared = await declaration.get(conn, parse_declaration_number(link.subject))
    pack = app.rules.labelled(declared.rule_pack)
    told = declaration.particulars(declared.said, pack, language, declared.received_at)
    return page(
        request,
        "public/declared",
        number=declared.number,
        told=told,
        contact=declared.said.contact,
        expires_at=declared.expires_at,
        mailed=app.identity.mail,
    )


def lead(request: Request) -> Words:
    """The words of the link that leads here, by the rules of the carrier's own jurisdiction."""
    pack = _law(request, "")
    return _words(pack, pack.declaration.button, visitor_of(request).language)


def _law(request: Request, wanted: str) -> RulePack:
    """The pack `?law=` names, by its id or another name of it, where there is one; else the carrier's own."""
    app = context_of(request).app
    named = app.rules.pack(wanted)
    return named if wanted in (named.id, *named.also) else app.rules.pack(app.settings.carrier.jurisdiction)


def _words(pack: RulePack, text: str, language: Language) -> Words:
    """Prescribed words stay as the law wrote them; our own are told in the reader's language."""
    rules = pack.declaration
    if rules.prescribed or rules.words_in != "en":
        return Words(text, rules.words_in)
    return Words(phrases(language).gettext(text), language)


def _said(form: Form, pack: RulePack) -> Statement:
    """Nothing is ticked beforehand, and nothing has to be: left open it is an ordinary one, as soon as possible."""
    rules = pack.declaration
    kind = (form["kind"] or "ordinary") if "kind" in rules.fields else rules.kind
    day = _day(form["day"])
    when = form["when"] or ("date" if form["day"] else "now")
    return Statement(
        holder_name=form["holder_name"],
        contract=form["contract"],
        contact=form["contact"],
        kind=kind,  # type: ignore[arg-type]  # checked with all others
        when_kind=when,  # type: ignore[arg-type]
        when_date=day if when == "date" else None,
        reason=form["reason"] if "reason" in rules.fields else "",
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _problems(said: Statement, pack: RulePack, request: Request) -> dict[str, str]:
    found = said.problems(pack, context_of(request).app.database.clock.now())
    say = phrases(visitor_of(request).language)
    return {name: _sentence(name, problem, pack, say) for name, problem in found.items()}


def _sentence(name: str, problem: str, pack: RulePack, say: Phrases) -> str:
    _ = say.gettext
    missing = {
        "holder_name": _("Write your name."),
        "contract": _("Write which line or contract you mean."),
        "contact": _("Write where our acknowledgement can go."),
        "reason": _("Write the cause of a cancellation without notice."),
    }
    match problem:
        case "missing":
            return missing[name]
        case "contact":
            return _("Write the whole e-mail address, such as lin@example.net.")
        case "day":
            furthest = tell_span(pack.intervals.max_ahead, say.language)
            return _("Choose a day from today on, at most %(span)s ahead.") % {"span": furthest}
        case "link":
            return _("Write it without an internet address.")
        case "too_long":
            return _("Write it shorter.")
        case _:
            return _("Choose one of these.")


def _form(request: Request, pack: RulePack, form: Form, problems: Mapping[str, str], status: int = 200) -> Response:
    language = visitor_of(request).language
    return page(
        request,
        "public/declare",
        status,
        law=pack.id,
        rules=pack.declaration,
        button=_words(pack, pack.declaration.button, language),
        confirm=_words(pack, pack.declaration.confirm, language),
        form=form,
        problems=problems,
    )


def _fields(form: Form, pack: RulePack) -> list[tuple[str, str]]:
    names = ("kind", "reason", "holder_name", "contract", "when", "day", "contact")
    return [("law", pack.id), *((name, form[name]) for name in names if form[name])]


ROUTES = [
    Route("/declare", ask, methods=["GET"]),
    Route("/declare", declare, methods=["POST"]),
    Route("/declaration/{token}", received, methods=["GET"]),
]
