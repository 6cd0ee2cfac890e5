"""The CTRL interface: `GET id variable` and `SET id variable value` in IPA frames, answered with the same id.

IPA (libosmocore's ipa.h): two bytes of length, the protocol 0xEE, then for CTRL the extension 0x00 and the text.
"""

import struct

from ringoff.connectors.osmo_hlr.wire import Reply, Wire, dial

_HEADER = struct.Struct(">HBB")
_OSMO, _CTRL = 0xEE, 0x00


class CtrlWire(Wire):
    @classmethod
    async def open(cls, address: tuple[str, int], seconds: float) -> "CtrlWire":
        """Raises NotReached."""
        return await dial(address, seconds, cls(seconds))

    async def get(self, variable: str) -> Reply:
        """Raises NotReached or NoAnswer, as `set` does."""
        number = self.next_number()
        return await self.exchange(number, _frame(f"GET {number} {variable}"))

    async def set(self, variable: str, value: str) -> Reply:
        number = self.next_number()
        return await self.exchange(number, _frame(f"SET {number} {variable} {value}"))

    def heard(self) -> None:
        buffer, start = self._buffer, 0
        while len(buffer) - start >= _HEADER.size:
            length, protocol, extension = _HEADER.unpack_from(buffer, start)
            if (protocol, extension) != (_OSMO, _CTRL) or length < 1:
                raise ValueError("not a CTRL frame")
            end = start + 3 + length
            if len(buffer) < end:
                break
            self._message(buffer[start + _HEADER.size : end].decode("ascii"))
            start = end
        self._buffer = buffer[start:]

    def _message(self, text: str) -> None:
        verb, _, rest = text.partition(" ")
        number, _, said = rest.partition(" ")
        match verb:
            case "GET_REPLY" | "SET_REPLY":
                self.answered(int(number), Reply(True, said.partition(" ")[2]))
            case "ERROR":
                self.answered(int(number), Reply(False, said))
            case "TRAP":  # something that the HLR tells everybody
                return
            case _:
                raise ValueError("not a CTRL answer")


def _frame(text: str) -> bytes:
    payload = text.encode("ascii")
    return _HEADER.pack(len(payload) + 1, _OSMO, _CTRL) + payload
