"""Renderings on disk, by name. What was not asked for the longest goes first when they become too many."""

import os
import threading
import wave
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

import structlog

from ringoff.surfaces.phone.voice.sound import read_recording, write_wav

log = structlog.get_logger(__name__)


class Shelf:
    """One process's, called from any of its threads. `most`: bytes; None for no limit.

    Only its owner may read it: a sum or a case number is somebody's.
    """

    def __init__(self, folder: Path, most: int | None = None) -> None:
        self._folder, self._most = folder, most
        self._sizes: OrderedDict[str, int] | None = None
        self._lock = threading.Lock()

    def take(self, name: str) -> bytes | None:
        with self._lock:
            sizes = self._known()
            if name not in sizes:
                return None
            sizes.move_to_end(name)
        file = self._file(name)
        try:
            sound = read_recording(file)
            os.utime(file)
        except Exception as error:  # cut off by a crash, or taken away: it is rendered again
            log.info("rendering_lost", file=file.name, why=type(error).__name__)
            with self._lock:
                self._known().pop(name, None)
            return None
        return sound

    def put(self, name: str, sound: bytes) -> None:
        """A disk that takes nothing is no reason to be silent: it is only rendered again next time."""
        with self._lock:
            self._known()
        content = write_wav(sound)
        temporary = self._folder / f".{name}.{os.getpid()}.{threading.get_ident()}"
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
            temporary.replace(self._file(name))
        except (OSError, wave.Error) as error:
            log.warning("rendering_not_kept", why=type(error).__name__)
            with suppress(OSError):
                temporary.unlink()
            return
        with self._lock:
            sizes = self._known()
            sizes[name] = len(content)
            sizes.move_to_end(name)
            self._make_room(sizes)

    def _known(self) -> OrderedDict[str, int]:
        """What lies there, the longest unused first."""
        if self._sizes is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = sorted(
                (file.stat().st_mtime, file.stem, file.stat().st_size) for file in self._folder.glob("*.wav")
            )
            self._sizes = OrderedDict((name, size) for _, name, size in found)
        return self._sizes

    def _make_room(self, sizes: OrderedDict[str, int]) -> None:
        if self._most is None:
            return
        total = sum(sizes.values())
        while total > self._most and len(sizes) > 1:
            name, size = sizes.popitem(last=False)
            total -= size
            with suppress(OSError):
                self._file(name).unlink()

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.wav"
