"""`fallout list|retry|resolve`: what needs a person, and what the person decided."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ringoff.surfaces.cli.command import Place, command

if TYPE_CHECKING:
    from ringoff.app import App
    from ringoff.features.cancellation import ObligationId

fallout = typer.Typer(help="What needs a person: list it, have it tried again, answer for it.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="ID", help="As `fallout list` shows it: C-8K3M-V0QXX.hlr.release.1")]


def register(app: typer.Typer) -> None:
    command(fallout, "list")(list_)
    command(fallout, "retry")(retry)
    command(fallout, "resolve")(resolve)
    app.add_typer(fallout, name="fallout", rich_help_panel="Cases")


async def list_(
    place: Place,
    system: Annotated[str | None, typer.Option(help="Only what this system owes.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    cursor: Annotated[str | None, typer.Option(metavar="ID", help="Go on after this one.")] = None,
) -> None:
    """What no repetition will help, and why."""
    from ringoff.features import cancellation
    from ringoff.features.cancellation import ObligationId
    from ringoff.surfaces.answers import CaseObligation, ObligationPage
    from ringoff.surfaces.cli.running import installation
    from ringoff.surfaces.cli.screen import console, give, say, shape

    after = ObligationId.parse(cursor) if cursor else None
    async with installation(place) as app, app.database.transaction() as conn:
        found = await cancellation.list_obligations(conn, system=system, after=after, limit=limit + 1)
    shown = found[:limit]
    more = str(shown[-1].id) if len(found) > limit else None
    if place.json:
        give(ObligationPage(obligations=[CaseObligation.of(one) for one in shown], next_cursor=more))
        return
    for one in shown:
        console().print(f"{shape('fallout')} [bold]{one.id}[/]  [quiet]{one.attempts} attempts[/]")
        say(f"  {one.last_outcome or 'no answer in time'}")
    if not shown:
        say("Nothing needs a person.")
    elif more:
        say(f"There is more: --cursor {more}")


async def retry(place: Place, id_: Id) -> None:
    """Ask the system again, with fresh patience; it is read back before anything is repeated."""
    from ringoff.features import cancellation
    from ringoff.features.cancellation import ObligationId
    from ringoff.surfaces.cli.running import installation, operator

    named = ObligationId.parse(id_)
    async with installation(place) as app:
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            await cancellation.retry(conn, app.terms, named, actor=operator(), now=now)
        await _tell(place, app, named, "is asked again")


async def resolve(
    place: Place,
    id_: Id,
    as_: Annotated[
        Literal["discharged", "void"],
        typer.Option("--as", help="discharged: it has been done, by hand say. void: it need not be done."),
    ],
    why: Annotated[str, typer.Option(help="Kept as evidence.")],
) -> None:
    """Answer for it; the case goes on from there."""
    from ringoff.features import cancellation
    from ringoff.features.cancellation import ObligationId
    from ringoff.surfaces.cli.running import installation, operator

    named = ObligationId.parse(id_)
    async with installation(place) as app:
        async with app.database.transaction() as conn:
            now = app.database.clock.now()
            await cancellation.resolve(conn, app.terms, named, state=as_, why=why, actor=operator(), now=now)
        await _tell(place, app, named, f"counts as {as_}")


async def _tell(place: Place, app: "App", named: "ObligationId", what: str) -> None:
    from ringoff.features import cancellation
    from ringoff.surfaces.answers import CaseObligation
    from ringoff.surfaces.cli.screen import give, say

    async with app.database.transaction() as conn:
        owed = await cancellation.get_obligation(conn, named)
    if place.json:
        give(CaseObligation.of(owed))
    else:
        say(f"{named} {what}.")
