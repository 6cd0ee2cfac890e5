"""`import`: the carrier's plans, accounts, lines, bills and bindings. `hold`: what keeps a line from being closed."""

from pathlib import Path
from typing import Annotated

import typer

from ringoff.surfaces.cli.command import Place, command

PANEL = "Lines"


def register(app: typer.Typer) -> None:
    command(app, "import", rich_help_panel=PANEL)(import_)
    command(app, "hold", rich_help_panel=PANEL)(hold)


async def import_(
    place: Place,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="plans.csv accounts.csv lines.csv bills.csv bindings.csv", help="Told apart by their headers."
        ),
    ],
    rejects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Takes the bad rows; the rest is imported.")
    ] = None,
) -> None:
    """Take in plans, accounts, lines, bills and bindings: all of it, or nothing. A line with a case stays as it is."""
    from dataclasses import asdict

    from ringoff.features import directory
    from ringoff.surfaces.cli.import_view import progress, show
    from ringoff.surfaces.cli.running import installation, operator
    from ringoff.surfaces.cli.screen import give

    async with installation(place, unlimited=True) as app:
        with progress(quiet=place.json) as advance:
            async with app.database.transaction() as conn:
                now = app.database.clock.now()
                how = {"rules": app.rules, "actor": operator(), "now": now, "rejects": rejects}
                report = await directory.import_files(conn, files, progress=advance, **how)  # type: ignore[arg-type]
            async with app.database.transaction() as conn:
                await directory.refresh_statistics(conn)
    if place.json:
        give({**report.summary(), "problems": [asdict(problem) for problem in report.problems]})
    else:
        show(report, rejects)


async def hold(
    place: Place,
    line: Annotated[str, typer.Argument(metavar="LINE", help="line_ref, number, or iccid:…")],
    kind: Annotated[str, typer.Argument(metavar="KIND", help="fraud, legal, stolen, recent_change, port_pending")],
    why: Annotated[str | None, typer.Option(help="Kept in the audit log; needed to set one.")] = None,
    lift: Annotated[bool, typer.Option("--lift", help="Lift it instead.")] = False,
) -> None:
    """Keep a line from being closed, or no longer. What has started to release, a hold does not stop."""
    from ringoff.features import cancellation, directory, readiness
    from ringoff.kit.errors import InvalidInput
    from ringoff.surfaces.cli.running import installation, operator
    from ringoff.surfaces.cli.screen import give, say

    if not lift and not (why or "").strip():
        raise InvalidInput("why_needed", "Say why with --why; it is kept in the audit log.")
    async with installation(place) as app, app.database.transaction() as conn:
        line_id = await directory.find_line(conn, line)
        facts = (await readiness.facts(conn, [line_id]))[line_id]
        now = app.database.clock.now()
        if lift:
            await cancellation.lift_hold(conn, app.terms, facts, kind, why=why, actor=operator(), now=now)
        else:
            await cancellation.set_hold(conn, app.terms, facts, kind, why=why or "", actor=operator(), now=now)
    if place.json:
        give({"line_ref": facts.line_ref, "kind": kind, "stands": not lift})
    else:
        say(f"The hold {kind} on line {facts.line_ref} {'is lifted' if lift else 'stands'}.")
