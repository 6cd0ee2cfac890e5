"""What the documentation names exists, and what exists is named."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from ringoff.connectors.osmo_hlr.options import Options as OsmoHlr
from ringoff.connectors.smtp.options import Options as Smtp
from ringoff.connectors.stripe.options import Options as Stripe
from ringoff.connectors.twin.options import Options as Twin
from ringoff.connectors.webhook.options import Options as Webhook
from ringoff.features.directory.columns import layouts
from ringoff.features.rules import RuleBook
from ringoff.kit.msisdn import Numbering
from ringoff.settings import (
    BillingSettings,
    CarrierSettings,
    DatabaseSettings,
    DeskSettings,
    HotlineSettings,
    OpenIdSettings,
    PaceSettings,
    PortalSettings,
    Settings,
    SystemSettings,
)

ROOT = Path(__file__).parents[2]
PAGES = sorted(page for folder in ("docs", "src", "examples", "bench") for page in (ROOT / folder).rglob("*.md"))
PAGES += [ROOT / "README.md", ROOT / "ARCHITECTURE.md"]
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
SECTIONS = {
    "config",
    "database",
    "carrier",
    "portal",
    "billing",
    "desk",
    "openid",
    "hotline",
    "mail",
    "sms",
    "payments",
    "systems",
    "pace",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def prefixed(prefix: str, names: Iterable[str]) -> set[str]:
    return {f"{prefix}{name}" for name in names}


def test_the_reference_names_every_setting_and_no_other() -> None:
    rows = re.findall(r"^\| (`.+?) \|", (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8"), re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`([a-z_.]+)`", row)}
    assert told == (
        (set(Settings.model_fields) - SECTIONS)
        | prefixed("database.", DatabaseSettings.model_fields)
        | prefixed("carrier.", CarrierSettings.model_fields)
        | prefixed("portal.", PortalSettings.model_fields)
        | prefixed("billing.", BillingSettings.model_fields)
        | prefixed("desk.", DeskSettings.model_fields)
        | prefixed("openid.", OpenIdSettings.model_fields)
        | prefixed("hotline.", HotlineSettings.model_fields)
        | prefixed("mail.", Smtp.model_fields)
        | {"sms.connector", "payments.connector"}
        | set(SystemSettings.model_fields)
        | set(OsmoHlr.model_fields)
        | set(Webhook.model_fields)
        | set(Stripe.model_fields)
        | set(Twin.model_fields)
        | set(PaceSettings.__annotations__)
    )


def test_the_reference_names_every_column_of_an_import_and_which_are_required() -> None:
    page = (ROOT / "docs/reference/import.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| ([a-z_]+) \| (.*`.*) \|$", page, re.MULTILINE))
    known = layouts(Numbering(RuleBook.load().number_plans))
    assert told.keys() == known.keys()
    for kind, layout in known.items():
        assert re.findall(r"`([a-z_]+)`", told[kind]) == layout.names, kind
        assert set(re.findall(r"\*\*`([a-z_]+)`\*\*", told[kind])) == layout.required, kind
