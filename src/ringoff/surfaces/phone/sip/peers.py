"""Who may call us at all, kept by the kernel: what comes from other addresses never reaches the SIP stack.

The stack tells nobody whence a message came, so it cannot be asked to refuse strangers. A socket filter (classic BPF,
Linux) on each listening socket drops their packets unseen, and a scanner finds a silent port.
"""

import ctypes
import os
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from ringoff.kit.errors import Unavailable

_SO_ATTACH_FILTER = 26
_NETWORK_HEADER = -0x100000  # SKF_NET_OFF: offsets from here on are into the IP header
_LOAD_BYTE, _LOAD_WORD, _AND, _SHIFT, _IF_EQUAL, _RETURN = 0x30, 0x20, 0x54, 0x74, 0x15, 0x06
_SOURCE = {4: 12, 6: 8}  # where the sender stands in the header
_ALL = 0xFFFFFFFF

_Step = tuple[int, int, int, int]


def admit_only(peers: Sequence[str], port: int) -> None:
    """From now on, on whatever this process listens on at `port`. Raises Unavailable (`peers_not_enforced`)."""
    networks = [ip_network(peer, strict=False) for peer in peers]
    steps = _program(networks)
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    try:
        if sys.platform != "linux":
            raise OSError("only Linux can")
        listening = 0
        for ours in _listening(port):
            with closing(ours):
                value = struct.pack("HL", len(steps), ctypes.addressof(code))
                ours.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, value)
            listening += 1
        if not listening:
            raise OSError(f"nothing listens on port {port}")
    except OSError as error:
        raise Unavailable("peers_not_enforced", f"Strangers cannot be kept from calling: {error}.") from error


def _listening(port: int) -> Iterator[socket.socket]:
    for entry in list(Path("/proc/self/fd").iterdir()):
        try:
            if not str(entry.readlink()).startswith("socket:"):
                continue
            ours = socket.socket(fileno=os.dup(int(entry.name)))
        except OSError:
            continue  # gone meanwhile
        if ours.family in (socket.AF_INET, socket.AF_INET6) and ours.getsockname()[1] == port:
            yield ours
        else:
            ours.close()


def _program(networks: Sequence[IPv4Network | IPv6Network]) -> list[_Step]:
    """For each network: the version, then the sender's words under the mask; a match admits, the end drops."""
    steps: list[_Step] = []
    for network in networks:
        check = list(_comparisons(network))
        version = [
            (_LOAD_BYTE, 0, 0, _NETWORK_HEADER & _ALL),
            (_SHIFT, 0, 0, 4),
            (_IF_EQUAL, 0, len(check) + 1, network.version),
        ]
        # A comparison that fails jumps behind the admission at the block's end.
        for at, (code, _, _, value) in enumerate(check):
            if code == _IF_EQUAL:
                check[at] = (code, 0, len(check) - at, value)
        steps += [*version, *check, (_RETURN, 0, 0, _ALL)]
    return [*steps, (_RETURN, 0, 0, 0)]


def _comparisons(network: IPv4Network | IPv6Network) -> Iterator[_Step]:
    size = network.max_prefixlen // 8
    masks, values = (
        struct.unpack(f"!{size // 4}I", whole.packed) for whole in (network.netmask, network.network_address)
    )
    for word, (mask, value) in enumerate(zip(masks, values, strict=True)):
        if mask:
            yield (_LOAD_WORD, 0, 0, (_NETWORK_HEADER + _SOURCE[network.version] + 4 * word) & _ALL)
            yield (_AND, 0, 0, mask)
            yield (_IF_EQUAL, 0, 0, value)
