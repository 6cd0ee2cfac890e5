"""What the tests of the hotline share: a voice whose renderings are made once a run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ringoff.surfaces.phone.voice import Voice
from tests.hotline.process import Hotline, running_hotline
from tests.support.real import require_program


@pytest.fixture(scope="session")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where renderings are kept."""
    require_program("espeak-ng", "apt-get install espeak-ng")
    return tmp_path_factory.mktemp("prompts")


@pytest.fixture
async def voice(prompts: Path) -> Voice:
    made = Voice(prompts)
    await made.prepare()
    return made


@pytest.fixture
async def hotline(tmp_path: Path, prompts: Path, voice: Voice) -> AsyncIterator[Hotline]:
    """It answers, with the scripted menu."""
    (tmp_path / "prompts").symlink_to(prompts)
    async with running_hotline(tmp_path) as running:
        yield running
