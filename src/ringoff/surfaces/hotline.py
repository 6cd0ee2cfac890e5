"""The hotline's process: the menu, its voice and the SIP front end, until it is told to stop."""

from collections.abc import Sequence
from importlib.util import find_spec
from shutil import which
from typing import TYPE_CHECKING

import structlog

from ringoff.app import build
from ringoff.db.pool import BY_INDEX, Database
from ringoff.kit.errors import Conflict, Unavailable
from ringoff.settings import Settings

if TYPE_CHECKING:
    from ringoff.surfaces.phone.voice import Voice

log = structlog.get_logger(__name__)

_SESSION = {
    **BY_INDEX,
    # Shorter than a caller is let wait for an answer: what was typed counts, or it did not happen.
    "statement_timeout": "8s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}
_POOL = 12
_PARTS = {"baresip": "baresip-python", "soxr": "soxr", "pypinyin": "pypinyin"}
_PROGRAM = "espeak-ng"


def missing() -> Sequence[str]:
    """What the SIP front end needs and this machine lacks, as one would install it."""
    packages = [package for module, package in _PARTS.items() if find_spec(module) is None]
    extra = [f"pip install 'ringoff[sip]' ({', '.join(packages)})"] if packages else []
    return [*extra, *([] if which(_PROGRAM) else [f"apt-get install {_PROGRAM}"])]


async def answer_calls(settings: Settings, database_url: str) -> None:
    """Until SIGTERM or SIGINT. Raises Conflict (`hotline_off`), Unavailable (`hotline_incomplete`, `sip_failed`)."""
    if settings.hotline.sip is None:
        raise Conflict("hotline_off", "No hotline is configured: fill in [hotline] sip.")
    voice = await prompts(settings)
    from ringoff.surfaces.phone.menu import Menu
    from ringoff.surfaces.phone.sip.server import SipServer

    app = await build(settings, Database(database_url, size=_POOL, session=_SESSION)).open()
    try:
        await SipServer(settings.hotline, Menu(app), voice, app.identity.numbering).run()
    finally:
        await app.close()


async def prompts(settings: Settings) -> "Voice":
    """A voice that has every phrase ready: those of the studio, and the others rendered, at the first time."""
    if lacks := missing():
        raise Unavailable("hotline_incomplete", f"The hotline cannot speak yet: {'; '.join(lacks)}.")
    from ringoff.surfaces.phone.voice import Voice

    voice = Voice(settings.data_dir / "prompts", settings.hotline.recordings)
    recorded = await voice.prepare()
    log.info("hotline_prompts_ready", recorded=recorded)
    return voice
