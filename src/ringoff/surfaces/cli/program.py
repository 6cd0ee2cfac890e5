"""The program: its commands, in the order in which an operator meets them."""

import sys
from typing import Annotated, Any, NoReturn

import typer

from ringoff.kit.errors import InvalidInput
from ringoff.surfaces.cli import carrier, cases, declarations, fallout, health, keys, money, processes, rules, staff
from ringoff.surfaces.cli.command import Config, DataDir, Json, Place
from ringoff.surfaces.cli.problems import INTERRUPTED, TABLE, USAGE, report

app = typer.Typer(
    help="Ringoff closes mobile lines: asked for anywhere, released everywhere, read back, proven.",
    epilog=TABLE,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def whole(
    context: typer.Context,
    data_dir: DataDir = None,
    config: Config = None,
    json: Json = False,
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
) -> None:
    if version:
        from ringoff import __version__

        sys.stdout.write(f"ringoff {__version__}\n")
        raise typer.Exit
    context.obj = Place(data_dir, config, json)


processes.register(app)
carrier.register(app)
cases.register(app)
declarations.register(app)
fallout.register(app)
money.register(app)
rules.register(app)
keys.register(app)
staff.register(app)
health.register(app)


_MALFORMED: Any = typer.BadParameter.__base__  # UsageError, which typer keeps to itself


def run() -> NoReturn:
    """A malformed command is a problem document too, where JSON is asked for."""
    try:
        sys.exit(app(standalone_mode=False))
    except _MALFORMED as error:
        if "--json" in sys.argv:
            report(InvalidInput("usage", error.format_message()), as_json=True)
        else:
            error.show()
        sys.exit(USAGE)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
