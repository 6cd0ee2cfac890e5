"""The SIP front end's process: it answers calls until it is told to stop, and then lets those under way finish."""

import asyncio
import signal
import time
from contextlib import suppress
from uuid import uuid4

import structlog
from baresip import Account, Config
from baresip.call import Call
from baresip.errors import BaresipError, CommandTimeout
from baresip.runtime import Runtime
from baresip.ua import UserAgent

from ringoff.kit.errors import Unavailable
from ringoff.kit.msisdn import Numbering
from ringoff.settings import HotlineSettings
from ringoff.surfaces.phone.sip.callers import ASSERTED, caller_of
from ringoff.surfaces.phone.sip.conversation import Conversation, Menu, Speaker
from ringoff.surfaces.phone.sip.peers import admit_only
from ringoff.surfaces.phone.sip.quiet import NATIVE_LEVEL, hush
from ringoff.surfaces.phone.sip.telephone import Telephone

log = structlog.get_logger(__name__)

_LAST_WORD = 0.5  # seconds: that another has the call may come together with its end
_DRAIN = 20.0  # seconds for calls under way when the process is told to stop
_LOOK_EVERY, _MISSES_MOST = 5.0, 2  # seconds between looks whether the stack lives; then the process is given up


class SipServer:
    def __init__(self, settings: HotlineSettings, menu: Menu, voice: Speaker, numbering: Numbering) -> None:
        self._settings, self._menu, self._voice, self._numbering = settings, menu, voice, numbering
        self._calls: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._failure: str | None = None

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        """Until `stop`, or SIGTERM or SIGINT. Raises Unavailable (`sip_failed`): only a new process can go on."""
        hush()
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, self.stop)
        runtime = Runtime(native_log_level=NATIVE_LEVEL)
        runtime.on_dead = self._stack_died  # type: ignore[assignment]  # declared as None alone
        try:
            await self._listen(runtime)
        except (BaresipError, ValueError) as error:
            raise Unavailable("sip_failed", f"No calls can be answered on {self._settings.sip}: {error}.") from error
        watcher = asyncio.create_task(self._watch(runtime))
        try:
            await self._stop.wait()
        finally:
            watcher.cancel()
            await self._close(runtime)
        if self._failure:
            raise Unavailable("sip_failed", f"The SIP stack has failed: {self._failure}.")

    async def _listen(self, runtime: Runtime) -> None:
        settings = self._settings
        host = f"[{settings.sip_host}]" if ":" in settings.sip_host else settings.sip_host
        more = f"sip_listen {host}:{settings.sip_port}\nsip_transports udp,tcp\nrtp_ports {settings.media_ports}\n"
        config = Config(
            net_interface=settings.sip_host,
            max_concurrent_calls=settings.most_calls,
            expose_headers=(ASSERTED,),
            native_log_level=NATIVE_LEVEL,
            extra_config_text=more,
        )
        await runtime.start(config)
        admit_only(settings.peers, settings.sip_port)
        # Whatever number was dialled, it is for us: the session border controller has decided that.
        account = Account("hotline", host, "", reg_interval=0, extra_params=("catchall=yes",))
        agent = await UserAgent.create(runtime, account, transfer_policy="reject")
        agent.on_incoming(self._incoming)
        log.info("hotline_answers", on=settings.sip, calls_at_once=settings.most_calls)

    def _incoming(self, call: Call) -> None:
        task = asyncio.create_task(self._attend(call))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _attend(self, call: Call) -> None:
        telephone, began = Telephone(call, self._settings.agents), time.monotonic()
        conversation = Conversation(
            uuid4().hex,
            caller_of(call.peer, call.headers.get(ASSERTED), self._numbering),
            telephone,
            self._menu,
            self._voice,
            agents=self._settings.agents is not None,
            longest=self._settings.longest_call.total_seconds(),
        )
        try:
            await telephone.answer()
        except (BaresipError, TimeoutError) as error:
            log.info("hotline_not_answered", conversation=conversation.id, why=type(error).__name__)
            await telephone.hang_up()
            return
        log.info("hotline_call", conversation=conversation.id)
        try:
            await self._until_either_hangs_up(conversation, telephone)
        finally:
            await conversation.end()
            with suppress(BaresipError):
                await telephone.hang_up()
            log.info("hotline_call_ended", conversation=conversation.id, seconds=round(time.monotonic() - began, 1))

    async def _until_either_hangs_up(self, conversation: Conversation, telephone: Telephone) -> None:
        talk, closed = asyncio.create_task(conversation.talk()), asyncio.create_task(telephone.closed.wait())
        try:
            await asyncio.wait([talk, closed], return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait([talk], timeout=_LAST_WORD)
        finally:
            talk.cancel()
            closed.cancel()
            await asyncio.wait([talk])
        if not talk.cancelled() and (error := talk.exception()) is not None:
            log.error("hotline_call_failed", conversation=conversation.id, error=type(error).__name__)

    async def _watch(self, runtime: Runtime) -> None:
        """A stack that no longer obeys answers nobody."""
        misses = 0
        while misses < _MISSES_MOST:
            await asyncio.sleep(_LOOK_EVERY)
            try:
                await runtime.set_native_log_level(NATIVE_LEVEL)
                misses = 0
            except CommandTimeout:
                misses += 1
            except BaresipError:
                return  # it has died, and says so itself
        self._fail("it does not react")

    def _stack_died(self) -> None:
        self._fail("its thread has died")

    def _fail(self, why: str) -> None:
        self._failure = why
        self._stop.set()

    async def _close(self, runtime: Runtime) -> None:
        """No new calls; those under way have a while, then they are ended. What they did is told to the menu."""
        with suppress(BaresipError, TimeoutError):
            async with asyncio.timeout(_DRAIN):
                await runtime.drain()
        for task in list(self._calls):
            task.cancel()
        if self._calls:
            await asyncio.wait(self._calls, timeout=_DRAIN)
        with suppress(BaresipError):
            await runtime.close()
