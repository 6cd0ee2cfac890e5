"""Named places where a test lets a process die, to prove that dying there loses nothing.

`RINGOFF_FAILPOINT=settling:3` kills this process (SIGKILL) the third time it passes `settling`. Unset, passing one
costs a comparison.
"""

import os
import signal

_NAME, _, _COUNT = os.environ.get("RINGOFF_FAILPOINT", "").partition(":")
_left = int(_COUNT or 1)


def failpoint(name: str) -> None:
    global _left
    if name != _NAME:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
