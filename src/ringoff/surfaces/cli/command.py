"""What all commands share: which installation is meant, how it is answered, how errors end."""

import asyncio
import inspect
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from ringoff.surfaces.cli.problems import DONE, INTERRUPTED, report

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="The installation's folder.", rich_help_panel="Which installation"),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Its ringoff.toml.", rich_help_panel="Which installation"),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.", rich_help_panel="Which installation")]

Answer = int | None
Body = Callable[..., Answer | Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Place:
    """Which installation a command is for, and whether it answers in JSON."""

    data_dir: Path | None = None
    config: Path | None = None
    json: bool = False

    def under(self, outer: "Place") -> "Place":
        """What was said behind the command's name, else what was said before it."""
        return Place(self.data_dir or outer.data_dir, self.config or outer.config, self.json or outer.json)


_CONTEXT = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
_PLACE = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
    for name, default, annotation in (("data_dir", None, DataDir), ("config", None, Config), ("json", False, Json))
]


def command(group: typer.Typer, name: str, **how: Any) -> Callable[[Body], Body]:
    """Registers `function(place, …)` as a command that also takes --data-dir, --config and --json.

    It returns its exit code (None: 0); what it raises is told in one sentence.
    """

    def register(function: Body) -> Body:
        signature = inspect.signature(function, eval_str=True)
        _, *own = signature.parameters.values()
        shown = [*(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own), *_PLACE, _CONTEXT]

        @wraps(function)
        def run(*, context: typer.Context, **given: Any) -> None:
            inner = Place(*(given.pop(p.name) for p in _PLACE))
            place = inner.under(context.find_root().obj or Place())
            raise typer.Exit(_ending(lambda: function(place, **given), place.json))

        run.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in shown}
        group.command(name, **how)(run)
        return function

    return register


def _ending(body: Callable[[], Answer | Awaitable[Answer]], as_json: bool) -> int:
    try:
        answer = body()
        if isinstance(answer, Coroutine):
            answer = asyncio.run(answer)
        assert answer is None or isinstance(answer, int)
        return DONE if answer is None else answer
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has left: nobody is there to be told
        return DONE
    except Exception as error:
        return report(error, as_json)
