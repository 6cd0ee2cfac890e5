"""The demo's carrier: 200 accounts in three languages, and their lines. The same people every time.

Nobody is real. British numbers are Ofcom's for drama (07700 900000 to 900999); Spain and China keep none free for
that, so theirs are written with zeros that no operator gives out. The IMSIs belong to the test network 001-01.
"""

import csv
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from ringoff.surfaces.demo import belongings
from ringoff.surfaces.demo.subscribers import JURISDICTION

Tongue = Literal["en", "zh", "es"]
ACCOUNTS: Mapping[Tongue, int] = {"zh": 70, "es": 65, "en": 65}

_NAMES: Mapping[Tongue, tuple[str, str]] = {
    "en": (
        "Grace Oliver Amelia Isaac Priya Callum Freya Marcus Niamh Desmond Harriet Tariq Rosalind Ewan Bronwen",
        "Okafor Whitcombe Patel Llewellyn Ashdown Murray Beaumont Rahman Thornley Osei Pritchard Lindqvist Carver",
    ),
    "es": (
        "Lucía Mateo Valentina Joaquín Carmen Íñigo Rocío Andrés Itziar Gonzalo Noelia Emilio Pilar Ximena Tomás",
        "Fernández Ortega Muñoz Echeverría Salgado Quintana Ibáñez Peñalver Robles Vidal Zamora Núñez Carrasco",
    ),
    "zh": (
        "小雨 建国 思远 晓梅 子涵 文博 雅琴 志强 若曦 海燕 明轩 佳怡 振华 雪莹 天佑",
        "林 王 陈 赵 黄 周 欧阳 徐 孙 胡 郭 何 高",
    ),
}
_BUSINESSES: Mapping[Tongue, str] = {
    "en": "Harbour Meters Ltd|Northgate Couriers|Fenland Sensors Ltd",
    "es": "Riegos del Ebro S.L.|Mensajería Alborada|Contadores Levante S.A.",
    "zh": "云杉物联科技|海河冷链物流|江南智能水表",
}
_PLACES: Mapping[Tongue, tuple[str, str]] = {
    "en": ("en-GB", "Europe/London"),
    "es": ("es-ES", "Europe/Madrid"),
    "zh": ("zh-CN", "Asia/Shanghai"),
}
_PLANS: Mapping[Tongue, tuple[str, str, str, str]] = {
    # currency, then what a voice, a data and an iot line cost
    "en": ("GBP", "14.00", "9.00", "1.20"),
    "es": ("EUR", "15.90", "8.50", "1.10"),
    "zh": ("CNY", "59.00", "29.00", "3.00"),
}
_PLAN_NAMES: Mapping[Tongue, tuple[str, str, str]] = {
    "en": ("Everyday 14", "Data SIM 20 GB", "Sensor 1 MB"),
    "es": ("Cada Día 15", "SIM de datos 20 GB", "Sensor 1 MB"),
    "zh": ("畅享 59", "上网卡 20 GB", "物联网 1 MB"),
}
_SERVICES = ("voice", "data", "iot")
_OWING_EVERY = 3  # account
_STARS = 2 * len(ACCOUNTS)
"""The first accounts: one of each language whose line the show closes, then one of each who can sign in."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One account's row, and the rows of its lines and of what hangs on them."""

    account: dict[str, str]
    lines: list[dict[str, str]] = field(default_factory=list)
    bills: list[dict[str, str]] = field(default_factory=list)
    bindings: list[dict[str, str]] = field(default_factory=list)
    items: list[dict[str, str]] = field(default_factory=list)
    payments: list[dict[str, str]] = field(default_factory=list)
    instalments: list[dict[str, str]] = field(default_factory=list)


class Carrier:
    """`write` leaves what `ringoff import` takes: plans, accounts, lines, bills and what is known of their money."""

    def __init__(self, today: date | None = None) -> None:
        self._today = today or date.today()
        self._chance = random.Random(2029)
        self._lines = 0
        self.holdings = list(self._make())

    @property
    def lines(self) -> list[dict[str, str]]:
        return [line for holding in self.holdings for line in holding.lines]

    @property
    def subscribers(self) -> list[Holding]:
        """Those who can sign in, one a language."""
        return self.holdings[len(ACCOUNTS) : _STARS]

    def write(self, folder: Path) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        tables = {
            "plans.csv": list(_plans()),
            "accounts.csv": [holding.account for holding in self.holdings],
            "lines.csv": self.lines,
            "bills.csv": [bill for holding in self.holdings for bill in holding.bills],
            "bindings.csv": [binding for holding in self.holdings for binding in holding.bindings],
            "bill_items.csv": [item for holding in self.holdings for item in holding.items],
            "payments.csv": [payment for holding in self.holdings for payment in holding.payments],
            "instalment_plans.csv": [plan for holding in self.holdings for plan in holding.instalments],
        }
        belongings.write_documents(folder, tables["bills.csv"])
        for name, rows in tables.items():
            with (folder / name).open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
                writer.writeheader()
                writer.writerows(rows)
        return [folder / name for name in tables]

    def _make(self) -> Iterator[Holding]:
        """The stars first, who each have a number and a data SIM."""
        tongues: list[Tongue] = [tongue for tongue, count in ACCOUNTS.items() for _ in range(count - 2)]
        self._chance.shuffle(tongues)
        for number, tongue in enumerate([*ACCOUNTS, *ACCOUNTS, *tongues], 1):
            star = number <= _STARS
            business = not star and self._chance.random() < 0.06
            holding = Holding(self._account(number, tongue, business=business, star=star))
            self._add_lines(holding, tongue, business=business, star=star)
            currency, price, *_others = _PLANS[tongue]
            account = holding.account["account_number"]
            owes = star or number % _OWING_EVERY == 0
            holding.bills.extend(belongings.bills(account, price, currency, self._today, owes=owes))
            holding.items.extend(belongings.items(holding.bills, holding.lines[0], _PLAN_NAMES[tongue][0]))
            holding.payments.extend(belongings.payments(holding.bills))
            if star:
                holding.instalments.append(belongings.instalments(holding.lines[0], currency))
            holding.bindings.extend(belongings.bindings(holding.lines, currency, everything=star))
            yield holding

    def _account(self, number: int, tongue: Tongue, *, business: bool, star: bool) -> dict[str, str]:
        locale, zone = _PLACES[tongue]
        pick = (lambda words: words[(number - 1) // len(ACCOUNTS)]) if star else self._chance.choice
        if business:
            name = self._chance.choice(_BUSINESSES[tongue].split("|"))
        else:
            given, family = (pick(part.split()) for part in _NAMES[tongue])
            name = f"{family}{given}" if tongue == "zh" else f"{given} {family}"
        silent = not star and self._chance.random() < 0.03
        return {
            "account_number": f"A-{1000 + number}",
            "holder_name": name,
            "kind": "business" if business else "consumer",
            "email": "" if silent else f"holder-{1000 + number}@example.net",
            "locale": locale,
            "time_zone": zone,
            "jurisdiction": JURISDICTION,
            "bill_cycle_day": "1",
        }

    def _add_lines(self, holding: Holding, tongue: Tongue, *, business: bool, star: bool) -> None:
        services = ["voice", "data"] if star else ["voice"]
        if business:
            services = ["voice", *["iot"] * self._chance.randint(3, 6)]
        elif not star:
            services += self._chance.choices(["", "voice", "data", "watch"], [5, 2, 3, 2], k=2)
        for service in filter(None, services):
            line = self._line(holding.account["account_number"], tongue, "data" if service == "watch" else service)
            if service == "watch":
                line["primary_line_ref"] = holding.lines[0]["line_ref"]
            holding.lines.append(line)

    def _line(self, account: str, tongue: Tongue, service: str) -> dict[str, str]:
        self._lines += 1
        serial = self._lines
        return {
            "line_ref": f"L-{serial:04}",
            "msisdn": _number(tongue, service, serial),
            "account_number": account,
            "plan_code": f"{tongue.upper()}-{service.upper()}",
            "service": service,
            "imsi": f"00101{serial:010}",
            "iccid": _iccid(tongue, serial),
            "imei": _imei(serial),
            "status": "suspended" if serial > _STARS * 2 and self._chance.random() < 0.02 else "active",
            "activated_on": f"20{self._chance.randint(18, 25)}-{self._chance.randint(1, 12):02}-15",
            "primary_line_ref": "",
        }


def _plans() -> Iterator[dict[str, str]]:
    for tongue, (currency, *prices) in _PLANS.items():
        for service, name, price in zip(_SERVICES, _PLAN_NAMES[tongue], prices, strict=True):
            yield {
                "plan_code": f"{tongue.upper()}-{service.upper()}",
                "name": name,
                "kind": "prepaid" if service == "data" else "postpaid",
                "monthly_price": price,
                "currency": currency,
                "proration": "daily",
                "billed": "advance",
            }


def _number(tongue: Tongue, service: str, serial: int) -> str:
    """Data SIMs have none; China's IoT numbers have 13 digits."""
    if service == "data":
        return ""
    match tongue:
        case "en":
            return f"+447700900{serial % 1000:03}"
        case "es":
            return f"+34600000{serial:03}"
        case "zh":
            return f"+8610648{serial:08}" if service == "iot" else f"+861900000{serial:04}"


def _iccid(tongue: Tongue, serial: int) -> str:
    country = {"en": "44", "es": "34", "zh": "86"}[tongue]
    return _checked(f"89{country}99{serial:013}")


def _imei(serial: int) -> str:
    """Of a type that is set aside for tests (GSMA TS.06)."""
    return _checked(f"00101301{serial:06}")


def _checked(bare: str) -> str:
    """With its Luhn check digit."""
    doubled = [int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(bare))]
    check = -sum(value - 9 if value > 9 else value for value in doubled) % 10
    return f"{bare}{check}"
