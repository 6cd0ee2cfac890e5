"""`ringoff bench`: what this machine closes a second, beside reference rates taken in the same run.

Each measurement builds an installation of its own and leaves nothing behind. See bench/README.md.
"""

from typing import Any, Literal, get_args

Measurement = Literal[
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
]
MEASUREMENTS: tuple[Measurement, ...] = get_args(Measurement)


async def measure(what: Measurement, lines: int) -> dict[str, Any]:
    """`lines`: how many are closed, sent, imported or set; for `http` and `portal`, the size of the bulk beside."""
    match what:
        case "engine":
            from ringoff.surfaces.bench.engine import engine as run
        case "notices":
            from ringoff.surfaces.bench.notices import notices as run
        case "network":
            from ringoff.surfaces.bench.network import network as run
        case "http":
            from ringoff.surfaces.bench.http import http as run
        case "portal":
            from ringoff.surfaces.bench.portal import portal as run
        case "growth":
            from ringoff.surfaces.bench.growth import growth as run
        case "import":
            from ringoff.surfaces.bench.intake import intake as run
        case "sign-in":
            from ringoff.surfaces.bench.sign_in import sign_in as run
        case "search":
            from ringoff.surfaces.bench.search import search as run
        case "final-bills":
            from ringoff.surfaces.bench.final_bills import final_bills

            return await final_bills(lines)
        case "documents":
            from ringoff.surfaces.bench.documents import documents

            return await documents(lines)
    return await run(lines)
