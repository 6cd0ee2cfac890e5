"""Who can sign in to the demo's portal: a few of its holders, all with one password and one code generator.

Anybody else of its holders gets in by "forgot password": the mail lies in the demo's mailbox.
"""

from collections.abc import Sequence
from datetime import timedelta

import pyotp

from ringoff.app import App
from ringoff.features import directory, identity
from ringoff.kit.secrets import Seal, SecretStr
from ringoff.settings import Settings

PASSWORD = "let me leave today"  # noqa: S105  # nobody's: the demo shows it
PIN = "719024"
CODE_SECRET = "LEAVELEAVELEAVELEAVELEAVELEAVE77"  # noqa: S105  # as above; base 32
JURISDICTION = "demo"
RULES = """\
# The neutral rules, but nobody wants to wait a quarter of an hour for a show.
id = "demo"
version = 1
title = "Demo: the neutral rules with shorter waits"
in_force_from = 2020-01-01
extends = "neutral"

[channels.cooling_off]
web = "PT30S"

[sources.channels]
citation = "Own choice, for the demo alone"
confidence = "own"
read_on = 2026-11-23
"""
_LONG_AGO = timedelta(days=30)  # so that nothing counts as changed a short while ago
HAS_LOGIN = "SELECT EXISTS (SELECT FROM login WHERE account_id = %(account_id)s)"


async def enrol(app: App, settings: Settings, account_numbers: Sequence[str]) -> None:
    """Those who have no login yet: in a folder that is kept, what they changed since stays."""
    assert settings.secret is not None  # made by `up`, which runs
    seal, now = Seal(settings.secret), app.database.clock.now()
    async with app.database.transaction() as conn:
        for number in account_numbers:
            account = await directory.get_account(conn, number)
            row = await (await conn.execute(HAS_LOGIN, {"account_id": account.id})).fetchone()
            if row == (False,):
                await identity.seed_login(
                    conn,
                    account.id,
                    SecretStr(PASSWORD),
                    set_at=now - _LONG_AGO,
                    totp_secret=CODE_SECRET,
                    seal=seal,
                    pin=SecretStr(PIN),
                )


def code() -> str:
    """The one-time code of this moment."""
    return pyotp.TOTP(CODE_SECRET).now()
