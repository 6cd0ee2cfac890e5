"""`declarations list|verify|expire`: what was said without signing in, and what came of it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringoff.surfaces.cli.command import Place, command

if TYPE_CHECKING:
    from ringoff.features.declaration import Declaration

declarations = typer.Typer(
    help="What was declared without signing in: list it, make it a request once its holder is verified.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    command(declarations, "list")(list_)
    command(declarations, "verify")(verify)
    command(declarations, "expire")(expire)
    app.add_typer(declarations, name="declarations", rich_help_panel="Cases")


async def list_(place: Place, limit: Annotated[int, typer.Option(min=1, max=500)] = 50) -> None:
    """Those that wait for their holder's verification, the one that expires next first."""
    from ringoff.features import declaration
    from ringoff.surfaces.cli.running import installation
    from ringoff.surfaces.cli.screen import give, moment, say

    async with installation(place) as app, app.database.transaction() as conn:
        found = await declaration.waiting(conn, limit)
        now = app.database.clock.now()
    if place.json:
        give({"declarations": [_told(one) for one in found]})
        return
    for one in found:
        say(f"{one.number}  received {moment(one.received_at, now)}, expires {moment(one.expires_at, now)}", "bold")
        for name, value in declaration.particulars(one.said, app.rules.labelled(one.rule_pack), "en"):
            say(f"  {name}: {value}")
    if not found:
        say("No declaration waits.")


async def verify(
    place: Place,
    number: Annotated[str, typer.Argument(metavar="ID", help="As `declarations list` shows it: D-8K3M-V0QXX")],
    line: Annotated[str, typer.Option(metavar="REF", help="Whose holder you verified: line_ref, number or iccid:…")],
    when: Annotated[
        str | None, typer.Option(metavar="now|period_end|DATE", help="Where the contract ends at another time.")
    ] = None,
    contact_verified: Annotated[
        bool, typer.Option("--contact-verified", help="The holder confirmed the address too: write there as well.")
    ] = False,
) -> None:
    """Make it a request. Only after you verified, out of band, that this line's holder made it."""
    from ringoff.features import cancellation, directory
    from ringoff.features.cancellation import When, casefile
    from ringoff.features.declaration import parse_declaration_number
    from ringoff.surfaces import answers
    from ringoff.surfaces.cli import case_view
    from ringoff.surfaces.cli.running import installation, operator
    from ringoff.surfaces.cli.screen import give

    declared, chosen = parse_declaration_number(number), When.parse(when) if when else None
    async with installation(place) as app, app.database.transaction() as conn:
        now = app.database.clock.now()
        receipt = await cancellation.request_declared(
            conn,
            app.terms,
            declared,
            await directory.find_line(conn, line),
            when=chosen,
            contact_verified=contact_verified,
            actor=operator(),
            now=now,
        )
        case = await casefile.summarise(conn, receipt.case_id)
    if place.json:
        give(answers.Case.of(case))
    else:
        case_view.tell(case, now, None, first=receipt.created)


async def expire(place: Place) -> None:
    """Let go of what nobody verified in time. The workers do it by themselves."""
    from ringoff.features import declaration
    from ringoff.surfaces.cli.running import installation, operator
    from ringoff.surfaces.cli.screen import give, say

    most = 10_000
    async with installation(place) as app, app.database.transaction() as conn:
        expired = await declaration.expire(conn, app.database.clock.now(), limit=most, actor=operator())
    if place.json:
        give({"expired": expired})
    else:
        say(f"{expired} expired." if expired else "None had expired.")


def _told(one: "Declaration") -> dict[str, Any]:
    said = one.said
    return {
        "number": one.number,
        "received_at": one.received_at,
        "expires_at": one.expires_at,
        "rule_pack": one.rule_pack,
        "kind": said.kind,
        "reason": said.reason,
        "holder_name": said.holder_name,
        "contract": said.contract,
        "when": said.when_date or said.when_kind,
        "contact": said.contact,
    }
