"""Imports the carrier's plans, accounts, lines, bindings and money: all of it in one transaction, or nothing.

Rows are read and checked here as they stream into staging tables (staging.py); whatever needs a look at other rows
is decided there as sets. An import never touches a closed line, nor one with a case that was not declined or
withdrawn: what the case remembers of the line has to stay true.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import LiteralString

from psycopg import sql

from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.directory import holder_staging, money_staging, staging
from ringoff.features.directory.columns import layouts
from ringoff.features.directory.documents import stage_documents
from ringoff.features.directory.kinds import KEYS, KINDS, MONEY, UNCHANGED, WRITE
from ringoff.features.directory.layout import BadRow, Layout, RowReader
from ringoff.features.directory.model import FileKind, ImportReport, Problem, Tally
from ringoff.features.directory.money_importing import check_money, leave_out_money
from ringoff.features.directory.reading import Source, recognise
from ringoff.features.directory.rejects import problem_of, write_rejects
from ringoff.features.rules import RuleBook
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, InvalidInput
from ringoff.kit.msisdn import Numbering

Progress = Callable[[str, int, int], None]
"""`progress(what, done, total)`: a file's name and bytes while it is read, then a stage and its steps."""

_BATCH = 2_000  # rows
_SHOWN = 20  # problems
_ROUNDS = 30  # of refusing rows because others were refused


async def import_files(
    conn: Connection,
    paths: Sequence[Path],
    *,
    rules: RuleBook,
    actor: Actor,
    now: datetime,
    rejects: Path | None = None,
    progress: Progress = lambda what, done, total: None,
) -> ImportReport:
    """Recognises each file by its header; any kind may be left out. In the caller's transaction.

    A row that is wrong raises InvalidInput, with the first 20 of them in its `problems`; with `rejects` given, wrong
    rows and conflicts are written there (CSV) and the rest is imported, but of the money all or nothing. Conflicts
    never stop an import. `billing.book_imported` belongs into the same transaction; after a large import, call
    `refresh_statistics` in one of its own.
    """
    known = layouts(Numbering(rules.number_plans))
    sources = _by_kind([recognise(path, known) for path in paths], rejects)
    await _prepare(conn)
    for kind, source in sources.items():
        await _stage(conn, source, known[kind], progress)
    progress("checking", 0, 2)
    tallies = {kind: Tally(unchanged=await _check_alone(conn, source)) for kind, source in sources.items()}
    progress("checking", 1, 2)
    await _check_lines(conn)
    await _check_bindings(conn)
    if any(kind in sources for kind in MONEY):
        known_bills = await check_money(conn, sources, now)
        tallies |= {"bills": Tally(unchanged=known_bills)} if known_bills else {}
        if rejects is not None:
            await leave_out_money(conn, sources)
    tallies = await _with_problems(conn, tallies)
    problems = await _first_problems(conn, sources)
    rejected = sum(tally.rejected for tally in tallies.values())
    if rejects is not None:
        await write_rejects(conn, rejects, [sources.get(kind) for kind in KINDS])
    elif rejected:
        raise _refusal(rejected, [problem for problem in problems if not problem.conflict])
    progress("checking", 2, 2)
    report = ImportReport(**await _write(conn, tallies, now, progress), problems=tuple(problems))
    detail = {"files": {kind: source.name for kind, source in sources.items()}, **report.summary()}
    await proof.record(conn, [proof.Event(type="directory.imported", actor=actor, at=now, detail=detail)])
    return report


async def refresh_statistics(conn: Connection) -> None:
    """For the planner, after a large import; in a transaction of its own, because the import's is long enough."""
    await conn.execute(staging.REFRESH, prepare=False)


def _by_kind(sources: Sequence[Source], rejects: Path | None) -> dict[FileKind, Source]:
    """In the order in which they are written."""
    if rejects is not None and any(rejects.resolve() == source.path.resolve() for source in sources):
        raise InvalidInput("rejects_is_input", f"{rejects.name} is one of the files to be imported.")
    for kind in KINDS:
        if len(same := [source.name for source in sources if source.kind == kind]) > 1:
            raise InvalidInput("files_ambiguous", f"{' and '.join(same)} both hold {kind}; give one file of each kind.")
    return {source.kind: source for source in sorted(sources, key=lambda source: KINDS.index(source.kind))}


async def _prepare(conn: Connection) -> None:
    cursor = await conn.execute(staging.ALONE)
    if await cursor.fetchone() != (True,):
        raise Conflict("import_running", "Another import is running; try again when it has ended.")
    await conn.execute(staging.PREPARE)
    await conn.execute(staging.TABLES, prepare=False)
    await conn.execute(holder_staging.TABLES, prepare=False)
    await conn.execute(money_staging.TABLES, prepare=False)


async def _stage(conn: Connection, source: Source, layout: Layout, progress: Progress) -> None:
    reader = RowReader(layout, source.header)
    nothing = [""] * len(layout.columns)
    batch: list[str] = []
    async with (
        conn.cursor() as cursor,
        cursor.copy(staging.COPY.format(staging.name_of(layout.kind))) as copy,
    ):
        for row in source.rows():
            try:
                if row.fields is None:
                    raise BadRow("", row.wrong)
                values = [str(row.number), "", "", *reader.read(row.fields)]
            except BadRow as bad:
                values = [str(row.number), bad.column, bad.reason, *nothing]
            batch.append("\x1f".join(values))
            if len(batch) == _BATCH:
                await copy.write("\n".join(batch) + "\n")
                batch.clear()
                progress(source.name, row.done, source.size)
        if batch:
            await copy.write("\n".join(batch) + "\n")
    progress(source.name, source.size, source.size)


async def _check_alone(conn: Connection, source: Source) -> int:
    """What can be said of one file by itself; returns how many of its rows say what is known already.

    Bills are compared later: what is paid of them, another file may say.
    """
    kind = source.kind
    staged, file = staging.name_of(kind), {"file": KINDS.index(kind)}
    await conn.execute(staging.ANALYZE.format(staged))
    await conn.execute(staging.UNREADABLE.format(staged=staged), file)
    for key, column in KEYS[kind].items():
        names = {"column": sql.Identifier(key), "name": sql.Literal(column)}
        await conn.execute(staging.REPEATED.format(staged=staged, **names), file)
    if kind == "bills":
        await stage_documents(conn, source.path.parent, file["file"])
        return 0
    return (await conn.execute(UNCHANGED[kind])).rowcount


async def _check_lines(conn: Connection) -> None:
    """Refuses until nothing more is to be refused: a refused line keeps the number that another was to get."""
    strange = staging.STRANGE_ACCOUNT.format(staged=staging.name_of("lines"))
    await conn.execute(strange, {"file": KINDS.index("lines")})
    await conn.execute(staging.STRANGE_PLAN)
    await conn.execute(staging.CONFLICTS)
    await conn.execute(staging.LOCK)
    await conn.execute(staging.CONFLICTS)
    checks: list[sql.Composed | LiteralString] = [
        staging.TAKEN.format(column=sql.Identifier(column), name=sql.Literal(column))
        for column in ("msisdn", "imsi", "iccid")
    ]
    checks += [staging.STRANGE_PRIMARY, staging.PRIMARY_HAS_SECONDARIES]
    for _ in range(_ROUNDS):
        refused = 0
        for check in checks:
            refused += (await conn.execute(check)).rowcount
        if not refused:
            return
    raise InvalidInput(
        "import_entangled", "Too many lines take each other's numbers in a row; correct the wrong ones first."
    )


async def _check_bindings(conn: Connection) -> None:
    """After the lines, some of which were refused."""
    for check in (holder_staging.STRANGE_LINE, holder_staging.CLOSED_LINE):
        await conn.execute(check.format(staged=staging.name_of("bindings")), {"file": KINDS.index("bindings")})


async def _with_problems(conn: Connection, tallies: Mapping[FileKind, Tally]) -> dict[FileKind, Tally]:
    counted = dict(tallies)
    cursor = await conn.execute(staging.COUNT_PROBLEMS)
    for file, conflict, count in await cursor.fetchall():
        kind = KINDS[file]
        counted[kind] = replace(counted[kind], **{"conflicts" if conflict else "rejected": count})
    return counted


async def _first_problems(conn: Connection, sources: Mapping[FileKind, Source]) -> list[Problem]:
    cursor = await conn.execute(staging.FIRST_PROBLEMS, {"limit": _SHOWN})
    return [problem_of(row, sources[KINDS[row[0]]].name) for row in await cursor.fetchall()]


def _refusal(count: int, problems: Sequence[Problem]) -> InvalidInput:
    rows = "1 row is" if count == 1 else f"{count} rows are"
    return InvalidInput(
        "import_rejected",
        f"{rows} wrong, so nothing was imported. {problems[0]}",
        count=count,
        problems=[asdict(problem) for problem in problems],
    )


async def _write(
    conn: Connection, tallies: Mapping[FileKind, Tally], now: datetime, progress: Progress
) -> dict[FileKind, Tally]:
    await conn.execute(staging.LOCK_ACCOUNTS)
    await conn.execute(staging.LET_GO)
    written = {kind: tallies.get(kind, Tally()) for kind in KINDS}
    steps = [step for step in WRITE if step[0] in tallies]
    for done, (kind, outcome, statement) in enumerate(steps):
        progress("writing", done, len(steps))
        count = (await conn.execute(statement, {"now": now})).rowcount
        if outcome:
            written[kind] = replace(written[kind], **{outcome: getattr(written[kind], outcome) + count})
    await conn.execute(staging.ATTACH_LINES)
    await conn.execute(staging.REVIVE_ACCOUNTS)
    progress("writing", len(steps), max(len(steps), 1))
    return written
