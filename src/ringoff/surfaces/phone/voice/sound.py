"""Sound as the telephone has it: 16-bit samples, 8,000 a second, one channel."""

import io
import wave
from pathlib import Path
from typing import Any

from ringoff.kit.errors import InvalidInput

RATE = 8000
_BYTES = 2
_QUIET = 0.008  # of full scale: what is below it at either end is trimmed
_MARGIN = 0.02  # seconds that are left there
_FADE = 0.003


def silence(seconds: float) -> bytes:
    return bytes(_BYTES * int(seconds * RATE))


def seconds(sound: bytes) -> float:
    return len(sound) / _BYTES / RATE


def read_recording(file: Path) -> bytes:
    """A studio's WAV. Raises InvalidInput (`recording_invalid`) where it is not 16-bit mono of 8 or 16 kHz."""
    try:
        with wave.open(str(file)) as opened:
            channels, width, rate = opened.getnchannels(), opened.getsampwidth(), opened.getframerate()
            frames = opened.readframes(opened.getnframes())
    except (wave.Error, EOFError, OSError) as error:
        raise _invalid(file, f"it cannot be read ({error or 'it ends too soon'})") from None
    if (channels, width) != (1, _BYTES) or rate not in (RATE, 2 * RATE):
        raise _invalid(file, f"it has {channels} channels of {8 * width} bit and {rate} Hz")
    if not frames:
        raise _invalid(file, "it is empty")
    return frames if rate == RATE else for_telephone(frames, rate)


def read_wav(content: bytes) -> tuple[bytes, int]:
    """The samples, and how many a second. A program that writes to a pipe cannot tell their number: all count."""
    with wave.open(io.BytesIO(content)) as opened:
        rate = opened.getframerate()
    start = content.index(b"data") + 8
    return content[start : start + (len(content) - start) // _BYTES * _BYTES], rate


def write_wav(sound: bytes) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(_BYTES)
        opened.setframerate(RATE)
        opened.writeframes(sound)
    return content.getvalue()


def for_telephone(samples: bytes, rate: int) -> bytes:
    """Another rate's samples, filtered and thinned out to ours, with the silence at both ends cut off."""
    import numpy as np
    import soxr

    wide: Any = np.frombuffer(samples, dtype="<i2").astype(np.float32) / 32768
    narrow = soxr.resample(wide, rate, RATE, quality="HQ") if len(wide) else wide
    loud = np.flatnonzero(np.abs(narrow) > _QUIET)
    if not len(loud):
        return b""
    margin, fade = int(_MARGIN * RATE), int(_FADE * RATE)
    narrow = narrow[max(loud[0] - margin, 0) : loud[-1] + margin]
    ramp = np.linspace(0, 1, min(fade, len(narrow)), dtype=np.float32)
    narrow[: len(ramp)] *= ramp
    narrow[len(narrow) - len(ramp) :] *= ramp[::-1]
    sound: bytes = (np.clip(narrow, -1, 1) * 32767).astype("<i2").tobytes()
    return sound


def _invalid(file: Path, why: str) -> InvalidInput:
    return InvalidInput(
        "recording_invalid",
        f"{file}: {why}. A recording is a WAV of 16 bit, mono, {RATE} Hz: sox IN.wav -b 16 -c 1 -r {RATE} OUT.wav",
    )
