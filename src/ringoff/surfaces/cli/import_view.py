"""How an import goes, and what it did."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from ringoff.features import directory
from ringoff.features.directory import ImportReport
from ringoff.surfaces.cli.screen import console, say, table


@contextmanager
def progress(*, quiet: bool) -> Iterator[directory.Progress]:
    """A bar for each file while it is read, then for each stage."""
    if quiet or not console().is_terminal:
        yield lambda what, done, total: None
        return
    columns = (TextColumn("{task.description:<14}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console()) as bars:
        tasks: dict[str, TaskID] = {}

        def advance(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what)
            bars.update(tasks[what], completed=done, total=max(total, 1))

        yield advance


def show(report: ImportReport, rejects: Path | None) -> None:
    outcomes = ("inserted", "updated", "unchanged", "conflicts", "rejected")
    grid = table("", *outcomes, right=outcomes)
    for kind, tally in report.summary().items():
        grid.add_row(kind, *(f"{tally[outcome]:,}" for outcome in outcomes))
    console().print(grid)
    for problem in report.problems:
        say(f"{'▲' if problem.conflict else '×'} {problem}")
    more = report.conflicts + report.rejected - len(report.problems)
    if more > 0:
        say(f"and {more:,} more")
    if rejects is not None and report.conflicts + report.rejected:
        say(f"{rejects} holds every row that was left out, with its reason.")
