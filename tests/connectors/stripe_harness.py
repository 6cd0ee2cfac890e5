"""localstripe in a process of its own, and the Stripe connector to it, as the suite and its own tests hold them."""

import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from ringoff.connectors.conformance import Ability, Line
from ringoff.connectors.stripe import connect
from ringoff.connectors.stripe.connector import StripeConnector
from ringoff.ports import Evidence, Health, Outcome, ReadBack, StillOurs, Task

KEY = "sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc"
WEBHOOK_SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VISA, DECLINED, ASKS_HOLDER = "4242424242424242", "4000000000000341", "4000002500003155"
BOUNCES = "DE62370400440532013001"


class LocalStripe:
    """It keeps its port and state through a kill and a new start."""

    def __init__(self, folder: Path) -> None:
        self.process: subprocess.Popen[str] | None = None
        self._state, self._port = folder / "stripe.state", 0
        self._http = httpx.Client(headers={"Authorization": f"Bearer {KEY}"}, timeout=30, trust_env=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def options(self, **more: Any) -> dict[str, Any]:
        return {"key": KEY, "api_base": self.url, "webhook_secret": WEBHOOK_SECRET, **more}

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.support.stripe_server", str(self._state), str(self._port)]
        here = Path(__file__).parents[2]
        self.process = subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said.strip().isdecimal(), f"localstripe did not start: {said!r}"
        self._port = int(said)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None

    def post(self, path: str, **form: Any) -> dict[str, Any]:
        answer = self._http.post(self.url + path, json=form)
        assert answer.status_code < 300, answer.text
        return dict(answer.json()) if answer.content else {}

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self._http.get(self.url + path, params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def delete(self, path: str) -> None:
        self._http.delete(self.url + path).raise_for_status()

    def customer(self) -> str:
        return str(self.post("/v1/customers", name="Ada")["id"])

    def card(self, customer: str, number: str = VISA) -> str:
        card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
        method = self.post("/v1/payment_methods", type="card", card=card)["id"]
        self.post(f"/v1/payment_methods/{method}/attach", customer=customer)
        return str(method)

    def account(self, customer: str, iban: str = "DE89370400440532013000") -> str:
        method = self.post("/v1/payment_methods", type="sepa_debit", sepa_debit={"iban": iban})["id"]
        self.post(f"/v1/payment_methods/{method}/attach", customer=customer)
        return str(method)

    def holder(self, method: str) -> str | None:
        return self.get(f"/v1/payment_methods/{method}")["customer"]  # type: ignore[no-any-return]

    def intents(self, customer: str) -> list[dict[str, Any]]:
        return list(self.get("/v1/payment_intents", customer=customer, limit=100)["data"])

    def refunds(self, payment: str) -> list[dict[str, Any]]:
        return list(self.get("/v1/refunds", payment_intent=payment, limit=100)["data"])

    def lose_answer(self, times: int = 1) -> None:
        self.post("/_config/hand/faults", lose_answer=times)

    def done(self) -> dict[str, int]:
        """How many changes were made with each idempotency key."""
        return dict(self.get("/_config/hand/told")["done"])

    def call_back(self, url: str) -> None:
        self.post("/_config/webhooks/ours", url=url, secret=WEBHOOK_SECRET)

    def close(self) -> None:
        if self.process is not None:
            self.kill()
        self._http.close()


@contextmanager
def local_stripe(folder: Path) -> Iterator[LocalStripe]:
    folder.mkdir(parents=True, exist_ok=True)
    stripe = LocalStripe(folder)
    stripe.start()
    try:
        yield stripe
    finally:
        stripe.close()


@asynccontextmanager
async def connected(stripe: LocalStripe, **options: Any) -> AsyncIterator[StripeConnector]:
    connector = connect("payments", stripe.options(**options))
    yield connector
    await connector.close()


class Told:
    """The connector with briefs as their owner tells them: whose card it is that the account of a line has stored."""

    trial = False

    def __init__(self, connector: StripeConnector, mandates: dict[str, list[dict[str, str]]]) -> None:
        self.parallel = connector.parallel
        self._connector, self._mandates = connector, mandates

    async def discharge(self, batch: Sequence[Task], still_ours: StillOurs) -> AsyncIterator[tuple[Task, Outcome]]:
        asked = {task.key: task for task in batch}
        told = [self._told(task) for task in batch]
        async for task, outcome in self._connector.discharge(told, lambda task: still_ours(asked[task.key])):
            yield asked[task.key], outcome

    async def read_back(self, task: Task) -> tuple[ReadBack, Evidence]:
        return await self._connector.read_back(self._told(task))

    async def health(self) -> Health:
        return await self._connector.health()

    async def close(self) -> None:
        await self._connector.close()

    def _told(self, task: Task) -> Task:
        unknown = [{"customer": "cus_nobody", "method": "pm_nobody"}]
        return replace(task, brief={**task.brief, "mandates": self._mandates.get(task.brief["line_ref"], unknown)})


class StripeHarness:
    """A line is held while the card of its account is stored."""

    can: frozenset[Ability] = frozenset({"lose_answer"})

    def __init__(self, stripe: LocalStripe) -> None:
        self._mandates: dict[str, list[dict[str, str]]] = {}
        self.connector = Told(connect("payments", stripe.options()), self._mandates)
        self.secrets: Sequence[str] = [KEY, WEBHOOK_SECRET, VISA]
        self._stripe = stripe

    async def add(self, line: Line) -> None:
        customer = self._stripe.customer()
        self._mandates[line.line_ref] = [{"customer": customer, "method": self._stripe.card(customer)}]

    async def add_stranger(self, line: Line) -> None:
        await self.add(line)
        (mandate,) = self._mandates[line.line_ref]
        mandate["customer"] = self._stripe.customer()

    async def holds(self, line: Line) -> bool:
        mandates = self._mandates.get(line.line_ref, [])
        return any(self._stripe.holder(mandate["method"]) is not None for mandate in mandates)

    async def effects(self, task: Task) -> int:
        ours = re.compile(re.escape(f"payments.{task.idempotency_key}.") + "pm_")
        return sum(times for key, times in self._stripe.done().items() if ours.match(key))

    async def break_(self) -> None:
        self._stripe.kill()

    async def mend(self) -> None:
        self._stripe.start()

    async def lose_answer(self) -> None:
        self._stripe.lose_answer()


@asynccontextmanager
async def stripe_harness(stripe: LocalStripe) -> AsyncIterator[StripeHarness]:
    harness = StripeHarness(stripe)
    yield harness
    await harness.connector.close()
