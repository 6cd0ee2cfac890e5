"""The operator's commands, typed at a real installation."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.installation import Installation, running_installation
from tests.support.mail import MailServer, running_mail_server


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with running_mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def ringoff(mail: MailServer) -> Iterator[Installation]:
    with running_installation(mail) as one:
        yield one


def test_a_key_that_was_made_opens_the_api_until_it_is_revoked(ringoff: Installation) -> None:
    made = ringoff.answer("key", "create", "--scope", "admin", "--name", "integrator")
    headers = {"Authorization": f"Bearer {made['key']}"}
    with httpx.Client(base_url=ringoff.address, trust_env=False, headers=headers) as client:
        assert client.get("/v1/lines/L-1").json()["line_ref"] == "L-1"
    listed = ringoff.answer("key", "list")["keys"]
    assert [key["name"] for key in listed if key["id"] == made["id"]] == ["integrator"]
    assert made["key"] not in str(listed)
    assert ringoff.type("key", "revoke", made["id"]).returncode == 0
    assert [key["revoked_at"] is not None for key in ringoff.answer("key", "list")["keys"] if key["id"] == made["id"]]


def test_people_are_made_changed_and_let_go(ringoff: Installation) -> None:
    made = ringoff.answer("staff", "add", "lin", "--role", "agent", "--called", "Lin Wei")
    assert "/desk/begin/" in made["link"]
    assert ringoff.type("staff", "add", "lin", "--role", "agent", "--called", "Another").returncode == 4
    assert ringoff.type("staff", "role", "lin", "--role", "senior").returncode == 0
    assert ringoff.type("staff", "disable", "lin").returncode == 0
    (member,) = ringoff.answer("staff", "list")["staff"]
    assert (member["role"], member["begun"], member["disabled_at"] is not None) == ("senior", False, True)
    assert "no longer here" in ringoff.type("staff", "list").stdout
    assert ringoff.type("staff", "link", "lin").returncode == 4
    assert ringoff.type("staff", "enable", "nobody").returncode == 3
    assert ringoff.type("staff", "add", "No Name", "--role", "agent", "--called", "x").returncode == 2


@pytest.mark.parametrize("name", ["L-7", "+819012345678", "+81 90-1234-5678", "iccid:8981100123450000072"])
def test_a_line_is_found_by_any_of_its_names(ringoff: Installation, name: str) -> None:
    assert ringoff.answer("show", name)["line_ref"] == "L-7"


def test_a_watched_line_closes_and_its_holder_is_told_in_their_language(
    ringoff: Installation, mail: MailServer
) -> None:
    done = ringoff.type("cancel", "+52 55 1234 5678", "--reason", "moving abroad", "--watch")
    assert done.returncode == 0, done.stderr
    assert "Closed" in done.stdout and "Network release 1: discharged" in done.stdout
    case = ringoff.answer("show", _number(done.stdout))
    assert (case["state"], case["channel"], case["reason"]) == ("closed", "cli", "moving abroad")
    assert case["requested_by"].startswith("operator:")
    assert [release["state"] for release in case["releases"]] == ["discharged", "discharged"]
    mails = [m for m in mail.messages() if m["Envelope-To"] == "lucia@example.net" and case["id"] in m["Subject"]]
    assert [m for m in mails if "dada de baja" in m["Subject"]]
    assert ringoff.type("cancel", "L-4").returncode == 4


def test_a_case_is_asked_for_once_moved_and_withdrawn(ringoff: Installation) -> None:
    case = ringoff.answer("cancel", "L-7", "--when", "2027-06-30", "--reference", "CRM-7", "--email", "a@example.net")
    assert (case["state"], case["external_reference"]) == ("scheduled", "CRM-7")
    assert ringoff.answer("cancel", "L-7", "--when", "2027-06-30")["id"] == case["id"]
    other = ringoff.type("cancel", "L-7", "--when", "2027-07-01", "--json")
    assert (other.returncode, other.stdout) == (4, "")
    assert '"code": "open_case_other_terms"' in other.stderr
    assert ringoff.answer("reschedule", "L-7", "--when", "2027-08-31")["when"] == "2027-08-31"
    listed = ringoff.answer("list", "--reference", "CRM-7")["cancellations"]
    assert [(one["id"], one["state"]) for one in listed] == [(case["id"], "scheduled")]
    assert ringoff.answer("withdraw", case["id"])["state"] == "withdrawn"


def test_a_list_is_read_page_by_page(ringoff: Installation) -> None:
    for when in ("2027-01-01", "2027-02-01"):
        ringoff.answer("withdraw", ringoff.answer("cancel", "L-7", "--when", when)["id"])
    first = ringoff.answer("list", "--line", "L-7", "--limit", "1")
    second = ringoff.answer("list", "--line", "L-7", "--limit", "1", "--cursor", first["next_cursor"])
    assert [first["cancellations"][0]["when"], second["cancellations"][0]["when"]] == ["2027-02-01", "2027-01-01"]


def test_who_stops_watching_leaves_the_case_going_and_is_told_so(ringoff: Installation) -> None:
    watching = ringoff.start("cancel", "L-7", "--when", "2027-03-31", "--watch", *ringoff.where)
    assert watching.stdout is not None
    first = watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    out, err = watching.communicate(timeout=30)
    assert watching.returncode == 130, err
    assert "it goes on without you" in out
    assert ringoff.answer("show", _number(first))["state"] == "scheduled"
    ringoff.answer("withdraw", _number(first))


def test_a_rules_no_is_told_with_its_reason_and_its_own_exit_code(ringoff: Installation) -> None:
    declined = ringoff.type("cancel", "L-1")
    assert declined.returncode == 5
    assert "Other lines depend on this one" in declined.stdout


def test_a_hold_sends_a_case_to_a_person_who_decides(ringoff: Installation) -> None:
    assert ringoff.type("hold", "L-3", "fraud").returncode == 2
    assert ringoff.answer("hold", "L-3", "fraud", "--why", "case 118") == {
        "line_ref": "L-3",
        "kind": "fraud",
        "stands": True,
    }
    case = ringoff.answer("cancel", "L-3")
    assert case["state"] == "in_review"
    assert ringoff.answer("hold", "L-3", "fraud", "--lift")["stands"] is False
    decided = ringoff.answer("review", case["id"], "--decline", "--why", "forged letter")
    assert (decided["state"], decided["id"]) == ("declined", case["id"])
    again = ringoff.type("review", case["id"], "--approve", "--why", "changed my mind")
    assert (again.returncode, again.stderr) == (4, f"ringoff: Case {case['id']} is declined, not in review.\n")


def test_an_account_closes_line_by_line_and_what_needs_a_person_is_resolved(ringoff: Installation) -> None:
    told = ringoff.answer("cancel", "--account", "A-1003")
    by_line = {line["line_ref"]: line["cancellation"] for line in told["lines"]}
    assert {name: case["state"] for name, case in by_line.items()} == {"L-5": "scheduled", "L-6": "in_review"}
    watched = ringoff.type("show", "L-5", "--watch")
    assert watched.returncode == 0 and "Final bill release 1: needs a person" in watched.stdout
    (owed,) = ringoff.answer("fallout", "list", "--system", "billing")["obligations"]
    assert owed["id"] == f"{by_line['L-5']['id']}.billing.release.1"
    sick = ringoff.type("doctor")
    assert sick.returncode == 1 and "ringoff fallout list --system billing" in sick.stdout
    assert ringoff.type("fallout", "retry", owed["id"]).returncode == 0
    assert ringoff.type("show", "L-5", "--watch").returncode == 0
    resolved = ringoff.answer("fallout", "resolve", owed["id"], "--as", "discharged", "--why", "billed by hand")
    assert resolved["state"] == "discharged"
    assert ringoff.answer("fallout", "list", "--system", "billing")["obligations"] == []


def test_a_bad_row_is_named_and_nothing_is_imported_unless_rejects_take_it(
    ringoff: Installation, tmp_path: Path
) -> None:
    lines, rejects = tmp_path / "lines.csv", tmp_path / "rejects.csv"
    head = "line_ref,msisdn,account_number,plan_code,service\n"
    lines.write_text(head + "L-90,+8613800009090,A-1001,CN-59,voice\nL-91,+86138,A-1001,CN-59,voice\n")
    refused = ringoff.type("import", str(lines))
    assert refused.returncode == 2
    assert "lines.csv, line 3, msisdn" in refused.stderr
    assert ringoff.type("show", "L-90").returncode == 3
    taken = ringoff.type("import", str(lines), "--rejects", str(rejects))
    assert taken.returncode == 0 and "lines.csv, line 3, column msisdn" in taken.stdout
    assert "L-91" in rejects.read_text()
    assert ringoff.answer("show", "L-90")["status"] == "active"


def test_doctor_says_plainly_what_is_a_stand_in_and_that_mail_does_not_answer(ringoff: Installation) -> None:
    told = ringoff.type("doctor", "--json", RINGOFF_MAIL__URL="smtp://127.0.0.1:9")
    assert told.returncode == 1
    assert '"about": "mail"' in told.stdout and "stand-in for trials" in told.stdout
    assert '"ok": false' in told.stdout


def test_a_refusal_is_one_sentence_on_stderr_or_a_problem_and_its_code_tells_its_kind(ringoff: Installation) -> None:
    plain = ringoff.type("show", "nobody")
    assert (plain.returncode, plain.stdout, plain.stderr) == (3, "", "ringoff: There is no such line.\n")
    problem = ringoff.type("show", "nobody", "--json")
    assert problem.returncode == 3 and '"type": "urn:ringoff:problem:line_unknown"' in problem.stderr
    assert ringoff.type("cancel", "L-7", "--when", "someday").returncode == 2
    assert ringoff.type("cancel", "L-7", "--account", "A-1004").returncode == 2
    assert ringoff.type("cancel", "L-7", "--email", "nobody").returncode == 2
    malformed = ringoff.type("cancel", "L-7", "--frobnicate", "--json")
    assert malformed.returncode == 2 and '"code": "usage"' in malformed.stderr


def test_the_installation_is_named_before_or_behind_the_command_or_in_the_environment(ringoff: Installation) -> None:
    before = ringoff.start("--json", *ringoff.where, "show", "L-2")
    out, err = before.communicate(timeout=30)
    assert before.returncode == 0, err
    places = {"RINGOFF_DATA_DIR": ringoff.where[1], "RINGOFF_CONFIG": ringoff.where[3]}
    around = ringoff.start("show", "L-2", "--json", **places)
    assert around.communicate(timeout=30)[0] == out


def test_where_nothing_runs_an_operator_is_told_how_to_start_it(ringoff: Installation, tmp_path: Path) -> None:
    lost = ringoff.start("list", "--data-dir", str(tmp_path))
    err = lost.communicate(timeout=30)[1]
    assert lost.returncode == 7
    assert f"ringoff up --data-dir {tmp_path}" in err
    sick = ringoff.start("doctor", "--data-dir", str(tmp_path))
    out = sick.communicate(timeout=30)[0]
    assert sick.returncode == 1 and "No Ringoff runs" in " ".join(out.split())


def test_everything_fits_eighty_columns(ringoff: Installation) -> None:
    shown = [ringoff.type(*words) for words in (["doctor"], ["list"], ["show", "L-2"], ["key", "list"], ["--help"])]
    assert [line for done in shown for line in done.stdout.splitlines() if len(line) > 80] == []


def _number(text: str) -> str:
    found = re.search(r"C-[0-9A-Z]{4}-[0-9A-Z]{5}", text)
    assert found is not None, text
    return found[0]


def test_a_statement_tells_what_was_billed_and_paid_within_eighty_columns(ringoff: Installation) -> None:
    days = ("--since", "2026-10-02", "--until", "2026-12-31")
    told = ringoff.type("statement", "A-1001", *days)
    assert told.returncode == 0, told.stderr
    rows = told.stdout.splitlines()
    assert max(map(len, rows)) <= 80
    found = [row.split() for row in rows if re.match(r"2026-", row)]
    assert found[-2:] == [
        ["2026-10-09", "payment", "P-1", "-59.00", "0.00"],
        ["2026-11-01", "bill", "B-2026-11-A-1001", "59.00", "59.00"],
    ]
    assert len({row.rindex(".") for row in rows if row.endswith(".00")}) == 1, "amounts stand under each other"
    assert "Deposits held: 100.00 CNY" in told.stdout
    answer = ringoff.answer("statement", "A-1001", *days)
    assert (answer["opening"], answer["closing"], answer["deposits"]) == ({"CNY": 5900}, {"CNY": 5900}, {"CNY": 10000})
    assert ringoff.type("statement", "A-9").returncode == 3
    assert ringoff.type("statement", "A-1001", "--since", "2026-10-02", "--until", "2026-10-01").returncode == 2
