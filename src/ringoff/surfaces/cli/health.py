"""`doctor`: is everything well, and if not, what to do about it."""

import typer

from ringoff.surfaces.cli.command import Place, command


def register(app: typer.Typer) -> None:
    command(app, "doctor", rich_help_panel="Operate")(doctor)


async def doctor(place: Place) -> int:
    """Look at the database, every system, mail, clock and disk, and say what to do about what is found."""
    from dataclasses import asdict

    from ringoff.kit import log
    from ringoff.surfaces.cli.doctor import examine, show
    from ringoff.surfaces.cli.problems import DONE, FOUND
    from ringoff.surfaces.cli.running import load
    from ringoff.surfaces.cli.screen import give

    log.set_up("error", "auto")
    findings = await examine(load(place))
    well = all(finding.level != "wrong" for finding in findings)
    if place.json:
        give({"ok": well, "findings": [asdict(finding) for finding in findings]})
    else:
        show(findings)
    return DONE if well else FOUND
