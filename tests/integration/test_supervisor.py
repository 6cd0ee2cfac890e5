"""The supervisor: children are kept running, ended in order, and never outlive their parent."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ringoff.kit.errors import Unavailable
from ringoff.surfaces import supervisor as module
from ringoff.surfaces.supervisor import Child, Supervisor

OBEDIENT = """
import signal, sys, time
from pathlib import Path
diary = Path(sys.argv[1])
def end(*_):
    with diary.open("a") as words:
        words.write(f"{sys.argv[2]} ended\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
with diary.open("a") as words:
    words.write(f"{sys.argv[2]} began\\n")
time.sleep(600)
"""
STUBBORN = """
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with Path(sys.argv[1]).open("a") as words:
    words.write(f"{sys.argv[2]} began\\n")
time.sleep(600)
"""
FOLLOWER = """
import os, sys, time
from pathlib import Path
from ringoff.surfaces.child import follow_parent
follow_parent(int(os.environ["RINGOFF_PARENT"]))
with Path(sys.argv[1]).open("a") as words:
    words.write(f"{os.getpid()}\\n")
time.sleep(600)
"""
PARENT = """
import asyncio, sys
from ringoff.surfaces.supervisor import Child, Supervisor
asyncio.run(Supervisor().run([Child("follower", [sys.executable, "-c", sys.argv[1], sys.argv[2]])], {}))
"""


class Diary:
    """What the children wrote."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def lines(self) -> list[str]:
        return self.path.read_text().splitlines()

    async def has(self, count: int) -> list[str]:
        while len(self.lines()) < count:
            await asyncio.sleep(0.01)
        return self.lines()

    def child(self, name: str, script: str, patience: float = 60.0) -> Child:
        return Child(name, [sys.executable, "-c", script, str(self.path), name], patience)


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(tmp_path / "diary")


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    made = Supervisor()
    yield made
    assert made.pids() == {}, "a child was left behind"


async def test_children_end_one_after_the_other_in_their_order(supervisor: Supervisor, diary: Diary) -> None:
    children = [diary.child(name, OBEDIENT) for name in ("serve", "work-1", "work-2")]
    running = asyncio.create_task(supervisor.run(children, {}))
    await diary.has(3)
    supervisor.stop()
    await running
    assert diary.lines()[3:] == ["serve ended", "work-1 ended", "work-2 ended"]


async def test_a_child_that_dies_is_started_again(supervisor: Supervisor, diary: Diary) -> None:
    running = asyncio.create_task(supervisor.run([diary.child("work-1", OBEDIENT)], {}))
    for lives in (1, 2, 3):
        await diary.has(lives)
        os.kill(supervisor.pids()["work-1"], signal.SIGKILL)
    await diary.has(4)
    supervisor.stop()
    await running
    assert diary.lines() == ["work-1 began"] * 4 + ["work-1 ended"]


async def test_a_child_that_does_not_obey_is_killed(supervisor: Supervisor, diary: Diary) -> None:
    running = asyncio.create_task(supervisor.run([diary.child("serve", STUBBORN, patience=0.2)], {}))
    await diary.has(1)
    supervisor.stop()
    await running


async def test_a_second_stop_does_not_wait(supervisor: Supervisor, diary: Diary) -> None:
    running = asyncio.create_task(supervisor.run([diary.child("serve", STUBBORN, patience=3600.0)], {}))
    await diary.has(1)
    supervisor.stop()
    supervisor.stop()
    await running


async def test_a_child_that_never_comes_up_ends_everything_and_is_named(
    supervisor: Supervisor, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TRY_FOR", 0.0)
    broken = Child("serve", [sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(Unavailable, match="serve does not come up; it ended with code 3"):
        await supervisor.run([broken, diary.child("work-1", OBEDIENT)], {})


async def test_a_supervisor_that_is_cancelled_leaves_no_child_behind(supervisor: Supervisor, diary: Diary) -> None:
    running = asyncio.create_task(supervisor.run([diary.child("work-1", OBEDIENT)], {}))
    await diary.has(1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert diary.lines() == ["work-1 began", "work-1 ended"]


async def test_children_do_not_outlive_a_killed_parent(diary: Diary) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, FOLLOWER, str(diary.path)]) as parent:
        (child,) = await diary.has(1)
        parent.kill()
    while _lives(int(child)):
        await asyncio.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
