"""`key create|list|revoke`: who may use the API."""

from typing import Annotated

import typer

from ringoff.surfaces.cli.command import Place, command

keys = typer.Typer(help="API keys: make, list, revoke.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    command(keys, "create")(create)
    command(keys, "list")(list_)
    command(keys, "revoke")(revoke)
    app.add_typer(keys, name="key", rich_help_panel="Operate")


async def create(
    place: Place,
    scope: Annotated[
        list[str],
        typer.Option(help="Several: repeat it. lines:read, cancellations:read, cancellations:write, confidential, "
                     "review, holds, fallout, billing:read, billing:write, admin."),
    ],
    name: Annotated[str, typer.Option(help="Whose key it is; shown in lists.")] = "operator",
) -> None:  # fmt: skip
    """Make a key. It is shown once and kept nowhere."""
    from ringoff.features.access import service
    from ringoff.features.access.model import parse_scopes
    from ringoff.surfaces.cli.running import installation, operator
    from ringoff.surfaces.cli.screen import console, give, say

    scopes = parse_scopes(scope)
    async with installation(place) as app, app.database.transaction() as conn:
        new = await service.create_key(conn, name, scopes, operator(), app.database.clock.now())
    text = new.text.get_secret_value()
    if place.json:
        give({"key": text, "id": new.key.id, "name": new.key.name, "scopes": sorted(new.key.scopes)})
        return
    console().print(text, soft_wrap=True, style="accent")
    say(f"This is the only time it is shown. Its id is {new.key.id}; it may: {', '.join(sorted(new.key.scopes))}.")


async def list_(place: Place) -> None:
    """All keys, revoked ones as well; never their secret."""
    from dataclasses import asdict

    from ringoff.features.access import service
    from ringoff.surfaces.cli.running import installation
    from ringoff.surfaces.cli.screen import console, give, moment, say, table

    async with installation(place) as app, app.database.transaction() as conn:
        found = await service.list_keys(conn)
        now = app.database.clock.now()
    if place.json:
        give({"keys": [{**asdict(key), "scopes": sorted(key.scopes)} for key in found]})
    elif not found:
        say("There is no key yet. Make one: ringoff key create --scope admin")
    else:
        grid = table("id", "name", "made", "revoked", "may")
        for key in found:
            made, revoked = moment(key.created_at, now), moment(key.revoked_at, now)
            grid.add_row(key.id, key.name, made, revoked or "–", " ".join(sorted(key.scopes)))
        console().print(grid)


async def revoke(
    place: Place, key_id: Annotated[str, typer.Argument(metavar="ID", help="As `key list` shows it.")]
) -> None:
    """Refuse a key from now on (within seconds, where the API has just seen it)."""
    from ringoff.features.access import service
    from ringoff.surfaces.cli.running import installation, operator
    from ringoff.surfaces.cli.screen import give, say

    async with installation(place) as app, app.database.transaction() as conn:
        key = await service.revoke_key(conn, key_id, operator(), app.database.clock.now())
    if place.json:
        give({"id": key.id, "name": key.name, "revoked_at": key.revoked_at})
    else:
        say(f"The key {key.id} ({key.name}) is revoked.")
