"""`up`, `serve`, `work`, `hotline`, `migrate`: the parts of an installation, together and one by one."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ringoff.surfaces.cli.command import Place, command

if TYPE_CHECKING:
    from ringoff.settings import Settings

PANEL = "Run"
Host = Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="Where the API listens.")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")]


def register(app: typer.Typer) -> None:
    command(app, "up", rich_help_panel=PANEL)(up)
    command(app, "serve", rich_help_panel=PANEL)(serve)
    command(app, "work", rich_help_panel=PANEL)(work)
    command(app, "hotline", rich_help_panel=PANEL)(hotline)
    command(app, "migrate", rich_help_panel=PANEL)(migrate)
    command(app, "demo", rich_help_panel=PANEL)(demo)
    command(app, "bench", rich_help_panel=PANEL)(bench)


def up(place: Place, host: Host = None, port: Port = None) -> None:
    """Run everything that one machine needs, in one terminal, until Ctrl-C: PostgreSQL, the API, the workers."""
    from ringoff.surfaces.up import up as everything

    asyncio.run(everything(_settings(place, host, port), _teller(place)))


def serve(place: Place, host: Host = None, port: Port = None) -> None:
    """Serve the API. Any number may run; the database is that of `up`, or RINGOFF_DATABASE_URL."""
    from ringoff.surfaces.server import serve as api
    from ringoff.surfaces.up import database_url

    settings = _settings(place, host, port)
    _run(api(settings, database_url(settings)))


def work(
    place: Place,
    lane: Annotated[
        Literal["bulk", "interactive"],
        typer.Option(help="interactive takes nothing but what somebody waits for: one of them, beside the others."),
    ] = "bulk",
) -> None:
    """Do the work: ask every system to let go, read back, ask again. Any number may run."""
    from ringoff.reconcile.model import Lane
    from ringoff.surfaces.up import database_url
    from ringoff.surfaces.worker import work as turn

    settings = _settings(place)
    _run(turn(settings, database_url(settings), Lane(lane)))


def hotline(
    place: Place,
    what: Annotated[
        Literal["answer", "prompts"],
        typer.Argument(help="prompts: only render what is said, and check the recordings.", show_default=True),
    ] = "answer",
) -> None:
    """Answer the telephone, by SIP. One a machine; `up` runs it where [hotline] sip is set."""
    from ringoff.surfaces.cli.screen import say
    from ringoff.surfaces.hotline import answer_calls, prompts
    from ringoff.surfaces.up import database_url

    settings = _settings(place)
    if what == "prompts":
        asyncio.run(prompts(settings))
        say(f"Every phrase can be said; what was rendered lies in {settings.data_dir / 'prompts'}.")
    else:
        _run(answer_calls(settings, database_url(settings)))


def migrate(place: Place) -> None:
    """Bring the database up to this program. Several at once do it once."""
    from ringoff.db.migrate import migrate as bring_up
    from ringoff.surfaces.cli.screen import give, say
    from ringoff.surfaces.up import database_url

    applied = bring_up(database_url(_settings(place)))
    if place.json:
        give({"applied": applied})
    else:
        say("\n".join(f"applied {name}" for name in applied) or "The database is up to date.")


def demo(
    place: Place,
    once: Annotated[bool, typer.Option("--once", help="End after the show.")] = False,
    language: Annotated[
        Literal["en", "zh", "es"] | None, typer.Option(help="Whose line is closed; else by your own locale.")
    ] = None,
    port: Port = None,
    picture: Annotated[Path | None, typer.Option(help="Keep the show as an SVG picture.", metavar="FILE")] = None,
    code: Annotated[bool, typer.Option("--code", help="Only tell its subscribers' one-time code.")] = False,
) -> None:
    """A small carrier closes a line before your eyes, and stays up."""
    if code:
        from ringoff.surfaces.cli.screen import say
        from ringoff.surfaces.demo import subscribers

        say(subscribers.code())
        return
    from ringoff.surfaces.demo import run

    asyncio.run(run(data_dir=place.data_dir, once=once, language=language, port=port, picture=picture))


def bench(
    place: Place,
    what: Annotated[
        Literal[
            "engine",
            "notices",
            "network",
            "http",
            "portal",
            "growth",
            "import",
            "final-bills",
            "documents",
            "sign-in",
            "search",
        ],
        typer.Argument(help="What is measured.", show_default=True),
    ] = "engine",
    lines: Annotated[int, typer.Option(min=100, help="How many lines are closed, sent, imported or billed.")] = 20_000,
) -> None:
    """Measure what this machine closes a second, beside what its database could do. On an installation of its own."""
    from ringoff.surfaces.bench import measure
    from ringoff.surfaces.cli.figures import show
    from ringoff.surfaces.cli.screen import give

    report = asyncio.run(measure(what, lines))
    if place.json:
        give(report)
    else:
        show(what, report)


def _settings(place: Place, host: str | None = None, port: int | None = None) -> "Settings":
    """For a process that runs on: it keeps a log."""
    from ringoff.kit import log
    from ringoff.surfaces.cli.running import load

    settings = load(place)
    log.set_up(settings.log_level, settings.log_format)
    chosen = {"host": host, "port": port}
    return settings.model_copy(update={name: value for name, value in chosen.items() if value is not None})


def _run(process: Coroutine[Any, Any, None]) -> None:
    if sys.platform == "win32":
        asyncio.run(process)
    else:
        import uvloop

        uvloop.run(process)


def _teller(place: Place) -> Any:
    from ringoff.surfaces.cli.screen import say

    if not place.json:
        return say

    def tell(text: str) -> None:
        import orjson

        sys.stdout.write(orjson.dumps({"says": text}).decode() + "\n")
        sys.stdout.flush()

    return tell
