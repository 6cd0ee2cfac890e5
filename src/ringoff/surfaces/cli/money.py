"""`money list|paid|go-on`: what of the money needs a person. `bill`: what a case costs, was promised, and came to."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ringoff.surfaces.cli.command import Place, command

money = typer.Typer(
    help="What of the money needs a person: refunds by transfer, bills that nothing explains.", no_args_is_help=True
)
Case = Annotated[str, typer.Argument(metavar="CASE", help="Its case number: C-8K3M-V0QXX.")]


def register(app: typer.Typer) -> None:
    command(money, "list")(list_)
    command(money, "paid")(paid)
    command(money, "go-on")(go_on)
    app.add_typer(money, name="money", rich_help_panel="Money")
    command(app, "bill", rich_help_panel="Money")(bill)


async def list_(place: Place) -> None:
    """Refunds to pay by hand, and bills that are stuck; the oldest first."""
    from ringoff.surfaces.cli.money_view import show_tasks
    from ringoff.surfaces.cli.running import installation
    from ringoff.surfaces.cli.screen import give
    from ringoff.surfaces.money_answers import MoneyTasks

    async with installation(place) as app, app.database.transaction() as conn:
        tasks = await MoneyTasks.read(conn)
    if place.json:
        give(tasks)
    else:
        show_tasks(tasks)


async def paid(
    place: Place,
    id_: Annotated[str, typer.Argument(metavar="ID", help="As `money list` shows it: P-17")],
    reference: Annotated[str, typer.Option(help="By which the transfer is found at the bank.")],
) -> None:
    """Say that you have made a transfer: it is booked, and its bill is settled."""
    from ringoff.features.billing import tasks
    from ringoff.kit.errors import NotFound
    from ringoff.kit.ids import is_movement, parse_subject_number
    from ringoff.surfaces.cli.running import installation, operator
    from ringoff.surfaces.cli.screen import give, say

    movement_id = parse_subject_number(id_)
    if not is_movement(movement_id):
        raise NotFound("movement_unknown", "There is no such payment.")
    async with installation(place) as app, app.database.transaction() as conn:
        now = app.database.clock.now()
        await tasks.paid_out(conn, movement_id, reference, operator(), now)
    if place.json:
        give({"id": id_, "reference": reference, "paid": True})
    else:
        say(f"{id_} is paid, and booked.")


async def go_on(
    place: Place,
    case: Case,
    how: Annotated[
        Literal["again", "accept", "waive"],
        typer.Option(
            "--how", help="again: the data were corrected. accept: issue it as it is now. waive: no bill at all."
        ),
    ],
    why: Annotated[str, typer.Option(help="Kept in the audit log.")],
) -> None:
    """Let a stuck bill go on, once you have looked why."""
    from ringoff.features.billing import tasks
    from ringoff.kit.ids import parse_case_number
    from ringoff.surfaces.cli.running import installation, operator
    from ringoff.surfaces.cli.screen import give, say

    async with installation(place) as app, app.database.transaction() as conn:
        await tasks.free(conn, parse_case_number(case), how, why, operator(), app.database.clock.now())
    if place.json:
        give({"cancellation": case, "goes_on": how})
    else:
        say(f"The final bill of {case} goes on: {how}.")


async def bill(
    place: Place,
    case: Case,
    pdf: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write the documents there.")] = None,
) -> None:
    """What was promised when the case was scheduled, and its final bills: each row can be checked with a pencil."""
    from ringoff.features import billing
    from ringoff.features.cancellation import casefile
    from ringoff.kit.ids import parse_case_number
    from ringoff.surfaces.cli.money_view import show_bills
    from ringoff.surfaces.cli.running import installation
    from ringoff.surfaces.cli.screen import give, say
    from ringoff.surfaces.money_answers import BillsShown
    from ringoff.surfaces.papers import final_bill_pdf, final_bills

    case_id = parse_case_number(case)
    async with installation(place) as app:
        async with app.database.transaction() as conn:
            summary = await casefile.summarise(conn, case_id)
            quoted = (await billing.quotes(conn, [case_id])).get(case_id)
            bills = await final_bills(conn, app, [summary])
        files = [] if pdf is None else [(f"{b.document.bill_number}.pdf", await final_bill_pdf(app, b)) for b in bills]
    if place.json:
        give(BillsShown.of(summary.number, quoted, bills))
    else:
        show_bills(quoted, bills)
    for name, content in files:
        assert pdf is not None
        pdf.mkdir(parents=True, exist_ok=True)
        (pdf / name).write_bytes(content)
        if not place.json:
            say(f"Written: {pdf / name}", "quiet")
