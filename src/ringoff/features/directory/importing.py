"""Imports the carrier's plans, accounts, lines, bills and bindings: all of it in one transaction, or nothing.

Rows are read and checked here as they stream into staging tables (staging.py); whatever needs a look at other rows
is decided there as sets. An import never touches a closed line, nor one with a case that was not declined or
withdrawn: what the case remembers of the line has to stay true.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import LiteralString, get_args

from psycopg import sql

from ringoff.db.pool import Connection
from ringoff.features import proof
from ringoff.features.directory import holder_staging, staging
from ringoff.features.directory.columns import BadRow, Layout, RowReader, layouts
from ringoff.features.directory.documents import stage_documents
from ringoff.features.directory.model import FileKind, ImportReport, Problem, Tally
from ringoff.features.directory.reading import Source, recognise
from ringoff.features.directory.rejects import problem_of, write_rejects
from ringoff.features.rules import RuleBook
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, InvalidInput
from ringoff.kit.msisdn import Numbering

Progress = Callable[[str, int, int], None]
"""`progress(what, done, total)`: a file's name and bytes while it is read, then a stage and its steps."""

_KINDS: tuple[FileKind, ...] = get_args(FileKind)
# What is unique within a file, by the staged column, and which column of the file is at fault.
_KEYS: Mapping[FileKind, Mapping[str, str]] = {
    "plans": {"plan_code": "plan_code"},
    "accounts": {"account_number": "account_number"},
    "lines": {"line_ref": "line_ref", "msisdn": "msisdn", "imsi": "imsi", "iccid": "iccid"},
    "bills": {"key": "bill_number"},
    "bindings": {"key": "name"},
}
_UNCHANGED: Mapping[FileKind, LiteralString] = {
    "plans": staging.UNCHANGED_PLANS,
    "accounts": staging.UNCHANGED_ACCOUNTS,
    "lines": staging.UNCHANGED_LINES,
    "bills": holder_staging.UNCHANGED_BILLS,
    "bindings": holder_staging.UNCHANGED_BINDINGS,
}
_WRITE: Sequence[tuple[FileKind, str, LiteralString, bool]] = (
    ("plans", "updated", staging.UPDATE_PLANS, False),
    ("plans", "inserted", staging.INSERT_PLANS, False),
    ("accounts", "updated", staging.UPDATE_ACCOUNTS, False),
    ("accounts", "inserted", staging.INSERT_ACCOUNTS, False),
    ("lines", "updated", staging.UPDATE_LINES, False),
    ("lines", "inserted", staging.INSERT_LINES, False),
    ("lines", "inserted", staging.INSERT_LINES, True),
    ("bills", "updated", holder_staging.UPDATE_BILLS, False),
    ("bills", "inserted", holder_staging.INSERT_BILLS, False),
    ("bindings", "updated", holder_staging.UPDATE_BINDINGS, False),
    ("bindings", "inserted", holder_staging.INSERT_BINDINGS, False),
)
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
    """Recognises each file by its header; any of the five may be left out. In the caller's transaction.

    A row that is wrong raises InvalidInput, with the first 20 of them in its `problems`; with `rejects` given, wrong
    rows and conflicts are written there (CSV) and the rest is imported. Conflicts never stop an import. After a large
    one, call `refresh_statistics` in a transaction of its own.
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
    await _check_what_hangs_on_them(conn)
    tallies = await _with_problems(conn, tallies)
    problems = await _first_problems(conn, sources)
    rejected = sum(tally.rejected for tally in tallies.values())
    if rejects is not None:
        await write_rejects(conn, rejects, [sources.get(kind) for kind in _KINDS])
    elif rejected:
        raise _refusal(rejected, [problem for problem in problems if not problem.conflict])
    progress("checking", 2, 2)
    report = ImportReport(**await _write(conn, tallies, progress), problems=tuple(problems))
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
    for kind in _KINDS:
        if len(same := [source.name for source in sources if source.kind == kind]) > 1:
            raise InvalidInput("files_ambiguous", f"{' and '.join(same)} both hold {kind}; give one file of each kind.")
    return {source.kind: source for source in sorted(sources, key=lambda source: _KINDS.index(source.kind))}


async def _prepare(conn: Connection) -> None:
    cursor = await conn.execute(staging.ALONE)
    if await cursor.fetchone() != (True,):
        raise Conflict("import_running", "Another import is running; try again when it has ended.")
    await conn.execute(staging.PREPARE)
    await conn.execute(staging.TABLES, prepare=False)
    await conn.execute(holder_staging.TABLES, prepare=False)


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
    """What can be said of one file by itself; returns how many of its rows say what is known already."""
    kind = source.kind
    staged, file = staging.name_of(kind), {"file": _KINDS.index(kind)}
    await conn.execute(staging.ANALYZE.format(staged))
    await conn.execute(staging.UNREADABLE.format(staged=staged), file)
    for key, column in _KEYS[kind].items():
        names = {"column": sql.Identifier(key), "name": sql.Literal(column)}
        await conn.execute(staging.REPEATED.format(staged=staged, **names), file)
    if kind == "bills":
        await stage_documents(conn, source.path.parent, file["file"])
    return (await conn.execute(_UNCHANGED[kind])).rowcount


async def _check_lines(conn: Connection) -> None:
    """Refuses until nothing more is to be refused: a refused line keeps the number that another was to get."""
    await _check_accounts(conn, "lines")
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


async def _check_accounts(conn: Connection, kind: FileKind) -> None:
    strange = staging.STRANGE_ACCOUNT.format(staged=staging.name_of(kind))
    await conn.execute(strange, {"file": _KINDS.index(kind)})


async def _check_what_hangs_on_them(conn: Connection) -> None:
    """Bills on accounts, bindings on lines: after the lines, some of which were refused."""
    await _check_accounts(conn, "bills")
    for check in (holder_staging.STRANGE_LINE, holder_staging.CLOSED_LINE):
        await conn.execute(check, {"file": _KINDS.index("bindings")})


async def _with_problems(conn: Connection, tallies: Mapping[FileKind, Tally]) -> dict[FileKind, Tally]:
    counted = dict(tallies)
    cursor = await conn.execute(staging.COUNT_PROBLEMS)
    for file, conflict, count in await cursor.fetchall():
        kind = _KINDS[file]
        counted[kind] = replace(counted[kind], **{"conflicts" if conflict else "rejected": count})
    return counted


async def _first_problems(conn: Connection, sources: Mapping[FileKind, Source]) -> list[Problem]:
    cursor = await conn.execute(staging.FIRST_PROBLEMS, {"limit": _SHOWN})
    return [problem_of(row, sources[_KINDS[row[0]]].name) for row in await cursor.fetchall()]


def _refusal(count: int, problems: Sequence[Problem]) -> InvalidInput:
    rows = "1 row is" if count == 1 else f"{count} rows are"
    return InvalidInput(
        "import_rejected",
        f"{rows} wrong, so nothing was imported. {problems[0]}",
        count=count,
        problems=[asdict(problem) for problem in problems],
    )


async def _write(conn: Connection, tallies: Mapping[FileKind, Tally], progress: Progress) -> dict[FileKind, Tally]:
    await conn.execute(staging.LOCK_ACCOUNTS)
    await conn.execute(staging.LET_GO)
    written = dict(tallies) | {kind: tallies.get(kind, Tally()) for kind in _KINDS}
    for step, (kind, outcome, statement, dependent) in enumerate(_WRITE):
        progress("writing", step, len(_WRITE))
        count = (await conn.execute(statement, {"dependent": dependent})).rowcount
        written[kind] = replace(written[kind], **{outcome: getattr(written[kind], outcome) + count})
    await conn.execute(staging.ATTACH_LINES)
    await conn.execute(staging.REVIVE_ACCOUNTS)
    progress("writing", len(_WRITE), len(_WRITE))
    return written
