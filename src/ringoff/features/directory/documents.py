"""The documents that a file of bills names: read from below its folder, one at a time, and staged beside it."""

from pathlib import Path

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.directory import holder_staging as staging

DOCUMENT_MOST = 2 * 1024 * 1024  # bytes
_BATCH = 500


async def stage_documents(conn: Connection, folder: Path, file: int) -> None:
    """A document that is missing, too large or no PDF refuses its row. `file`: its place in import_problem."""
    after = 0
    while True:
        cursor = await conn.execute(staging.DOCUMENTS, {"after": after, "limit": _BATCH})
        wanted = await cursor.fetchall()
        if not wanted:
            return
        unfit: dict[int, str] = {}
        async with conn.cursor() as cursor, cursor.copy(staging.COPY_DOCUMENTS) as copy:
            for row_number, name in wanted:
                content = _read(folder, name)
                if isinstance(content, bytes):
                    await copy.write_row((row_number, content))
                else:
                    unfit[row_number] = content
        if unfit:
            refused = {"row_numbers": arrays.ints(unfit), "reasons": arrays.texts(list(unfit.values())), "file": file}
            await conn.execute(staging.UNFIT_DOCUMENTS, refused)
        after = wanted[-1][0]


def _read(folder: Path, name: str) -> bytes | str:
    """The document, or why there is none."""
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            return "This leads out of the folder that the file of bills is in."
        with path.open("rb") as file:
            content = file.read(DOCUMENT_MOST + 1)
    except OSError as error:
        return f"{name} cannot be read: {error.strerror}."
    if len(content) > DOCUMENT_MOST:
        return f"{name} is larger than {DOCUMENT_MOST // 1024 // 1024} MB."
    return content if content.startswith(b"%PDF-") else f"{name} is not a PDF."
