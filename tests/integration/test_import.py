"""Importing the carrier's files: what is taken in, what is refused, and how it is named."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.features import directory, proof
from ringoff.features.directory import Tally
from ringoff.kit.errors import Conflict, InvalidInput
from tests.support.importing import ACCOUNT, NOW, OPERATOR, PLAN, RULES, Carrier, line, problems, save


@pytest.fixture
def carrier(database: Database, tmp_path: Path) -> Carrier:
    return Carrier(database, tmp_path)


async def test_the_samples_are_taken_in_as_they_stand(carrier: Carrier) -> None:
    samples = Path(__file__).parents[2] / "examples" / "import"
    report = await carrier.take(*sorted(samples.glob("*.csv")))
    assert (report.plans, report.accounts, report.lines) == (Tally(5), Tally(4), Tally(7))
    watch = await carrier.line("L-3")
    assert (watch.primary_line_ref, watch.account.holder_name) == ("L-1", "王小明")
    assert (watch.account.locale, watch.account.phone) == ("zh-Hans", "+8613800001001")
    sensor = await carrier.line("+86 10648 1234 5678")
    assert (sensor.service, sensor.plan.monthly_price, sensor.plan.currency) == ("iot", 125, "EUR")
    tokyo = await carrier.line("L-7")
    assert (tokyo.plan.monthly_price, tokyo.account.jurisdiction) == (980, "neutral")
    assert (await carrier.line("L-2")).paid_until == date(2027, 1, 31)


async def test_importing_the_same_files_again_changes_nothing(carrier: Carrier) -> None:
    samples = sorted((Path(__file__).parents[2] / "examples" / "import").glob("*.csv"))
    await carrier.take(*samples)
    report = await carrier.take(*reversed(samples))
    assert (report.plans, report.accounts, report.lines) == (
        Tally(unchanged=5),
        Tally(unchanged=4),
        Tally(unchanged=7),
    )


async def test_an_import_is_recorded_with_who_and_what(carrier: Carrier) -> None:
    await carrier.base(line(1))
    async with carrier.database.transaction() as conn:
        events = [recorded.event for recorded in await proof.timeline(conn, 0)]
    assert [event.type for event in events] == ["directory.imported"] * 2
    assert events[1].actor == OPERATOR
    assert events[1].detail is not None
    assert events[1].detail["lines"]["inserted"] == 1


async def test_a_changed_row_updates_the_line_and_only_that(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2))
    before = await carrier.line("L1")
    report = await carrier.lines(line(1, status="suspended"), line(2))
    assert report.lines == Tally(updated=1, unchanged=1)
    after = await carrier.line("L1")
    assert (after.id, after.status) == (before.id, "suspended")


async def test_excel_files_with_byte_order_mark_and_crlf_are_read(carrier: Carrier) -> None:
    await carrier.base()
    text = ",".join(line(1)) + "\r\n" + ",".join(line(1).values()) + "\r\n\r\n"
    path = carrier.folder / "lines.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert (await carrier.take(path)).lines == Tally(1)


async def test_the_number_serves_where_there_is_no_line_ref(carrier: Carrier) -> None:
    await carrier.base()
    row = {key: value for key, value in line(1).items() if key != "line_ref"}
    await carrier.lines(row)
    assert (await carrier.line("+8613800000001")).line_ref == "+8613800000001"
    row = {**row, "msisdn": "", "service": "data", "imsi": "", "iccid": ""}
    with pytest.raises(InvalidInput) as error:
        await carrier.lines(row)
    assert problems(error) == [("lines.csv", 2, "msisdn")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("account_number", "A9"),
        ("plan_code", "P9"),
        ("primary_line_ref", "L9"),
        ("imsi", "12345"),
        ("status", "closed"),
    ],
)
async def test_a_bad_field_is_named_by_file_line_and_column(carrier: Carrier, column: str, value: str) -> None:
    await carrier.base()
    with pytest.raises(InvalidInput) as error:
        await carrier.lines(line(2), line(1, **{column: value}))
    assert error.value.code == "import_rejected"
    assert problems(error) == [("lines.csv", 3, column)]
    assert f"lines.csv, line 3, column {column}: " in error.value.message
    assert await carrier.count("line") == 0


async def test_two_files_of_one_kind_and_a_missing_file_are_refused(carrier: Carrier) -> None:
    first, second = save(carrier.folder / "a.csv", [PLAN]), save(carrier.folder / "b.csv", [PLAN])
    with pytest.raises(InvalidInput, match="both hold plans"):
        await carrier.take(first, second)
    with pytest.raises(InvalidInput, match="cannot be read"):
        await carrier.take(carrier.folder / "none.csv")
    carrier.rejects = first
    with pytest.raises(InvalidInput, match="one of the files"):
        await carrier.take(first, rejects=True)


async def test_a_line_that_cannot_be_taken_apart_spoils_no_other(carrier: Carrier) -> None:
    path = carrier.folder / "plans.csv"
    good = "P{},Plan,postpaid,1.00,EUR\n"
    bad = [b'P2,"Plan,postpaid,1.00,EUR\n', b"P3,Pl\xe4n,postpaid,1.00,EUR\n", b"P4,Plan\n"]
    content = ",".join(PLAN).encode() + b"\n" + good.format(1).encode() + b"".join(bad) + good.format(5).encode()
    path.write_bytes(content)
    report = await carrier.take(path, rejects=True)
    assert report.plans == Tally(inserted=2, rejected=3)
    assert [(p.line, p.column) for p in report.problems] == [(3, ""), (4, ""), (5, "")]
    assert [word in p.reason for word, p in zip(("quotation", "UTF-8", "2 fields"), report.problems, strict=True)]


async def test_one_bad_row_keeps_all_three_files_out(carrier: Carrier) -> None:
    files = [save(carrier.folder / "plans.csv", [PLAN]), save(carrier.folder / "accounts.csv", [ACCOUNT])]
    lines = save(carrier.folder / "lines.csv", [line(1), line(2, imsi="1")])
    with pytest.raises(InvalidInput):
        await carrier.take(*files, lines)
    assert [await carrier.count(table) for table in ("plan", "account", "line", "event")] == [0, 0, 0, 0]


async def test_rejects_take_the_bad_rows_and_what_hangs_on_them(carrier: Carrier) -> None:
    files = [
        save(carrier.folder / "plans.csv", [PLAN]),
        save(carrier.folder / "accounts.csv", [ACCOUNT, {**ACCOUNT, "account_number": "A2", "kind": "?"}]),
        save(
            carrier.folder / "lines.csv",
            [
                line(1),
                line(2, account_number="A2"),
                line(3, primary_line_ref="L2"),
                line(4, primary_line_ref="L1"),
            ],
        ),
    ]
    report = await carrier.take(*files, rejects=True)
    assert report.accounts == Tally(inserted=1, rejected=1)
    assert report.lines == Tally(inserted=2, rejected=2)
    with carrier.rejects.open(encoding="utf-8", newline="") as file:
        rejected = list(csv.DictReader(file))
    assert [(r["file"], r["line"], r["column"]) for r in rejected] == [
        ("accounts.csv", "3", "kind"),
        ("lines.csv", "3", "account_number"),
        ("lines.csv", "4", "primary_line_ref"),
    ]
    assert rejected[0]["holder_name"] == "王小明"
    assert rejected[1]["line_ref"] == "L2"
    assert rejected[2]["imsi"] == line(3)["imsi"]
    assert all(r["reason"] for r in rejected)


async def test_without_a_bad_row_the_rejects_file_holds_only_its_header(carrier: Carrier) -> None:
    carrier.rejects.write_text("of last week", encoding="utf-8")
    await carrier.base()
    await carrier.lines(line(1), rejects=True)
    assert carrier.rejects.read_text(encoding="utf-8").count("\n") == 1


async def test_only_the_first_twenty_problems_are_told_and_all_are_counted(carrier: Carrier) -> None:
    await carrier.base()
    rows = [line(n, imsi="1") for n in range(1, 51)]
    with pytest.raises(InvalidInput) as error:
        await carrier.lines(*rows)
    assert error.value.details["count"] == 50
    assert len(error.value.details["problems"]) == 20
    report = await carrier.lines(*rows, rejects=True)
    assert (report.rejected, len(report.problems)) == (50, 20)
    assert len(carrier.rejects.read_text(encoding="utf-8").splitlines()) == 51


async def test_a_second_import_at_the_same_time_is_refused(carrier: Carrier) -> None:
    await carrier.base()
    path = save(carrier.folder / "lines.csv", [line(1)])
    options: dict[str, Any] = {"rules": RULES, "actor": OPERATOR, "now": NOW}
    async with carrier.database.transaction() as first, carrier.database.transaction() as second:
        await directory.import_files(first, [path], **options)
        with pytest.raises(Conflict, match="Another import"):
            await directory.import_files(second, [path], **options)


async def test_progress_tells_bytes_and_then_stages(carrier: Carrier) -> None:
    await carrier.base()
    path = save(carrier.folder / "lines.csv", [line(n) for n in range(1, 4001)])
    told: list[tuple[str, int, int]] = []
    async with carrier.database.transaction() as conn:
        await directory.import_files(
            conn, [path], rules=RULES, actor=OPERATOR, now=NOW, progress=lambda *step: told.append(step)
        )
    sizes = [done for what, done, total in told if what == "lines.csv" and total == path.stat().st_size]
    assert sizes == sorted(sizes)
    assert 0 < sizes[0] < sizes[-1] == path.stat().st_size
    assert [what for what, done, total in told if done == total] == ["lines.csv", "lines.csv", "checking", "writing"]


async def test_statistics_are_refreshed_on_request(carrier: Carrier) -> None:
    await carrier.base(line(1))
    async with carrier.database.transaction() as conn:
        await directory.refresh_statistics(conn)
        cursor = await conn.execute("SELECT reltuples FROM pg_class WHERE oid = 'line'::regclass")
        assert await cursor.fetchone() == (1.0,)
