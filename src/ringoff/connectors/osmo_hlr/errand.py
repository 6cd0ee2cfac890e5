"""One task's way to the HLR: read and compare first, change only what is surely meant, and read back."""

from ringoff.connectors.osmo_hlr.hlr import Hlr, Refused
from ringoff.connectors.osmo_hlr.keepsake import Keepsake, unsealed
from ringoff.connectors.osmo_hlr.options import Options
from ringoff.connectors.osmo_hlr.subscriber import Subscriber, is_imsi
from ringoff.connectors.osmo_hlr.wire import NoAnswer, NotReached
from ringoff.kit.secrets import Seal
from ringoff.ports import Done, Evidence, NeedsPerson, Outcome, ReadBack, RetryAfter, Task, Unknown

_ABSENT: Evidence = {"read_back": "absent"}


class Errand:
    def __init__(self, hlr: Hlr, task: Task, options: Options, seal: Seal | None) -> None:
        self._hlr, self._task, self._options, self._seal = hlr, task, options, seal
        self._imsi = str(task.brief.get("imsi"))

    async def run(self) -> Outcome:
        """Raises NoLongerOurs where the lease ran out before a command."""
        if not is_imsi(self._imsi):
            return NeedsPerson("the line has no IMSI by which the HLR could know it")
        try:
            match self._task.kind:
                case "release":
                    return await self._release()
                case "restore":
                    return await self._restore()
                case "verify":
                    return await self._verify()
                case kind:
                    return NeedsPerson(f"an HLR takes no {kind}")
        except NotReached as error:
            return self._failed(f"the HLR {error}")
        except NoAnswer as error:
            return self._failed(f"the HLR {error}")
        except Refused as error:
            return self._failed(f"the HLR says: {error}")

    async def read_back(self) -> tuple[ReadBack, Evidence]:
        if not is_imsi(self._imsi):
            return "unsure", {"why": "the line has no IMSI"}
        try:
            found = await self._hlr.find(self._imsi)
        except (NotReached, NoAnswer, Refused) as error:
            return "unsure", {"why": f"the HLR {error}"}
        if self._is_released(found):
            return "absent", _seen(found)
        assert found is not None
        if not found.belongs_to(self._task.brief):
            return "unsure", {"why": "another subscriber is there", **found.stranger_evidence()}
        if found.mode == "none":
            return "unsure", {"why": "it is there, but out of service", **_seen(found)}
        return "present", _seen(found)

    async def _release(self) -> Outcome:
        found = await self._hlr.find(self._imsi)
        if found is None:
            return self._absent_already()
        if not found.belongs_to(self._task.brief):
            return _stranger(found)
        kept = await self._keepsake(found)
        await self._hlr.access(self._imsi, "none")
        if self._options.retire == "delete":
            await self._hlr.delete(self._imsi)
        after = await self._hlr.find(self._imsi)
        if not self._is_released(after):
            return Unknown("the HLR took the commands, but the subscriber is still there")
        return Done({"read_before": found.evidence(), **_seen(after)}, keepsake=kept)

    def _absent_already(self) -> Outcome:
        if self._task.attempt == 1:
            says = "the HLR knows no such IMSI, and did not before: is it the right one?"
            return NeedsPerson(says, _ABSENT, untouched=True)
        return Done(_ABSENT)

    async def _keepsake(self, found: Subscriber) -> bytes | None:
        if not self._options.keep:
            return None
        assert self._seal is not None
        in_doubt = self._task.attempt > 1 and found.mode == "none"
        kept = await self._hlr.keepsake(found, mode_in_doubt=in_doubt)
        if kept is None:
            raise NoAnswer("let the subscriber go meanwhile")
        return kept.sealed(self._seal)

    async def _verify(self) -> Outcome:
        found = await self._hlr.find(self._imsi)
        if self._is_released(found):
            return Done(_seen(found))
        assert found is not None
        if not found.belongs_to(self._task.brief):
            return _stranger(found)
        return Done(_seen(found), leftover=True)

    async def _restore(self) -> Outcome:
        kept = None
        if self._task.keepsake is not None:
            kept = unsealed(self._task.keepsake, self._seal) if self._seal else None
            if kept is None or not kept.subscriber.belongs_to(self._task.brief):
                return NeedsPerson("what was kept for a restore cannot be opened: is the secret another one?")
        found = await self._hlr.find(self._imsi)
        if found is None:
            return await self._create(kept)
        if found.belongs_to(self._task.brief):
            return await self._give_back(found, kept)
        if kept is not None and self._task.attempt > 1 and await self._hlr.is_bare(self._imsi):
            return await self._create(kept)
        return _stranger(found)

    async def _create(self, kept: Keepsake | None) -> Outcome:
        if kept is None:
            return NeedsPerson("the subscriber is gone, and nothing was kept to restore it from", _ABSENT)
        holder = await self._hlr.find(kept.msisdn, by="msisdn") if kept.msisdn else None
        if holder is not None and holder.imsi != kept.imsi:
            return NeedsPerson("its number is on another SIM by now", _ABSENT)
        await self._hlr.create(kept.imsi, kept.msisdn)
        await self._hlr.put_back(kept)
        return await self._compared(kept)

    async def _give_back(self, found: Subscriber, kept: Keepsake | None) -> Outcome:
        """It is there: untouched, or out of service, or (at a second try) half put back."""
        if kept is None and found.mode == "none":
            return NeedsPerson("it is there but out of service, and whether it was before is not known", _seen(found))
        if kept is None or (self._task.attempt == 1 and found == kept.subscriber):
            return Done(_seen(found))
        if self._task.attempt == 1:
            await self._hlr.access(self._imsi, kept.subscriber.mode)
        else:
            await self._hlr.put_back(kept)
        return await self._compared(kept)

    async def _compared(self, kept: Keepsake) -> Outcome:
        """Everything is read again, keys too, and must be what was kept."""
        found = await self._hlr.find(self._imsi)
        now = await self._hlr.keepsake(found) if found is not None else None
        if found is None or now != kept:
            return Unknown("the HLR took the commands, but the subscriber is not yet as it was")
        if kept.mode_in_doubt:
            return NeedsPerson("it is back but out of service, and whether it was before is not known", _seen(found))
        return Done({**_seen(found), "restored": ["msisdn", "imei", "authentication", "network_access_mode"]})

    def _is_released(self, found: Subscriber | None) -> bool:
        if found is None:
            return True
        disabled = self._options.retire == "disable" and found.mode == "none"
        return disabled and found.belongs_to(self._task.brief)

    def _failed(self, why: str) -> Outcome:
        """Whether something may have been changed decides what the reconciler may assume."""
        return Unknown(why, system_failed=True) if self._hlr.touched else RetryAfter(why, system_failed=True)


def _stranger(found: Subscriber) -> NeedsPerson:
    number = found.stranger_evidence()["msisdn"] or "no number"
    says = f"another subscriber has this IMSI, with {number}"
    return NeedsPerson(says, {"found": found.stranger_evidence()}, untouched=True)


def _seen(found: Subscriber | None) -> Evidence:
    if found is None:
        return _ABSENT
    return {"read_back": "out of service" if found.mode == "none" else "present", "line": found.evidence()}
