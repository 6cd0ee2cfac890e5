"""Importing the carrier's files: what is taken in, what is refused and how it is named, and what is never touched."""

import asyncio
import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ringoff.db.pool import Database
from ringoff.features import directory, proof
from ringoff.features.directory import ImportReport, Line, Tally
from ringoff.features.rules import RuleBook
from ringoff.kit.actor import Actor
from ringoff.kit.errors import Conflict, InvalidInput
from ringoff.kit.ids import case_number

RULES = RuleBook.load()
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OPERATOR = Actor("operator:lin", "cli", "127.0.0.1")
PLAN = {"plan_code": "P1", "name": "Plan", "kind": "postpaid", "monthly_price": "19.90", "currency": "CNY"}
ACCOUNT = {"account_number": "A1", "holder_name": "王小明", "kind": "consumer"}
LINE = {
    "line_ref": "L1",
    "msisdn": "+8613800000001",
    "account_number": "A1",
    "plan_code": "P1",
    "service": "voice",
    "imsi": "460000000000001",
    "iccid": "8986000000000000001",
    "primary_line_ref": "",
}
OPEN_CASE = """
INSERT INTO cancellation (line_id, account_id, state, priority, channel, requested_by, when_kind, requested_at,
                          effective_at, ended_at, rule_pack)
SELECT id, account_id, %(state)s, 0, 'api', 'test', 'now', %(now)s, %(now)s,
       CASE WHEN %(state)s IN ('declined', 'withdrawn') THEN %(now)s::timestamptz END, 'neutral@1'
  FROM line WHERE line_ref = %(ref)s RETURNING id
"""


def line(number: int, **different: str) -> dict[str, str]:
    own = {"line_ref": f"L{number}", "msisdn": f"+86138{number:08}", "imsi": f"46000{number:010}"}
    return {**LINE, **own, "iccid": f"8986{number:015}", **different}


def save(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


class Carrier:
    """A carrier's operator at work: writes files into a folder and imports them."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.rejects = folder / "rejects.csv"

    async def take(self, *paths: Path, rejects: bool = False) -> ImportReport:
        async with self.database.transaction() as conn:
            return await directory.import_files(
                conn, paths, rules=RULES, actor=OPERATOR, now=NOW, rejects=self.rejects if rejects else None
            )

    async def lines(self, *rows: Mapping[str, str], rejects: bool = False) -> ImportReport:
        return await self.take(save(self.folder / "lines.csv", rows), rejects=rejects)

    async def base(self, *rows: Mapping[str, str]) -> None:
        """A plan, an account and lines."""
        files = [save(self.folder / "plans.csv", [PLAN]), save(self.folder / "accounts.csv", [ACCOUNT])]
        await self.take(*files)
        if rows:
            await self.lines(*rows)

    async def line(self, ref: str) -> Line:
        async with self.database.transaction() as conn:
            return await directory.get_line(conn, ref)

    async def count(self, table: str) -> int:
        async with self.database.transaction() as conn:
            cursor = await conn.execute(f"SELECT count(*) FROM {table}")  # type: ignore[arg-type]
            row = await cursor.fetchone()
            assert row is not None
            return int(row[0])

    async def open_case(self, ref: str, state: str = "in_review") -> int:
        async with self.database.transaction() as conn:
            cursor = await conn.execute(OPEN_CASE, {"state": state, "now": NOW, "ref": ref})
            row = await cursor.fetchone()
            assert row is not None
            return int(row[0])

    async def somebody_waits(self) -> bool:
        """For a lock that another transaction holds."""
        async with self.database.transaction() as conn:
            cursor = await conn.execute("SELECT FROM pg_locks WHERE NOT granted")
            return await cursor.fetchone() is not None

    async def close(self, ref: str) -> None:
        async with self.database.transaction() as conn:
            await conn.execute("UPDATE line SET status = 'closed', closed_at = %s WHERE line_ref = %s", [NOW, ref])
            await conn.execute("UPDATE account SET closed_at = %s", [NOW])


@pytest.fixture
def carrier(database: Database, tmp_path: Path) -> Carrier:
    return Carrier(database, tmp_path)


def problems(error: pytest.ExceptionInfo[InvalidInput]) -> list[tuple[str, int, str]]:
    return [(p["file"], p["line"], p["column"]) for p in error.value.details["problems"]]


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
    text = ",".join(LINE) + "\r\n" + ",".join(line(1).values()) + "\r\n\r\n"
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


@pytest.mark.parametrize("column", ["line_ref", "msisdn", "imsi", "iccid"])
async def test_a_second_row_with_the_same_identity_is_refused(carrier: Carrier, column: str) -> None:
    await carrier.base()
    with pytest.raises(InvalidInput) as error:
        await carrier.lines(line(1), line(2), line(3, **{column: line(1)[column]}))
    assert problems(error) == [("lines.csv", 4, column)]
    assert "line 2" in error.value.message


@pytest.mark.parametrize("column", ["msisdn", "imsi", "iccid"])
async def test_an_identity_of_another_living_line_is_refused(carrier: Carrier, column: str) -> None:
    await carrier.base(line(1))
    with pytest.raises(InvalidInput) as error:
        await carrier.lines(line(2, **{column: line(1)[column]}))
    assert problems(error) == [("lines.csv", 2, column)]
    assert "L1" in error.value.message


async def test_two_lines_can_swap_their_numbers_and_their_sims(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2), line(3))
    one, two = line(1), line(2)
    swapped = [
        {**one, "msisdn": two["msisdn"], "imsi": two["imsi"]},
        {**two, **{k: one[k] for k in ("msisdn", "imsi")}},
    ]
    report = await carrier.lines(*swapped)
    assert report.lines == Tally(updated=2)
    assert (await carrier.line(one["msisdn"])).line_ref == "L2"
    assert (await carrier.line(f"imsi:{two['imsi']}")).line_ref == "L1"


async def test_numbers_can_move_on_in_a_ring_and_to_a_new_line(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2), line(3))
    numbers = [line(n)["msisdn"] for n in range(1, 5)]
    moved = [line(n, msisdn=numbers[n % 4]) for n in (1, 2, 3)] + [line(4, msisdn=numbers[0])]
    assert (await carrier.lines(*moved)).lines == Tally(inserted=1, updated=3)
    assert [(await carrier.line(number)).line_ref for number in numbers] == ["L4", "L1", "L2", "L3"]


async def test_a_swap_fails_whole_when_one_side_of_it_is_refused(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2), line(3))
    numbers = [line(n)["msisdn"] for n in range(1, 4)]
    rows = [line(n, msisdn=numbers[n % 3]) for n in (1, 2, 3)]
    rows[2]["service"] = "?"
    report = await carrier.lines(*rows, rejects=True)
    assert report.lines == Tally(rejected=3)
    assert [(await carrier.line(number)).line_ref for number in numbers] == ["L1", "L2", "L3"]


async def test_too_many_lines_in_a_chain_are_refused_rather_than_looked_at_for_ever(carrier: Carrier) -> None:
    await carrier.base(*[line(n) for n in range(1, 41)])
    rows = [line(n, msisdn=line(n + 1)["msisdn"]) for n in range(1, 40)] + [line(40, imsi="1")]
    with pytest.raises(InvalidInput) as error:
        await carrier.lines(*rows, rejects=True)
    assert error.value.code == "import_entangled"


async def test_a_line_with_an_open_case_is_never_touched(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2))
    case_id = await carrier.open_case("L1")
    report = await carrier.lines(line(1, msisdn="+8613800000009"), line(2, status="suspended"), rejects=True)
    assert report.lines == Tally(updated=1, conflicts=1)
    [conflict] = report.problems
    assert (conflict.line, conflict.conflict) == (2, True)
    assert case_number(case_id) in conflict.reason
    assert (await carrier.line("L1")).msisdn == line(1)["msisdn"]
    assert "L1" in carrier.rejects.read_text(encoding="utf-8")


async def test_a_conflict_alone_does_not_stop_an_import(carrier: Carrier) -> None:
    await carrier.base(line(1))
    await carrier.open_case("L1")
    assert (await carrier.lines(line(1, status="suspended"), line(2))).lines == Tally(inserted=1, conflicts=1)


async def test_a_case_that_is_just_being_opened_is_waited_for(carrier: Carrier) -> None:
    await carrier.base(line(1))
    async with carrier.database.transaction() as conn:
        await conn.execute(OPEN_CASE, {"state": "in_review", "now": NOW, "ref": "L1"})
        importing = asyncio.create_task(carrier.lines(line(1, status="suspended")))
        while not await carrier.somebody_waits():
            assert not importing.done()
            await asyncio.sleep(0.02)
    assert (await importing).lines == Tally(conflicts=1)


async def test_an_unchanged_row_of_a_line_with_a_case_is_no_conflict(carrier: Carrier) -> None:
    await carrier.base(line(1))
    await carrier.open_case("L1")
    assert (await carrier.lines(line(1))).lines == Tally(unchanged=1)


@pytest.mark.parametrize("state", ["declined", "withdrawn"])
async def test_a_line_that_stayed_after_all_is_updated_again(carrier: Carrier, state: str) -> None:
    await carrier.base(line(1))
    await carrier.open_case("L1", state)
    assert (await carrier.lines(line(1, status="suspended"))).lines == Tally(updated=1)


async def test_the_number_of_a_line_with_a_case_cannot_be_given_to_another(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2))
    await carrier.open_case("L1")
    swapped = [line(1, msisdn=line(2)["msisdn"]), line(2, msisdn=line(1)["msisdn"])]
    report = await carrier.lines(*swapped, rejects=True)
    assert report.lines == Tally(conflicts=1, rejected=1)
    assert (await carrier.line("L2")).msisdn == line(2)["msisdn"]


async def test_a_closed_line_is_never_touched(carrier: Carrier) -> None:
    await carrier.base(line(1))
    await carrier.close("L1")
    report = await carrier.lines(line(1))
    assert report.lines == Tally(conflicts=1)
    assert (await carrier.line("L1")).status == "closed"


async def test_a_recycled_number_is_a_new_line_that_inherits_nothing(carrier: Carrier) -> None:
    await carrier.base(line(1))
    old = await carrier.line("L1")
    await carrier.close("L1")
    report = await carrier.lines(line(2, msisdn=line(1)["msisdn"], imsi=line(1)["imsi"], iccid=line(1)["iccid"]))
    assert report.lines == Tally(inserted=1)
    new = await carrier.line(line(1)["msisdn"])
    assert (new.line_ref, new.status) == ("L2", "active")
    assert new.id != old.id
    kept = await carrier.line("L1")
    assert (kept.status, kept.msisdn, kept.id) == ("closed", old.msisdn, old.id)


async def test_an_account_that_gets_a_new_line_lives_again(carrier: Carrier) -> None:
    await carrier.base(line(1))
    await carrier.close("L1")
    assert (await carrier.line("L1")).account.closed_at is not None
    await carrier.lines(line(2))
    assert (await carrier.line("L2")).account.closed_at is None


async def test_a_secondary_line_has_a_primary_that_depends_on_none(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2, primary_line_ref="L1"))
    for row, column in (
        (line(3, primary_line_ref="L2"), "primary_line_ref"),  # L2 depends already
        (line(1, primary_line_ref="L2"), "primary_line_ref"),
    ):
        with pytest.raises(InvalidInput) as error:
            await carrier.lines(row)
        assert problems(error) == [("lines.csv", 2, column)]
    with pytest.raises(InvalidInput) as error:  # L2 depends on L1, so L1 cannot depend on a third
        await carrier.lines(line(3), line(1, primary_line_ref="L3"))
    assert problems(error) == [("lines.csv", 3, "primary_line_ref")]


async def test_primary_and_secondary_can_change_places_in_one_import(carrier: Carrier) -> None:
    await carrier.base(line(1), line(2, primary_line_ref="L1"))
    report = await carrier.lines(line(2), line(1, primary_line_ref="L2"))
    assert report.lines == Tally(updated=2)
    assert ((await carrier.line("L1")).primary_line_ref, (await carrier.line("L2")).primary_line_ref) == ("L2", None)


async def test_an_existing_line_can_come_to_depend_on_a_new_one(carrier: Carrier) -> None:
    await carrier.base(line(1))
    report = await carrier.lines(line(1, primary_line_ref="L2"), line(2))
    assert report.lines == Tally(inserted=1, updated=1)
    assert (await carrier.line("L1")).primary_line_ref == "L2"


async def test_a_line_cannot_depend_on_one_that_is_closed(carrier: Carrier) -> None:
    await carrier.base(line(1))
    await carrier.close("L1")
    with pytest.raises(InvalidInput, match="closed"):
        await carrier.lines(line(2, primary_line_ref="L1"))


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
