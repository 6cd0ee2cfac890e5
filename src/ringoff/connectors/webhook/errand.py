"""One task's way to the carrier's system: ask first where something may have happened, act, and read back."""

from datetime import timedelta
from typing import Literal
from urllib.parse import quote

from ringoff.connectors.webhook.answers import Look, line_seen, message_posted, release_asked, release_posted
from ringoff.connectors.webhook.client import NoAnswer, NotReached, SignedClient
from ringoff.ports import Accepted, Done, NeedsPerson, Outcome, RetryAfter, StillOurs, Task, Unknown

_RELEASE_FIELDS = ("case_number", "line_ref", "msisdn", "imsi", "iccid", "eid", "service", "account_number")
_MESSAGE_FIELDS = ("to", "text", "case_number")


class NoLongerOurs(Exception):
    """The lease ran out: whoever holds the task now goes on with it."""


class Errand:
    def __init__(self, client: SignedClient, name: str, ask_seconds: float, task: Task, still_ours: StillOurs) -> None:
        # Full stops part the signed content of a Standard Webhook, so an id holds none.
        self._id = f"{name}-{task.idempotency_key}".replace(".", "-")
        self._client, self._task, self._still_ours = client, task, still_ours
        self._ask_in = timedelta(seconds=ask_seconds)

    async def run(self) -> Outcome:
        """Raises NoLongerOurs where the lease ran out before a call."""
        match self._task.kind:
            case "release" | "restore":
                return await self._change()
            case "verify":
                return await self._verify()
            case "notify":
                return await self._send_message()
            case kind:
                return NeedsPerson(f"a webhook system takes no {kind}")

    async def read_back(self) -> Look:
        """The line as it is; but while the system holds accepted work, that the line is there proves nothing."""
        if self._task.kind in ("release", "restore"):
            self._ensure_ours()
            try:
                answer = await self._client.get(f"/releases/{_segment(self._id)}", self._id)
            except (NotReached, NoAnswer) as error:
                return Look("unsure", f"the system {error}", {}, system_failed=True)
            outcome = release_asked(answer, self._id, self._ask_in)
            if isinstance(outcome, Accepted):
                return Look("unsure", f"accepted as {outcome.reference}, and may be done any moment", {})
            if isinstance(outcome, RetryAfter):
                return Look("unsure", outcome.why, {}, outcome.system_failed)
        return await self._look()

    async def _look(self) -> Look:
        line = _segment(self._task.brief["line_ref"])
        self._ensure_ours()
        try:
            answer = await self._client.get(f"/lines/{line}", line)
        except (NotReached, NoAnswer) as error:
            return Look("unsure", f"it cannot be read back: the system {error}", {}, system_failed=True)
        return line_seen(answer, self._task.brief)

    async def _change(self) -> Outcome:
        if self._task.reference is not None:
            return await self._ask() or await self._forgotten()
        if self._task.attempt > 1:
            known = await self._ask() or await self._unheard()
            if known is not None:
                return known
        return await self._post()

    async def _post(self) -> Outcome:
        task = self._task
        said = {"id": self._id, "type": task.kind, "attempt": task.attempt}
        said |= {field: task.brief.get(field) for field in _RELEASE_FIELDS}
        self._ensure_ours()
        try:
            answer = await self._client.post("/releases", self._id, said)
        except NotReached as error:
            return RetryAfter(str(error), system_failed=True)
        except NoAnswer as error:
            return Unknown(str(error), system_failed=True)
        return await self._proven(release_posted(answer, self._id, self._ask_in))

    async def _ask(self) -> Outcome | None:
        """What became of this work; None where the system never heard of it."""
        self._ensure_ours()
        try:
            answer = await self._client.get(f"/releases/{_segment(self._id)}", self._id)
        except (NotReached, NoAnswer) as error:
            return RetryAfter(str(error), system_failed=True)
        outcome = release_asked(answer, self._id, self._ask_in)
        return None if outcome == "never heard" else await self._proven(outcome)

    async def _proven(self, said: Outcome) -> Outcome:
        """A system's word is not enough: where it says done, the line is read back."""
        if not isinstance(said, Done):
            return said
        look = await self._look()
        if look.state == self._wanted:
            return Done({**said.evidence, **look.evidence})
        if look.state == "stranger":
            return NeedsPerson(f"says done, but {look.why}", {**said.evidence, **look.evidence})
        return Unknown(f"says done, but {look.why}", look.system_failed)

    async def _forgotten(self) -> Outcome:
        """Accepted work is never repeated, not even when the system has lost it."""
        look = await self._look()
        if look.state == self._wanted:
            return Done(look.evidence)
        if look.state == "unsure":
            return RetryAfter(look.why, system_failed=look.system_failed)
        return NeedsPerson(f"no longer knows {self._task.reference}, which it had accepted; {look.why}", look.evidence)

    async def _unheard(self) -> Outcome | None:
        """An earlier try left no trace of itself. None where the line shows that it is to be tried again."""
        look = await self._look()
        if look.state == self._wanted:
            return Done(look.evidence)
        if look.state == "stranger":
            return NeedsPerson(look.why, look.evidence)
        if look.state == "unsure":
            return RetryAfter(look.why, system_failed=look.system_failed)
        return None

    async def _verify(self) -> Outcome:
        look = await self._look()
        match look.state:
            case "absent":
                return Done(look.evidence)
            case "ours":
                return Done(look.evidence, leftover=True)
            case "stranger":
                return NeedsPerson(look.why, look.evidence)
            case "unsure":
                return RetryAfter(look.why, system_failed=look.system_failed)

    async def _send_message(self) -> Outcome:
        """A message cannot be read back: that the system took it, under an id it would know again, is all there is."""
        said = {"id": self._id} | {field: self._task.brief.get(field) for field in _MESSAGE_FIELDS}
        self._ensure_ours()
        try:
            answer = await self._client.post("/messages", self._id, said)
        except NotReached as error:
            return RetryAfter(str(error), system_failed=True)
        except NoAnswer as error:
            return Unknown(str(error), system_failed=True)
        return message_posted(answer)

    @property
    def _wanted(self) -> Literal["ours", "absent"]:
        return "ours" if self._task.kind == "restore" else "absent"

    def _ensure_ours(self) -> None:
        if not self._still_ours(self._task):
            raise NoLongerOurs


def _segment(text: str) -> str:
    """One segment of a path. `.` and `..` would be resolved away, a slash would make two."""
    return quote(text, safe="").replace(".", "%2E")
