"""`cancel`, `show`, `list`, `withdraw`, `reschedule`, `review`: a line's way out, and who decides on it."""

from typing import Annotated, Literal

import typer

from ringoff.surfaces.cli.command import Place, command

PANEL = "Cases"
Case = Annotated[str, typer.Argument(metavar="CASE", help="Its case number; or its line, which means the open case.")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Draw what happens until the case has ended.")]
When = Annotated[str, typer.Option("--when", metavar="now|period_end|DATE", help="A date ends in the holder's zone.")]


def register(app: typer.Typer) -> None:
    command(app, "cancel", rich_help_panel=PANEL)(cancel)
    command(app, "show", rich_help_panel=PANEL)(show)
    command(app, "list", rich_help_panel=PANEL)(list_)
    command(app, "withdraw", rich_help_panel=PANEL)(withdraw)
    command(app, "reschedule", rich_help_panel=PANEL)(reschedule)
    command(app, "review", rich_help_panel=PANEL)(review)


async def cancel(
    place: Place,
    line: Annotated[
        str | None, typer.Argument(metavar="LINE", help="line_ref, the number in any spelling, or iccid:…")
    ] = None,
    account: Annotated[
        str | None, typer.Option("--account", metavar="NUMBER", help="Close this whole account instead.")
    ] = None,
    when: When = "now",
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="In the holder's own words.")] = None,
    email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Also write to the holder here.")] = None,
    phone: Annotated[str | None, typer.Option(metavar="NUMBER", help="Reach the holder here.")] = None,
    reference: Annotated[str | None, typer.Option(metavar="TEXT", help="Your own name for the case.")] = None,
    confidential: Annotated[
        bool, typer.Option("--confidential", help="Tell nobody but --email: somebody may be in danger.")
    ] = False,
    watch: Watch = False,
) -> int:
    """Close a line, or a whole account. The same terms asked again are the first case."""
    from ringoff.kit.errors import InvalidInput
    from ringoff.surfaces.cli import casework

    if (line is None) == (account is None):
        raise InvalidInput("line_or_account", "Name one line, or one account with --account.")
    wish = casework.Wish(when, reason, email, phone, reference, confidential)
    if account is not None:
        return await casework.cancel_account(place, account, wish, watching=watch)
    assert line is not None
    return await casework.cancel_line(place, line, wish, watching=watch)


async def show(
    place: Place,
    name: Annotated[str, typer.Argument(metavar="CASE|LINE", help="A case number, or a line by any of its names.")],
    watch: Watch = False,
) -> int:
    """A case: what each system was asked and proved. Or a line: what it is, and what stands in the way."""
    from ringoff.surfaces.cli import casework

    return await casework.show(place, name, watching=watch)


async def list_(
    place: Place,
    state: Annotated[
        Literal["requested", "in_review", "scheduled", "releasing", "closed", "declined", "withdrawing", "withdrawn"]
        | None,
        typer.Option(help="Only cases in this state.", show_choices=False, metavar="STATE"),
    ] = None,
    line: Annotated[str | None, typer.Option(help="Only cases of this line.")] = None,
    account: Annotated[str | None, typer.Option(metavar="NUMBER", help="Only cases of this account.")] = None,
    reference: Annotated[str | None, typer.Option(help="Only cases that you gave this name.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    cursor: Annotated[str | None, typer.Option(metavar="CASE", help="Go on after this case.")] = None,
) -> None:
    """Cases, newest first."""
    from ringoff.surfaces.cli import casework

    await casework.list_cases(place, state, line, account, reference, limit, cursor)


async def withdraw(
    place: Place,
    case: Case,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why the holder stays.")] = None,
    watch: Watch = False,
) -> int:
    """The holder stays. Granted until the point of no return; what was released already is given back."""
    from ringoff.surfaces.cli import casework

    return await casework.withdraw(place, case, reason, watching=watch)


async def reschedule(place: Place, case: Case, when: When) -> None:
    """Another date, for a case that has not started to release."""
    from ringoff.surfaces.cli import casework

    await casework.reschedule(place, case, when)


async def review(
    place: Place,
    case: Case,
    why: Annotated[str, typer.Option(metavar="TEXT", help="Kept with the case.")],
    approve: Annotated[bool | None, typer.Option("--approve/--decline", help="What you decide.")] = None,
) -> None:
    """Decide a case that waits for a person."""
    from ringoff.kit.errors import InvalidInput
    from ringoff.surfaces.cli import casework

    if approve is None:
        raise InvalidInput("decision_needed", "Say --approve or --decline.")
    await casework.review(place, case, approve=approve, why=why)
