"""`import`: the carrier's lines and their money. `statement`: an account's. `hold`: what keeps a line from closing."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from ringoff.surfaces.cli.command import Place, command

PANEL = "Lines"


def register(app: typer.Typer) -> None:
    command(app, "import", rich_help_panel=PANEL)(import_)
    command(app, "statement", rich_help_panel=PANEL)(statement)
    command(app, "hold", rich_help_panel=PANEL)(hold)


async def import_(
    place: Place,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="plans.csv accounts.csv lines.csv bills.csv …", help="Told apart by their headers."),
    ],
    rejects: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Takes the bad rows; the rest is imported, of the money all or nothing."),
    ] = None,
) -> None:
    """Take in lines, what hangs on them, and their money: all of it, or nothing. A line with a case stays as it is."""
    from dataclasses import asdict

    from ringoff.features import directory
    from ringoff.features.billing.booking import book_imported
    from ringoff.surfaces.cli.import_view import progress, show
    from ringoff.surfaces.cli.running import installation, operator
    from ringoff.surfaces.cli.screen import give

    async with installation(place, unlimited=True) as app:
        with progress(quiet=place.json) as advance:
            async with app.database.transaction() as conn:
                now = app.database.clock.now()
                how = {"rules": app.rules, "actor": operator(), "now": now, "rejects": rejects}
                report = await directory.import_files(conn, files, progress=advance, **how)  # type: ignore[arg-type]
                await book_imported(conn, now)
            async with app.database.transaction() as conn:
                await directory.refresh_statistics(conn)
    if place.json:
        give({**report.summary(), "problems": [asdict(problem) for problem in report.problems]})
    else:
        show(report, rejects)


async def statement(
    place: Place,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT")],
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By default 90 days ago.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By default today.")] = None,
) -> None:
    """What was owed on an account, what was billed and paid, what is owed. Days are the account's own."""
    from dataclasses import asdict

    from ringoff.features import directory
    from ringoff.features.billing import statement as statements
    from ringoff.surfaces.cli.running import installation
    from ringoff.surfaces.cli.screen import give
    from ringoff.surfaces.cli.statement_view import show

    async with installation(place) as app, app.database.transaction() as conn:
        holder = await directory.get_account(conn, account)
        today = app.database.clock.now().astimezone(ZoneInfo(holder.time_zone)).date()
        asked = (since.date() if since else None, until.date() if until else None)
        first, last = statements.period(*asked, today, timedelta(days=90))
        told = await statements.statement(conn, holder.id, first, last)
    if place.json:
        give({"account_number": holder.account_number, **asdict(told)})
    else:
        show(holder, told)


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
