"""What a process says about itself: one JSON object a line, or on a terminal something for the eye. On stderr.

Standard output belongs to answers. Log what happened and to which case, never a person's name, number or address and
never a secret; as a second line of defence, values under telling names are blotted out here.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog
from pydantic import SecretStr

Format = Literal["auto", "json", "console"]

_BLOT = "**"
_TELLING = re.compile(
    r"(^|_)(secret|password|passphrase|token|authorization|cookie|api_?key|key|ki|opc?|pin|puk|otp)$", re.IGNORECASE
)
_CREDENTIALS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/@]+@", re.IGNORECASE)


def set_up(level: str = "info", style: Format = "auto") -> None:
    """Once a process, before the first word. Words of libraries (standard logging) take the same road."""
    for_eyes = style == "console" or (style == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    plain = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    last: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        blot_secrets,
        plain if for_eyes else structlog.processors.JSONRenderer(default=str),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for chatty in ("httpx", "httpcore", "asyncio", "psycopg.pool", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def blot_secrets(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A value whose name tells that it is secret, and the password inside any URL."""
    for name, value in event.items():
        if _TELLING.search(name) or isinstance(value, SecretStr):
            event[name] = _BLOT
        elif isinstance(value, str):
            event[name] = _CREDENTIALS.sub(rf"\g<scheme>:{_BLOT}@", value)
    return event
