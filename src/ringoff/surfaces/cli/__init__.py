"""`ringoff`: what an operator types. Every command finds the installation by --data-dir, --config or the environment,
and works on its database by the same code as the API.

`command.py` is what all commands share. `processes.py`, `carrier.py`, `cases.py`, `fallout.py`, `keys.py` and
`health.py` declare them; what they show is drawn by `case_view.py`, `watch.py` and `doctor.py`. Importing a declaring
module must cost nothing: whatever is heavy is imported by the command that needs it.
"""


def main() -> None:
    """The entry point. Never returns: exits with one of `problems.EXIT_CODES`."""
    from ringoff.surfaces.cli.program import run

    run()
