"""The columns of an import's files: who the customers are and what they hold. Those of the money: money_columns.py."""

from collections.abc import Mapping
from functools import lru_cache
from typing import get_args

from ringoff.features.directory import checks, money_columns
from ringoff.features.directory.layout import BadRow, Column, Layout, amount
from ringoff.features.directory.model import BindingKind, FileKind
from ringoff.kit import sim
from ringoff.kit.msisdn import Numbering


def layouts(numbering: Numbering) -> Mapping[FileKind, Layout]:
    """In the order in which the files are imported."""
    own = (_plans(), _accounts(numbering), _lines(numbering), money_columns.bills(), _bindings())
    return {layout.kind: layout for layout in (*own, *money_columns.layouts())}


def _plans() -> Layout:
    def finish(values: list[str]) -> list[str]:
        values[3] = amount("monthly_price", values[3], values[4])
        return values

    columns = (
        Column("plan_code", checks.reference, required=True),
        Column("name", checks.short_text, required=True),
        Column("kind", checks.one_of("prepaid", "postpaid"), required=True),
        Column("monthly_price", checks.short_text, required=True),
        Column("currency", checks.currency, required=True),
        Column("proration", checks.one_of("none", "daily", "to_period_end"), default="none"),
        Column("billed", checks.one_of("advance", "arrears"), default="advance"),
    )
    return Layout("plans", columns, finish)


def _accounts(numbering: Numbering) -> Layout:
    columns = (
        Column("account_number", checks.reference, required=True),
        Column("holder_name", checks.short_text, required=True),
        Column("kind", checks.one_of("consumer", "business"), required=True),
        Column("email", checks.email),
        Column("phone", numbering.parse),
        Column("locale", checks.locale, default="en"),
        Column("time_zone", checks.time_zone, default="UTC"),
        Column("jurisdiction", checks.jurisdiction, default="neutral"),
        Column("bill_cycle_day", checks.day_of_month),
    )
    return Layout("accounts", columns)


def _lines(numbering: Numbering) -> Layout:
    def finish(values: list[str]) -> list[str]:
        if not values[1] and values[4] == "voice":
            raise BadRow("msisdn", "A voice line has a number; only data and iot lines may be without.")
        if values[12] and values[12] == values[0]:
            raise BadRow("primary_line_ref", "A line cannot depend on itself.")
        return values

    several = lru_cache(maxsize=65_536)  # accounts and plans repeat from row to row
    columns = (
        Column("line_ref", checks.line_ref, required=True),
        Column("msisdn", numbering.parse),
        Column("account_number", several(checks.reference), required=True),
        Column("plan_code", several(checks.reference), required=True),
        Column("service", checks.one_of("voice", "data", "iot"), required=True),
        Column("imsi", sim.imsi),
        Column("iccid", sim.iccid),
        Column("eid", sim.eid),
        Column("imei", sim.imei),
        Column("status", checks.one_of("active", "suspended"), default="active"),
        Column("activated_on", checks.day),
        Column("paid_until", checks.day),
        Column("primary_line_ref", checks.reference),
    )
    return Layout("lines", columns, finish)


def _bindings() -> Layout:
    columns = (
        Column("line_ref", checks.line_ref, required=True),
        Column("kind", checks.one_of(*get_args(BindingKind)), required=True),
        Column("name", checks.short_text, required=True),
        Column("detail", checks.short_text),
        Column("removable", checks.yes_or_no, default="no"),
    )
    return Layout("bindings", columns)
