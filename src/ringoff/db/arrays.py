"""Array parameters, written fast.

psycopg escapes and joins each element of a list in Python, which was 40 % of a worker's CPU. These write the same text
form (PostgreSQL manual, 8.15.2) with a few calls for the whole list. The SQL casts: `%(ids)s::bigint[]`.
"""

from collections.abc import Iterable, Sequence
from datetime import date

import orjson


def ints(values: Iterable[int | None]) -> str:
    return "{" + ",".join(["NULL" if v is None else str(v) for v in values]) + "}"


def bools(values: Iterable[bool]) -> str:
    return "{" + ",".join(["t" if v else "f" for v in values]) + "}"


def times(values: Sequence[date | None]) -> str:
    """Instants or days; mostly the same one throughout, which is then written once."""
    first = values[0] if values else None
    if first is not None and all(v is first for v in values):
        return "{" + ",".join([first.isoformat()] * len(values)) + "}"
    return "{" + ",".join(["NULL" if v is None else v.isoformat() for v in values]) + "}"


def texts(values: Sequence[str | None]) -> str:
    if None in values:
        return "{" + ",".join(["NULL" if v is None else _quoted(v) for v in values]) + "}"
    whole = "".join(values)  # type: ignore[arg-type]
    if '"' in whole or "\\" in whole:
        return "{" + ",".join([_quoted(v) for v in values]) + "}"  # type: ignore[arg-type]
    return '{"' + '","'.join(values) + '"}' if values else "{}"  # type: ignore[arg-type]


def jsons(values: Iterable[object | None]) -> str:
    """Each value as JSON text; None stays NULL, so that JSON's own null is never stored."""
    return texts([None if v is None else orjson.dumps(v).decode() for v in values])


def blobs(values: Iterable[bytes | None]) -> str:
    return texts([None if v is None else "\\x" + v.hex() for v in values])


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
