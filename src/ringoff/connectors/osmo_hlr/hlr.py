"""The HLR in its own words: find, take out of service, delete, create. Each is one command, or a few of a kind."""

import asyncio
import re
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from typing import Literal

from ringoff.connectors.osmo_hlr.ctrl import CtrlWire
from ringoff.connectors.osmo_hlr.keepsake import Keepsake
from ringoff.connectors.osmo_hlr.options import Options, split
from ringoff.connectors.osmo_hlr.subscriber import Mode, Subscriber, parse
from ringoff.connectors.osmo_hlr.vty import VtyWire
from ringoff.connectors.osmo_hlr.wire import NoAnswer, NotReached, Trunk

_NOBODY = {"No such subscriber.", "Subscriber doesn't exist."}  # osmo-hlr's ctrl.c; both are said
_IMEI = re.compile(r"^ *IMEI: ([0-9]{14})", re.MULTILINE)  # shown with a check digit as the fifteenth
_NO_SUBSCRIBER = "% No subscriber"
_TEST_IMSI = "001010000000001"
_SAID_MOST = 120  # characters


class Refused(Exception):
    """The HLR understood, and says that it did not do it."""


class NoLongerOurs(Exception):
    """The lease ran out: whoever holds the task now goes on with it."""


class Interfaces:
    """The connections to one HLR, shared by all errands. Their methods raise NotReached or NoAnswer."""

    def __init__(self, options: Options) -> None:
        seconds, count = options.timeout_seconds, options.connections
        ctrl, vty = split(options.ctrl), split(options.vty)
        self.ctrl = Trunk(count, lambda: CtrlWire.open(ctrl, seconds))
        self.vty = Trunk(count, lambda: VtyWire.open(vty, seconds))

    async def close(self) -> None:
        await asyncio.gather(self.ctrl.close(), self.vty.close())


class Hlr:
    """One errand's view of it. `ours` is asked right before each command; `touched` tells whether something may have
    been changed. Every method raises NotReached, NoAnswer, Refused or NoLongerOurs.

    An `imsi` or `msisdn` given has been checked to be digits.
    """

    def __init__(self, interfaces: Interfaces, ours: Callable[[], bool]) -> None:
        self._interfaces, self._ours = interfaces, ours
        self.touched = False

    async def find(self, value: str, by: Literal["imsi", "msisdn"] = "imsi") -> Subscriber | None:
        """`info`, never `info-all`, which would tell the keys."""
        reply = await self._get(f"subscriber.by-{by}-{value}.info")
        if reply is None:
            return None
        try:
            found = parse(reply)
        except ValueError as error:
            raise NoAnswer("answers nonsense") from error
        if (found.imsi if by == "imsi" else found.msisdn) != value:
            raise NoAnswer("answers about another subscriber")
        return found

    async def access(self, imsi: str, mode: Mode) -> None:
        """Set the network access mode by VTY, the one way that also tells the attached cores.

        Nothing happens where there is no such subscriber.
        """
        said = await self._change_by_terminal(f"subscriber imsi {imsi} update network-access-mode {mode}")
        if said and not said.startswith(_NO_SUBSCRIBER):
            raise Refused(_short(said))

    async def delete(self, imsi: str) -> None:
        """Nothing happens where there is no such subscriber."""
        await self._set("subscriber.delete", imsi, fine=_NOBODY)

    async def create(self, imsi: str, msisdn: str | None) -> None:
        await self._set("subscriber.create", imsi, fine={"Subscriber already exists."})
        if msisdn is not None:
            await self._set(f"subscriber.by-imsi-{imsi}.msisdn", msisdn)

    async def keepsake(self, subscriber: Subscriber, *, mode_in_doubt: bool = False) -> Keepsake | None:
        """Everything that has to be put back; None where the subscriber went meanwhile."""
        keys = await self._keys(subscriber.imsi)
        shown = await self._show(subscriber.imsi)
        imei = _IMEI.search(shown)
        if keys is None or shown.startswith(_NO_SUBSCRIBER):
            return None
        try:
            return Keepsake(
                imsi=subscriber.imsi,
                msisdn=subscriber.msisdn,
                imei=imei[1] if imei else None,
                cs=subscriber.cs,
                ps=subscriber.ps,
                aud2g=keys[0],
                aud3g=keys[1],
                mode_in_doubt=mode_in_doubt,
            )
        except ValueError as error:
            raise Refused(str(error)) from error

    async def put_back(self, kept: Keepsake) -> None:
        """Complete a subscriber that exists. Its 3G sequence number starts anew; the SIM puts that right by itself."""
        present = await self._keys(kept.imsi) or ("none", "none")
        for name, value, there in zip(("aud2g", "aud3g"), (kept.aud2g, kept.aud3g), present, strict=True):
            if value != there:  # to set "none" where there is none is refused
                await self._set(f"subscriber.by-imsi-{kept.imsi}.{name}", value)
        if kept.imei is not None:
            said = await self._change_by_terminal(f"subscriber imsi {kept.imsi} update imei {kept.imei}")
            if not said.startswith("% Updated"):
                raise Refused(_short(said))
        await self.access(kept.imsi, kept.subscriber.mode)

    async def is_bare(self, imsi: str) -> bool:
        """Whether it has neither a number nor keys: what a creation leaves that got no further."""
        found = await self.find(imsi)
        return found is not None and found.msisdn is None and await self._keys(imsi) == ("none", "none")

    async def alive(self) -> None:
        """Ask both interfaces something that changes nothing, about the test network's first subscriber."""
        await asyncio.gather(self.find(_TEST_IMSI), self._show(_TEST_IMSI))

    async def _keys(self, imsi: str) -> tuple[str, str] | None:
        aud2g = await self._get(f"subscriber.by-imsi-{imsi}.aud2g")
        aud3g = await self._get(f"subscriber.by-imsi-{imsi}.aud3g")
        return (aud2g, aud3g) if aud2g is not None and aud3g is not None else None

    async def _show(self, imsi: str) -> str:
        wire = await self._interfaces.vty.wire()
        self._ensure_ours()
        shown = await wire.command(f"subscriber imsi {imsi} show")
        if shown.startswith("%") and not shown.startswith(_NO_SUBSCRIBER):
            raise Refused(_short(shown))
        return shown

    async def _get(self, variable: str) -> str | None:
        wire = await self._interfaces.ctrl.wire()
        self._ensure_ours()
        reply = await wire.get(variable)
        if reply.ok:
            return reply.text
        if reply.text in _NOBODY:
            return None
        raise Refused(_short(reply.text))

    async def _set(self, variable: str, value: str, fine: Set[str] = frozenset()) -> None:
        wire = await self._interfaces.ctrl.wire()
        self._ensure_ours()
        with self._changing():
            reply = await wire.set(variable, value)
        if not reply.ok and reply.text not in fine:
            raise Refused(_short(reply.text))

    async def _change_by_terminal(self, command: str) -> str:
        wire = await self._interfaces.vty.wire()
        self._ensure_ours()
        with self._changing():
            return await wire.command(command)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """A command that was not even sent changed nothing; of any other, nobody can be sure."""
        try:
            yield
        except NotReached:
            raise
        except BaseException:
            self.touched = True
            raise
        self.touched = True

    def _ensure_ours(self) -> None:
        if not self._ours():
            raise NoLongerOurs


def _short(said: str) -> str:
    """What the HLR says of a refusal. It never repeats a value, so there is no key in it."""
    return re.sub(r"[^ -~]+", " ", said)[:_SAID_MOST]
