"""Many callers at once, and one after the other; and a hotline that is killed."""

import asyncio
import os
import signal
from pathlib import Path

from ringoff.surfaces.phone.voice import Voice
from ringoff.surfaces.supervisor import Child, Supervisor
from tests.hotline.caller import calling, start
from tests.hotline.process import Hotline, planned_hotline
from tests.hotline.scripted import GREETING

IN_A_ROW = 400 if os.environ.get("RINGOFF_SOAK") else 20


async def sipp(hotline: Hotline, folder: Path, wait: float, *more: str) -> asyncio.subprocess.Process:
    """Callers with sipp's own handsets, who hang up after `wait` seconds."""
    words = {"WAIT": str(int(wait * 1000)), "FROM": "+4915112345678", "ASSERTED": "", "HANDSET": "[media_port]"}
    return await start(hotline.address, folder, {**words, "ANSWER": "200 OK", "DIGITS": ""}, "-i", "127.0.0.1", *more)


async def test_forty_callers_at_once_are_heard_and_one_more_hears_the_engaged_tone(
    hotline: Hotline, voice: Voice, tmp_path: Path
) -> None:
    others = await sipp(hotline, tmp_path / "others", 12, "-m", "39", "-l", "39", "-r", "39", "-mp", "40000")
    await hotline.told(39, "began")
    async with calling(hotline.address, tmp_path / "fortieth") as fortieth:
        await fortieth.hears(await voice.say(GREETING.say, "en"))
        async with calling(hotline.address, tmp_path / "late") as late:
            await late.sipp.wait()
            assert "SIP/2.0 486" in late.messages()
        await fortieth.type("2")
        await fortieth.ends()
    output, _ = await others.communicate()
    assert others.returncode == 0, output.decode(errors="replace")[-2000:]
    await hotline.told(40, "ended")
    assert sum("began" in line for line in hotline.diary()) == 40


async def test_calls_in_a_row_leave_nothing_behind(hotline: Hotline, tmp_path: Path) -> None:
    async def calls(count: int, name: str) -> None:
        process = await sipp(hotline, tmp_path / name, 0.1, "-m", str(count), "-l", "1", "-timeout", "900")
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode(errors="replace")[-2000:]

    await calls(2, "first")
    await hotline.told(2, "ended")
    before = hotline.open_files()
    await calls(IN_A_ROW, "then")
    await hotline.told(2 + IN_A_ROW, "ended")
    while hotline.open_files() > before:  # the stack lets go of a call's sockets a little later
        await asyncio.sleep(0.1)
    began = [line["began"] for line in hotline.diary() if "began" in line]
    ended = [line["ended"] for line in hotline.diary() if "ended" in line]
    assert sorted(began) == sorted(ended)
    assert len(set(began)) == 2 + IN_A_ROW


async def test_a_killed_hotline_is_started_again_and_answers(tmp_path: Path, prompts: Path, voice: Voice) -> None:
    (tmp_path / "prompts").symlink_to(prompts)
    hotline, supervisor = planned_hotline(tmp_path), Supervisor()
    (tmp_path / "log").touch()
    command = ["/bin/sh", "-c", f'exec "$@" >>{tmp_path}/log 2>&1', "sh", *hotline.command]
    running = asyncio.create_task(supervisor.run([Child("hotline", command, essential=False)], {}))
    try:
        await hotline.answers()
        async with calling(hotline.address, tmp_path / "before") as caller:
            await caller.handset.hears_words()
            os.kill(supervisor.pids()["hotline"], signal.SIGKILL)
            await hotline.answers(times=2)
        async with calling(hotline.address, tmp_path / "after") as caller:
            await caller.hears(await voice.say(GREETING.say, "en"))
            await caller.hang_up()
    finally:
        supervisor.stop()
        await running
