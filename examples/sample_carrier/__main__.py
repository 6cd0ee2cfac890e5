"""python -m sample_carrier --port 8100 --lines lines.csv --secret-file secret --answer later --delay 3"""

import argparse
import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from sample_carrier.app import Carrier, application
from sample_carrier.faults import Faults
from sample_carrier.later import call_back, carry_out_later
from sample_carrier.ledger import Ledger
from sample_carrier.provisioning import Manner


def main() -> None:
    options = arguments()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    ledger = Ledger(options.ledger)
    if options.lines:
        ledger.load_lines(options.lines)
    listening = socket.create_server(("127.0.0.1", options.port), backlog=2048)
    print(f"sample carrier: http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        assembled(ledger, options), log_level="warning", access_log=False, timeout_graceful_shutdown=2
    )
    uvicorn.Server(config).run([listening])


def assembled(ledger: Ledger, options: argparse.Namespace) -> ASGIApp:
    secret = options.secret_file.read_text().strip()
    manner = Manner(options.answer == "later", options.delay, options.callback is not None)
    carrier, faults = Carrier(ledger, secret, manner), Faults(ledger)

    @contextlib.asynccontextmanager
    async def working(_: Starlette) -> AsyncIterator[None]:
        duties = [asyncio.create_task(carry_out_later(ledger))]
        if options.callback:
            duties.append(asyncio.create_task(call_back(ledger, options.callback, secret)))
        yield
        for duty in duties:
            duty.cancel()
        await asyncio.gather(*duties, return_exceptions=True)
        ledger.close()

    if not options.faults:
        return application(carrier, [], working)
    return faults.around(application(carrier, faults.routes(), working))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sample_carrier", description=__doc__)
    parser.add_argument("--port", type=int, default=8100, help="on 127.0.0.1; 0 takes a free one and prints it")
    parser.add_argument("--lines", type=Path, help="lines.csv, as `ringoff import` takes it")
    parser.add_argument("--ledger", type=Path, default=Path("carrier.db"), help="where everything is kept")
    parser.add_argument("--secret-file", type=Path, required=True, help="whsec_…, the same as in ringoff.toml")
    parser.add_argument("--answer", choices=["at-once", "later"], default="at-once")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds that accepted work takes (--answer later)")
    parser.add_argument("--callback", help="http://…/v1/callbacks/{system}: told when accepted work has ended")
    parser.add_argument("--faults", action="store_true", help="serve /faults, /effects and GET /messages (tests)")
    return parser.parse_args()


main()
