"""The webhook connector: all is asked of the carrier's own system over HTTP. README.md is the specification."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import orjson

from ringoff.connectors.webhook.client import NoAnswer, NotReached, SignedClient
from ringoff.connectors.webhook.errand import Errand, NoLongerOurs
from ringoff.connectors.webhook.options import Options
from ringoff.connectors.webhook.signature import Signature
from ringoff.kit.abreast import abreast
from ringoff.kit.errors import InvalidInput
from ringoff.ports import Evidence, Health, Outcome, ReadBack, StillOurs, Task

_HEALTH_SECONDS = 4.0


class WebhookConnector:
    trial = False

    def __init__(self, name: str, options: Options) -> None:
        self.parallel = options.parallel
        self._name = name
        self._options = options
        self._signature = Signature(options.secret)
        self._client = SignedClient(options)
        self._slots = asyncio.Semaphore(options.parallel)

    async def discharge(self, batch: Sequence[Task], still_ours: StillOurs) -> AsyncIterator[tuple[Task, Outcome]]:
        async def act(task: Task) -> Outcome | None:
            async with self._slots:
                try:
                    return await self._errand(task, still_ours).run()
                except NoLongerOurs:
                    return None

        async for task, outcome in abreast(batch, min(len(batch), self.parallel), act):
            if outcome is not None:
                yield task, outcome

    async def read_back(self, task: Task) -> tuple[ReadBack, Evidence]:
        look = await self._errand(task, lambda _: True).read_back()
        match look.state:
            case "ours":
                return "present", look.evidence
            case "absent":
                return "absent", look.evidence
            case _:
                return "unsure", {"why": look.why, **look.evidence}

    async def health(self) -> Health:
        try:
            answer = await self._client.get("/health", "health", _HEALTH_SECONDS)
        except (NotReached, NoAnswer) as error:
            return Health(False, str(error), "Is the system running, and is `url` right?")
        if answer.status == 200:
            return Health(True, "answers")
        if answer.status in (401, 403):
            return Health(False, f"refuses our signature ({answer.status})", "Compare `secret` and the clocks.")
        return Health(False, f"answered {answer.status} to GET /health", "Is `url` right? It should answer 200.")

    def callback(self, headers: Mapping[str, str], body: bytes) -> str:
        """See ports.AnswersLater."""
        self._signature.verify(headers, body)
        try:
            said = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise InvalidInput("callback_not_json", "The body of a callback is a JSON object.") from error
        for field in ("reference", "id"):
            reference = said.get(field) if isinstance(said, dict) else None
            if isinstance(reference, str) and reference:
                return reference
        raise InvalidInput("callback_without_reference", "A callback names its `reference`, or else its `id`.")

    async def close(self) -> None:
        await self._client.close()

    def _errand(self, task: Task, still_ours: StillOurs) -> Errand:
        return Errand(self._client, self._name, self._options.ask_seconds, task, still_ours)
