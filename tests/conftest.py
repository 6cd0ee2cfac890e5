"""What every test may ask for: a database of its own on a real server."""

import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ringoff.connectors.osmo_hlr.sandbox import SandboxHlr
from ringoff.db.pool import Database
from tests.support.hlr import running_hlr
from tests.support.mail import MailServer, running_mail_server
from tests.support.postgres import migrated_template, new_database, running_server

# A run in the background of a script is born deaf to Ctrl-C, and so would be the programs that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server, with nothing of ours in it; its role may create databases."""
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def template(postgres_url: str) -> Iterator[str]:
    with migrated_template(postgres_url) as name:
        yield name


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """A database without any table."""
    with new_database(postgres_url) as url:
        yield url


@pytest.fixture
def database_url(postgres_url: str, template: str) -> Iterator[str]:
    """A migrated database of this test's own."""
    with new_database(postgres_url, template) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The same, opened."""
    async with Database(database_url) as opened:
        yield opened


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A real MTA; whatever it takes can be read."""
    with running_mail_server() as server:
        yield server


@pytest.fixture
def hlr(tmp_path: Path) -> Iterator[SandboxHlr]:
    """A real osmo-hlr without subscribers, on an address of its own."""
    with running_hlr(tmp_path / "hlr") as running:
        yield running
