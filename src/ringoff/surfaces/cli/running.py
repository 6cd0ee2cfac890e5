"""The installation that a command is for: its settings, its database, its App."""

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from ringoff.app import App, build
from ringoff.db.pool import Database
from ringoff.kit import log
from ringoff.kit.actor import Actor
from ringoff.settings import CONFIG_NAME, Settings
from ringoff.surfaces.cli.command import Place
from ringoff.surfaces.up import database_url

_SESSION = {"lock_timeout": "10s", "statement_timeout": "30s"}
_CONNECT_LIMIT = 5  # seconds


def load(place: Place) -> Settings:
    """The settings meant by the command line, else by the environment; a data folder may hold its own ringoff.toml."""
    settings = Settings.load(place.config, place.data_dir)
    own = settings.data_dir / CONFIG_NAME
    if settings.config is None and own.is_file():
        settings = Settings.load(own, settings.data_dir)
    return settings


def operator() -> Actor:
    """Whom the audit log names: the account that types."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = "unknown"  # an id without an account, as in some containers
    return Actor(f"operator:{name}", "cli")


@asynccontextmanager
async def installation(place: Place, *, unlimited: bool = False) -> AsyncIterator[App]:
    """The App of the running installation. It registers nothing: what the running processes decided stays.

    `unlimited`: for an import, which may take minutes. Raises Unavailable where nothing runs.
    """
    log.set_up("warning", "auto")
    settings = load(place)
    async with installed(settings, database_url(settings), unlimited=unlimited) as app:
        yield app


@asynccontextmanager
async def installed(settings: Settings, url: str, *, unlimited: bool = False) -> AsyncIterator[App]:
    probe = await psycopg.AsyncConnection.connect(url, connect_timeout=_CONNECT_LIMIT)  # a pool would wait much longer
    await probe.close()
    app = build(settings, Database(url, size=3, session=None if unlimited else _SESSION))
    try:
        await app.database.open()
        yield app
    finally:
        await app.close()
