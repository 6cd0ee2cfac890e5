"""`staff add|list|role|link|disable|enable`: who works at the desk, and what they may do."""

from typing import Annotated, Literal

import typer

from ringoff.surfaces.cli.command import Place, command

staff = typer.Typer(help="Who works at the desk: make, list, change, let go.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="As they sign in: small letters, digits, dots.")]
Role = Literal["agent", "senior", "finance", "operations", "auditor", "administrator"]
RoleOption = Annotated[Role, typer.Option("--role", help="What each may do: docs/reference/roles.md.")]


def register(app: typer.Typer) -> None:
    command(staff, "add")(add)
    command(staff, "list")(list_)
    command(staff, "role")(role)
    command(staff, "link")(link)
    command(staff, "disable")(disable)
    command(staff, "enable")(enable)
    app.add_typer(staff, name="staff", rich_help_panel="Operate")


async def add(
    place: Place,
    name: Name,
    role: RoleOption,
    called: Annotated[str, typer.Option(help="The name that colleagues know.")],
) -> None:
    """Make somebody; the link is shown once, and lets them set a password and codes within a day."""
    from ringoff.features import staff as people
    from ringoff.surfaces.cli.running import installation, operator

    async with installation(place) as app, app.database.transaction() as conn:
        now = app.database.clock.now()
        made = await people.add(conn, app.identity, name, called, role, operator(), now)
    _hand_over(place, name, made.get_secret_value())


async def link(place: Place, name: Name) -> None:
    """Another link, for whoever lost password or codes: once used, what they had no longer works."""
    from ringoff.features import staff as people
    from ringoff.surfaces.cli.running import installation, operator

    async with installation(place) as app, app.database.transaction() as conn:
        made = await people.link_of(conn, app.identity, name, operator(), app.database.clock.now())
    _hand_over(place, name, made.get_secret_value())


async def list_(place: Place) -> None:
    """Everybody, also who no longer works here."""
    from dataclasses import asdict

    from ringoff.features import staff as people
    from ringoff.surfaces.cli.running import installation
    from ringoff.surfaces.cli.screen import console, give, say, table

    async with installation(place) as app, app.database.transaction() as conn:
        found = await people.members(conn)
    if place.json:
        give({"staff": [{name: value for name, value in asdict(one).items() if name != "id"} for one in found]})
        return
    if not found:
        say("Nobody works here yet: ringoff staff add NAME --role senior --called 'Lin Wei'")
        return
    grid = table("name", "called", "role", "")
    for one in found:
        state = "no longer here" if one.disabled_at else "" if one.begun else "has not begun"
        grid.add_row(one.name, one.display_name, one.role, state)
    console().print(grid)


async def role(place: Place, name: Name, role: RoleOption) -> None:
    """From their next page on."""
    from ringoff.features import staff as people
    from ringoff.surfaces.cli.running import installation, operator
    from ringoff.surfaces.cli.screen import give, say

    async with installation(place) as app, app.database.transaction() as conn:
        await people.change(conn, name, role, operator(), app.database.clock.now())
    if place.json:
        give({"name": name, "role": role})
    else:
        say(f"{name} is {role}.")


async def disable(place: Place, name: Name) -> None:
    """They no longer work here: their sessions end at once. What they did stays in the audit log."""
    await _able(place, name, disabled=True)


async def enable(place: Place, name: Name) -> None:
    """They work here again, with the password and codes that they had."""
    await _able(place, name, disabled=False)


async def _able(place: Place, name: str, *, disabled: bool) -> None:
    from ringoff.features import staff as people
    from ringoff.surfaces.cli.running import installation, operator
    from ringoff.surfaces.cli.screen import give, say

    async with installation(place) as app, app.database.transaction() as conn:
        await people.disable(conn, name, operator(), app.database.clock.now(), disabled=disabled)
    if place.json:
        give({"name": name, "disabled": disabled})
    else:
        say(f"{name} {'no longer works' if disabled else 'works'} here.")


def _hand_over(place: Place, name: str, link: str) -> None:
    from ringoff.surfaces.cli.screen import console, give, say

    if place.json:
        give({"name": name, "link": link})
        return
    console().print(link, soft_wrap=True, style="accent")
    say(f"Hand it to {name}; it is shown once, works once, and for a day.")
