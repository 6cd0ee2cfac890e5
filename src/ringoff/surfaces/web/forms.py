"""Reading what a visitor sends: small, from a form of our own, once a page."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message, Receive

from ringoff.kit.errors import InvalidInput, NotAllowed

MOST_FIELDS, FIELD_MOST = 200, 4_000
_ENVELOPE = 32_768  # bytes around a file: its other fields, and their heads


class Form(Mapping[str, str]):
    """The fields of a form, stripped. A missing one is empty."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        values = self._fields.get(name)
        return values[0] if values else ""

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def all(self, name: str) -> list[str]:
        """Every value of boxes that share a name."""
        return list(self._fields.get(name, []))


async def read_form(request: Request) -> Form:
    """Raises NotAllowed (`form_foreign`) for a form that is not ours, InvalidInput for one that is no form."""
    fields: dict[str, list[str]] = {}
    async with request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=FIELD_MOST) as sent:
        for name, value in sent.multi_items():
            if isinstance(value, UploadFile) or len(value) > FIELD_MOST:
                raise InvalidInput("form_invalid", "This is not a form of ours.")
            fields.setdefault(name, []).append(value.strip())
    return _own(request, Form(fields))


async def read_upload(request: Request, file: str, most: int) -> tuple[Form, str, bytes]:
    """A form with one file in it: the form, and the file's name and content as they were sent, which say nothing yet.

    Raises as `read_form`, and InvalidInput (`paper_too_large`) as soon as more than `most` bytes have come.
    """
    fields: dict[str, list[str]] = {}
    name, content = "", b""
    limited = Request(request.scope, _at_most(request, most + _ENVELOPE))
    async with limited.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=FIELD_MOST) as sent:
        for field, value in sent.multi_items():
            if isinstance(value, UploadFile):
                if field != file:
                    raise InvalidInput("form_invalid", "This is not a form of ours.")
                name, content = value.filename or "", await value.read()
            else:
                fields.setdefault(field, []).append(value.strip())
    return _own(request, Form(fields)), name, content


def _at_most(request: Request, most: int) -> Receive:
    """The request's own bytes, until there are too many: whatever length was claimed."""
    come = 0

    async def receive() -> Message:
        nonlocal come
        message = await request.receive()
        come += len(message.get("body", b""))
        if come > most:
            raise InvalidInput("paper_too_large", f"A file has at most {(most - _ENVELOPE) // 1024 // 1024} MB.")
        return message

    return receive


def _own(request: Request, form: Form) -> Form:
    if _from_elsewhere(request) or not request.state.visitor.wrote(form["csrf"]):
        raise NotAllowed("form_foreign", "This form is too old, or did not come from this site. Open the page again.")
    return form


def _from_elsewhere(request: Request) -> bool:
    """Browsers say whose page sent a form (Fetch Metadata; Origin). One that says nothing has the form's own secret."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = request.headers.get("origin")
    return origin is not None and origin != "null" and urlsplit(origin).netloc != request.headers.get("host", "")
