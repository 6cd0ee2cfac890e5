"""Writing a page: a template, and what every template may use."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ringoff.kit.i18n import Language, phrases, tell_day, tell_money, tell_time
from ringoff.kit.money import decimal

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"


def environment(folder: Path) -> Environment:
    """Of the templates in `folder`, and of those that all pages share: what a text says is never markup, and a name
    that is not known is an error."""
    made = Environment(
        loader=FileSystemLoader([folder, _FOLDER / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.do"],
    )
    made.tests["instant"] = lambda value: isinstance(value, datetime)
    made.tests["day"] = lambda value: isinstance(value, date) and not isinstance(value, datetime)
    return made


def words(language: Language, zone: str) -> Mapping[str, Any]:
    """`_`, `ngettext`, `when`, `day` and `money`, in one language and time zone."""
    told = phrases(language)
    return {
        "_": told.gettext,
        "ngettext": told.ngettext,
        "language": language,
        "when": lambda at: tell_time(at, zone, language),
        "day": lambda on: tell_day(on, language),
        "money": lambda amount, currency: tell_money(decimal(amount, currency), currency, language),
    }


def statics(folder: Path, prefix: str) -> Callable[[str], str]:
    """The address of a file that browsers keep for a year: a change of the file changes the address."""

    @cache
    def address(name: str) -> str:
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]
        return f"{prefix}/{name}?v={digest}"

    return address


static = statics(STATIC, "/static")


class Statics(StaticFiles):
    """Files whose addresses `statics` makes: they never change, and are kept."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def see_other(path: str) -> Response:
    """After every form: a reload then repeats a look, never a deed. Only addresses of our own."""
    assert path.startswith("/")
    assert not path.startswith("//")
    return RedirectResponse(path, 303)
