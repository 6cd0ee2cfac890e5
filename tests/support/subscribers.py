"""People with lines and a way to sign in: each test has its own, so that none meets another's case."""

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import LiteralString

import pyotp

from ringoff.db.pool import Database
from ringoff.features import identity
from ringoff.kit.secrets import Seal, SecretStr

PASSWORD = "correct horse battery staple"
_COUNT = itertools.count(1)
_HOMES = {
    "en": ("Grace Okafor", "grace", "en-GB", "Europe/London", "+447700900"),
    "zh-Hans": ("王小雨", "xiaoyu", "zh-CN", "Asia/Shanghai", "+8619000000"),
    "es": ("Lucía Ortega", "lucia", "es-ES", "Europe/Madrid", "+34600000"),
}

_BINDINGS = {
    "en": [
        ("instalments", "Phone 13", "4 instalments of €19.90 are left", False),
        ("linked_app", "Video Plus", "paid with this number", True),
        ("voicemail", "Voicemail", "3 messages", False),
    ],
    "zh-Hans": [
        ("instalments", "Phone 13", "还剩 4 期，每期 €19.90", False),
        ("linked_app", "Video Plus", "会员随号码计费", True),
        ("voicemail", "语音信箱", "3 条留言", False),
    ],
    "es": [
        ("instalments", "Phone 13", "quedan 4 plazos de 19,90 €", False),
        ("linked_app", "Video Plus", "se paga con este número", True),
        ("voicemail", "Buzón de voz", "3 mensajes", False),
    ],
}
_BILLS: LiteralString = (
    "INSERT INTO bill (account_id, bill_number, issued_on, due_on, amount, open_amount, currency, pay_url, document) "
    "VALUES (%(account)s, 'B-2026-10', '2026-10-01', '2026-10-15', 2000, 0, 'EUR', NULL, %(pdf)s), "
    "(%(account)s, 'B-2026-11', '2026-11-01', '2026-12-15', 2000, 2000, 'EUR', 'https://pay.example.net/11', NULL)"
)
# The month that B-2026-11 bills has begun a week ago, wherever the account lives; and what was paid when they came.
_MONEY: tuple[LiteralString, ...] = (
    "UPDATE plan SET proration = 'daily' WHERE plan_code = 'J'",
    "INSERT INTO bill_item SELECT l.account_id, 'B-2026-11', 1, l.id, 'recurring', 'Journey 20', d.today - 7, "
    "d.today + 23, 1681, 319, 'VAT 19 %%' FROM line l JOIN account a ON a.id = l.account_id, "
    "LATERAL (SELECT (%(now)s AT TIME ZONE a.time_zone)::date AS today) d WHERE l.line_ref = %(line)s",
    "INSERT INTO deposit (account_id, deposit_ref, taken_on, amount, currency) "
    "VALUES (%(account)s, 'D-1', '2024-01-01', 2500, 'EUR')",
)
_BIND: LiteralString = (
    "INSERT INTO binding (line_id, kind, name, detail, removable) "
    "SELECT id, %s, %s, %s, %s FROM line WHERE line_ref = %s"
)


@dataclass(frozen=True, slots=True)
class Subscriber:
    account_id: int
    account_number: str
    email: str
    language: str
    voice: str
    data: str
    totp: pyotp.TOTP | None
    password: str = PASSWORD


async def make_subscriber(
    database: Database, seal: Seal, language: str = "en", *, totp: bool = True, enrolled: bool = True
) -> Subscriber:
    """A consumer with a voice line and a data line, enrolled a month ago, or never."""
    n = next(_COUNT)
    name, first, locale, zone, numbers = _HOMES[language]
    number, email = f"A-{4170 + n}", f"{first}{n}@example.net"
    secret = pyotp.random_base32() if totp else None
    async with database.transaction() as conn:
        now = database.clock.now()
        await conn.execute(
            "INSERT INTO plan VALUES ('J', 'Journey 20', 'postpaid', 2000, 'EUR') ON CONFLICT DO NOTHING",
        )
        row = await (
            await conn.execute(
                "INSERT INTO account (account_number, holder_name, kind, email, locale, time_zone, jurisdiction) "
                "VALUES (%s, %s, 'consumer', %s, %s, %s, 'neutral') RETURNING id",
                [number, name, email, locale, zone],
            )
        ).fetchone()
        assert row is not None
        for suffix, service, msisdn in (("V", "voice", f"{numbers}{n:03}"), ("D", "data", None)):
            await conn.execute(
                "INSERT INTO line (line_ref, msisdn, account_id, plan_code, service, imsi, iccid, imei, status, "
                "activated_on, paid_until) VALUES (%s, %s, %s, 'J', %s, %s, %s, '356868000041418', 'active', "
                "'2024-01-01', %s)",
                [
                    f"{number}-{suffix}",
                    msisdn,
                    row[0],
                    service,
                    f"00101{n:04}{ord(suffix):06}",
                    f"8944{n:08}{ord(suffix):07}",
                    (now + timedelta(days=20)).date(),
                ],
            )
        if enrolled:
            set_at = now - timedelta(days=30)
            await identity.seed_login(conn, row[0], SecretStr(PASSWORD), set_at=set_at, totp_secret=secret, seal=seal)
    made = pyotp.TOTP(secret) if secret else None
    return Subscriber(row[0], number, email, language, f"{number}-V", f"{number}-D", made)


async def furnish(database: Database, who: Subscriber) -> None:
    """With bills, and with things that hang on the line."""
    async with database.transaction() as conn:
        await conn.execute(_BILLS, {"account": who.account_id, "pdf": b"%PDF-1.7 a bill"})
        for statement in _MONEY:
            await conn.execute(statement, {"account": who.account_id, "line": who.voice, "now": database.clock.now()})
        for binding in _BINDINGS[who.language]:
            await conn.execute(_BIND, [*binding, who.voice])
