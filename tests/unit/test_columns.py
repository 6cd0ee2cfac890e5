"""What the columns of an import may hold, and how its files are recognised and taken apart."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ringoff.features.directory.columns import layouts
from ringoff.features.directory.layout import BadRow, RowReader
from ringoff.features.directory.model import FileKind
from ringoff.features.directory.reading import recognise
from ringoff.features.rules import RuleBook
from ringoff.kit.errors import InvalidInput
from ringoff.kit.msisdn import Numbering

LAYOUTS = layouts(Numbering(RuleBook.load().number_plans))
GOOD: Mapping[FileKind, Mapping[str, str]] = {
    "plans": {"plan_code": "P1", "name": "Plan", "kind": "postpaid", "monthly_price": "19.90", "currency": "CNY"},
    "accounts": {"account_number": "A1", "holder_name": "王小明", "kind": "consumer"},
    "lines": {
        "line_ref": "L1",
        "msisdn": "+8613800000001",
        "account_number": "A1",
        "plan_code": "P1",
        "service": "voice",
    },
}


def read(kind: FileKind, /, **different: str) -> dict[str, str]:
    row = {**GOOD[kind], **different}
    values = RowReader(LAYOUTS[kind], list(row)).read(list(row.values()))
    return dict(zip(LAYOUTS[kind].names, values, strict=True))


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        ("plans", "plan_code", ""),
        ("plans", "name", "a\tb"),
        ("plans", "kind", "free"),
        ("plans", "monthly_price", "1,50"),
        ("plans", "monthly_price", "1.999"),
        ("plans", "monthly_price", ""),
        ("plans", "currency", "RMB"),
        ("accounts", "account_number", ""),
        ("accounts", "holder_name", ""),
        ("accounts", "holder_name", "x" * 201),
        ("accounts", "holder_name", "a\x1fb"),
        ("accounts", "kind", "person"),
        ("accounts", "email", "nobody"),
        ("accounts", "email", "a@b,c@d"),
        ("accounts", "phone", "030 901820"),
        ("accounts", "locale", "Chinese, please"),
        ("accounts", "time_zone", "Beijing"),
        ("accounts", "jurisdiction", "?"),
        ("accounts", "bill_cycle_day", "32"),
        ("accounts", "bill_cycle_day", "0"),
        ("accounts", "bill_cycle_day", "first"),
        ("accounts", "bill_cycle_day", "²"),
        ("lines", "line_ref", ""),
        ("lines", "line_ref", "two words"),
        ("lines", "line_ref", "a/b"),
        ("lines", "line_ref", "a\\b"),
        ("lines", "line_ref", "IMSI:8986"),
        ("lines", "line_ref", "iccid:8986"),
        ("lines", "line_ref", "x" * 81),
        ("lines", "msisdn", "13800000001"),
        ("lines", "msisdn", "+861380000000100"),
        ("lines", "msisdn", "+86138\x1f00000001"),
        ("lines", "msisdn", ""),
        ("lines", "account_number", ""),
        ("lines", "service", "fax"),
        ("lines", "imsi", "12345"),
        ("lines", "iccid", "8944000000000000"),
        ("lines", "iccid", "89014103211118510721"),
        ("lines", "eid", "89049032000000000000000000004238"),
        ("lines", "imei", "356868000041419"),
        ("lines", "status", "closed"),
        ("lines", "activated_on", "2026-02-30"),
        ("lines", "activated_on", "20260228"),
        ("lines", "paid_until", "31.12.2026"),
        ("lines", "primary_line_ref", "L1"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_columns_name(kind: FileKind, column: str, value: str) -> None:
    with pytest.raises(BadRow) as caught:
        read(kind, **{column: value})
    assert caught.value.column == column
    assert caught.value.reason.endswith(".")


@pytest.mark.parametrize(
    ("kind", "column", "value", "kept"),
    [
        ("plans", "monthly_price", " 19.90 ", "1990"),
        ("plans", "name", 'C:\\"quoted", 全家', 'C:\\"quoted", 全家'),
        ("accounts", "email", "li+ringoff@mail.example", "li+ringoff@mail.example"),
        ("accounts", "phone", "+49 (30) 901820", "+4930901820"),
        ("accounts", "locale", "zh_CN.UTF-8", "zh-Hans"),
        ("accounts", "locale", "es-MX", "es"),
        ("accounts", "locale", "de", "en"),
        ("accounts", "locale", "", "en"),
        ("accounts", "time_zone", "", "UTC"),
        ("accounts", "jurisdiction", "US-CA", "us-ca"),
        ("accounts", "jurisdiction", "", "neutral"),
        ("accounts", "bill_cycle_day", "07", "7"),
        ("lines", "msisdn", "0086 138 0000 0001", "+8613800000001"),
        ("lines", "msisdn", "+8610648 1234 5678", "+861064812345678"),
        ("lines", "iccid", "8901 4103 2111 1851 0720", "89014103211118510720"),
        ("lines", "status", "", "active"),
        ("lines", "activated_on", "2024-02-29", "2024-02-29"),
        ("lines", "primary_line_ref", "L2", "L2"),
    ],
)
def test_a_value_is_kept_in_one_spelling(kind: FileKind, column: str, value: str, kept: str) -> None:
    assert read(kind, **{column: value})[column] == kept


def test_only_a_voice_line_needs_a_number() -> None:
    assert read("lines", service="data", msisdn="")["msisdn"] == ""
    assert read("lines", service="iot", msisdn="")["msisdn"] == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"plan_code;name;kind;monthly_price;currency\n", "separated by commas"),
        (b"plan_code,name,kind,monthly_price,currency,colour\n", "unknown column colour"),
        (b"plan_code,name,kind,monthly_price\n", "lacks the column currency"),
        (b"plan_code,name,name,kind,monthly_price,currency\n", "column name is there twice"),
        (b"a,b,c\n", "names no column"),
        (b"account_number,plan_code,service\n", "lacks the column msisdn"),
        ("plan_code,name,kind".encode("utf-16"), "not UTF-8"),
        (b"x" * 70_000, "longer than"),
    ],
)
def test_an_unfit_file_is_refused_as_a_whole(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message):
        recognise(path, LAYOUTS)


def test_rows_keep_their_line_numbers_over_empty_lines_and_quotes(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(
        b'\xef\xbb\xbfplan_code,name,kind,monthly_price,currency\r\n\r\nP1,"a, ""b""",x,1,EUR\r\nP2,"a\r\n'
    )
    source = recognise(path, LAYOUTS)
    rows = list(source.rows())
    assert source.kind == "plans"
    assert [(row.number, row.fields) for row in rows] == [(3, ["P1", 'a, "b"', "x", "1", "EUR"]), (4, None)]
    assert rows[-1].done == source.size == path.stat().st_size
