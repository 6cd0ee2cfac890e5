"""`python -m ringoff.surfaces.child serve …`: the program as a child of `ringoff up`, which it does not outlive.

The kernel tells it of its parent's death (Linux), and it looks for itself as well. It then ends as on SIGTERM, and is
made to if it takes too long.
"""

import ctypes
import os
import signal
import sys
import threading
import time

PARENT = "RINGOFF_PARENT"  # the parent's process id, in the child's environment
_LOOK_EVERY = 0.5
_PATIENCE = 15.0
_PR_SET_PDEATHSIG = 1


def follow_parent(parent: int) -> None:
    """From now on this process ends soon after `parent` does, however that dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    threading.Thread(target=_watch, args=(parent,), name="follow-parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    follow_parent(int(os.environ.pop(PARENT)))
    from ringoff.surfaces.cli import main  # only now: reading it in takes a while, in which the parent may die

    main()
