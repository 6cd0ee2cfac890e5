"""What the SIP stack would say in our log, and must not: it writes each digit that it hears, and who calls."""

import asyncio
import logging
import re

_SPEAKERS = ("baresip", "baresip.call", "baresip.events", "baresip.runtime", "baresip.ua")
NATIVE_LEVEL = "error"
_DIGIT = re.compile(r"[0-9]")


class _Blot(logging.Filter):
    """Whatever the native stack says at all, it says without digits."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _DIGIT.sub("•", record.getMessage()), ()
        return True


def hush() -> None:
    """At every level of ours, `debug` too. Once a process, in its running loop."""
    for name in _SPEAKERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    native, messages = logging.getLogger("baresip.native"), logging.getLogger("baresip.native.sip")
    native.setLevel(logging.ERROR)
    if not native.filters:
        native.addFilter(_Blot())
    messages.disabled = True
    # In its debug mode asyncio prints the arguments of slow callbacks: the stack's events, digits among them.
    asyncio.get_running_loop().set_debug(False)
