"""`rules list|explain`: which rule packs there are, and which of them a line follows, and why."""

from typing import Annotated

import typer

from ringoff.surfaces.cli.command import Place, command

rules = typer.Typer(help="Rule packs: which there are, and what they say of a line.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    command(rules, "list")(list_)
    command(rules, "explain")(explain)
    app.add_typer(rules, name="rules", rich_help_panel="Operate")


def list_(place: Place) -> None:
    """All packs in all their versions, ours and those of `rules_dir`. Nothing has to run for it."""
    from ringoff.features.rules import RuleBook
    from ringoff.surfaces.cli import rules_view
    from ringoff.surfaces.cli.running import load
    from ringoff.surfaces.cli.screen import give

    book = RuleBook.load(load(place).rules_dir)
    if place.json:
        give({"packs": [rules_view.summary(pack, book) for pack in book.packs]})
    else:
        rules_view.show_list(book)


async def explain(
    place: Place,
    line: Annotated[str, typer.Argument(metavar="LINE", help="line_ref, the number in any spelling, or iccid:…")],
) -> None:
    """Which pack a line follows and why, what each section says, whose word that is, and how sure we are of it."""
    from dataclasses import asdict

    from ringoff.features import directory, readiness
    from ringoff.surfaces.cli import rules_view
    from ringoff.surfaces.cli.rules_explained import explained
    from ringoff.surfaces.cli.running import installation
    from ringoff.surfaces.cli.screen import give

    async with installation(place) as app, app.database.transaction() as conn:
        line_id = await directory.find_line(conn, line)
        facts = (await readiness.facts(conn, [line_id]))[line_id]
        told = explained(app.rules, facts, app.database.clock.now())
    if place.json:
        give(asdict(told))
    else:
        rules_view.show(told)
