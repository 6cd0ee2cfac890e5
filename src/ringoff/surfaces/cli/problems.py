"""Every refusal as one sentence on standard error, or with --json as a problem document, and an exit code.

A bug is told as one sentence too, with a reference that is the same wherever the same bug strikes; RINGOFF_DEBUG=1
shows its traceback.
"""

import hashlib
import os
import sys
import traceback
from collections.abc import Mapping
from typing import Any

from ringoff.kit import errors
from ringoff.kit.errors import InvalidInput, RingoffError, Unavailable

DONE, FOUND, USAGE, UNEXPECTED, INTERRUPTED = 0, 1, 2, 70, 130
EXIT_CODES: Mapping[type[RingoffError], int] = {
    errors.InvalidInput: USAGE,
    errors.NotFound: 3,
    errors.Conflict: 4,
    errors.Refused: 5,
    errors.NotAllowed: 6,
    errors.Unauthenticated: 6,
    errors.Unavailable: 7,
}
TABLE = (
    "Exit codes: 0 done · 1 something needs you (doctor; a watched case that did not close; a part refused) · "
    "2 the command is malformed · 3 no such thing · 4 its state does not allow it · 5 a rule says no · "
    "6 not allowed · 7 not now, try again · 70 a bug · 130 Ctrl-C"
)
_TYPE_PREFIX = "urn:ringoff:problem:"
_SHOWN = 20


def report(error: Exception, as_json: bool) -> int:
    """Tell it on standard error; returns the exit code."""
    ours, code = _ours(error)
    if as_json:
        import orjson

        sys.stderr.write(orjson.dumps(document(ours), default=str, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        sys.stderr.write(f"ringoff: {ours.message}\n")
        for line in _particulars(ours):
            sys.stderr.write(f"  {line}\n")
    if code == UNEXPECTED and os.environ.get("RINGOFF_DEBUG"):
        traceback.print_exception(error)
    return code


def document(error: RingoffError) -> dict[str, Any]:
    """As the API tells it (RFC 9457), but for the status and the instance, which only HTTP has."""
    title = error.code.replace("_", " ").capitalize()
    return {
        **error.details,
        "type": _TYPE_PREFIX + error.code,
        "title": title,
        "detail": error.message,
        "code": error.code,
    }


def _ours(error: Exception) -> tuple[RingoffError, int]:
    if not isinstance(error, RingoffError):
        error = _of_database(error) or error
    if isinstance(error, RingoffError):
        return error, next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))
    reference = _reference(error)
    says = f"Something went wrong here, not with you. Report {reference}; RINGOFF_DEBUG=1 shows what happened."
    return RingoffError("unexpected", says, reference=reference, error=type(error).__name__), UNEXPECTED


def _of_database(error: Exception) -> RingoffError | None:
    """What psycopg says about a server that is away or not migrated. It was imported by whoever raised it."""
    if "psycopg" not in sys.modules:
        return None
    import psycopg
    import psycopg_pool

    match error:
        case psycopg.errors.UndefinedTable() | psycopg.errors.UndefinedColumn():
            return Unavailable("not_migrated", "The database is not at this program's migrations: `ringoff migrate`.")
        case psycopg.errors.QueryCanceled() | psycopg.errors.LockNotAvailable():
            return Unavailable("database_busy", "The database is too busy. Nothing was done; try again in a moment.")
        case psycopg.OperationalError() | psycopg_pool.PoolTimeout():
            said = str(error).strip().splitlines()
            return Unavailable("database_unavailable", f"The database does not answer: {said[0] if said else ''}")
        case psycopg.errors.DataError():
            return InvalidInput("value_invalid", "A value holds characters that cannot be kept.")
    return None


def _reference(error: Exception) -> str:
    place = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    return "E-" + hashlib.sha256(f"{type(error).__name__} {place}".encode()).hexdigest()[:8].upper()


def _particulars(error: RingoffError) -> list[str]:
    """Details that the sentence cannot hold: the rows that were refused, the lines that match."""
    problems = error.details.get("problems")
    if isinstance(problems, list):
        rows = [f"{p['file']}, line {p['line']}, {p['column'] or 'row'}: {p['reason']}" for p in problems[:_SHOWN]]
        more = int(error.details.get("count", 0)) - len(rows)
        return [*rows, f"and {more} more; --rejects FILE takes them all, and imports the rest"] if more > 0 else rows
    matches = error.details.get("line_refs")
    return [", ".join(matches)] if isinstance(matches, list) else []
