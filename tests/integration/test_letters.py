"""Letters about an account: owed with what they tell of, written out when they leave, their links forgotten after."""

import re
from datetime import timedelta

import pytest

from ringoff.app import build
from ringoff.db.pool import Database
from ringoff.features import cancellation, letters
from ringoff.features.cancellation import ObligationId
from ringoff.features.letters import LETTERS, Letter, LetterKind, Reader
from ringoff.kit.errors import Conflict, NotFound, Unavailable
from ringoff.kit.i18n import LANGUAGES
from ringoff.kit.ids import FIRST_LETTER, parse_subject_number, subject_number
from ringoff.kit.secrets import SecretStr
from ringoff.settings import Settings
from ringoff.surfaces.answers import CaseObligation
from ringoff.surfaces.worker import Worker
from tests.support.mail import MailServer
from tests.support.world import CARRIER, INTERACTIVE, NOW, World, turned

SECRET = "a secret of the tests"
LINK = SecretStr("https://out.test/password/aB3-_x")
RESET = Letter("reset", "holder@example.net", "en", {"at": NOW.isoformat()}, LINK)
EVERYTHING = {
    "at": NOW.isoformat(),
    "until": (NOW + timedelta(minutes=30)).isoformat(),
    "address": "198.51.100.7",
    "device": "Firefox",
    "case_number": "C-8K3M-V0QXX",
}


async def world(database: Database) -> World:
    made = await World.make(database, mail=True, secret=SECRET)
    await made.lines("A")
    return made


async def post(world: World, *written: Letter) -> None:
    async with world.app.database.transaction() as conn:
        await letters.post(conn, written, world.now, world.app.identity.seal, mail=True)


async def test_a_letter_leaves_at_once_and_its_link_is_forgotten(database: Database) -> None:
    carrier = await world(database)
    await post(carrier, RESET)
    assert LINK.get_secret_value() not in str(await carrier.rows("SELECT * FROM letter"))
    await carrier.drain("mail")
    (task,) = carrier["mail"].asked
    assert (task.kind, task.brief["to"]) == ("deliver", "holder@example.net")
    assert LINK.get_secret_value() in task.brief["text"].splitlines()
    assert LINK.get_secret_value() in task.brief["html"]
    assert await carrier.rows("SELECT secret FROM letter") == [(None,)]
    for table in ("obligation", "event"):
        assert LINK.get_secret_value() not in str(await carrier.rows(f"SELECT * FROM {table}"))


async def test_a_letter_that_is_tried_again_still_has_its_link(database: Database) -> None:
    carrier = await world(database)
    carrier["mail"].plan("holder@example.net", "retry", "unknown")
    await post(carrier, RESET)
    for _ in range(6):
        await carrier.later(minutes=6)
    assert len(carrier["mail"].asked) == 3
    assert all(LINK.get_secret_value() in task.brief["text"] for task in carrier["mail"].asked)
    assert len({task.brief["message_id"] for task in carrier["mail"].asked}) == 1


async def test_what_is_rolled_back_is_never_sent(database: Database) -> None:
    carrier = await world(database)
    with pytest.raises(RuntimeError):
        async with carrier.app.database.transaction() as conn:
            await letters.post(conn, [RESET], carrier.now, carrier.app.identity.seal, mail=True)
            raise RuntimeError
    await carrier.drain("mail")
    assert carrier["mail"].asked == []


async def test_without_a_mail_system_nothing_is_owed_and_without_a_seal_no_link_is_kept(database: Database) -> None:
    carrier = await world(database)
    async with carrier.app.database.transaction() as conn:
        await letters.post(conn, [RESET], carrier.now, carrier.app.identity.seal, mail=False)
    assert await carrier.rows("SELECT 1 FROM letter") == []
    async with carrier.app.database.transaction() as conn:
        with pytest.raises(Unavailable):
            await letters.post(conn, [RESET], carrier.now, None, mail=True)


async def test_a_letter_that_nobody_can_unseal_waits_for_a_person_and_holds_up_no_other(database: Database) -> None:
    carrier = await world(database)
    await post(carrier, RESET, Letter("pin_changed", "other@example.net", "en"))
    await carrier.rows("UPDATE letter SET secret = 'spoilt' WHERE secret IS NOT NULL")
    await carrier.drain("mail")
    assert [task.brief["to"] for task in carrier["mail"].asked] == ["other@example.net"]
    states = await carrier.rows("SELECT state, last_outcome FROM obligation ORDER BY subject_id")
    assert [state for state, _ in states] == ["fallout", "discharged"]
    assert "sealed with another secret" in states[0][1]


# ── Fallout ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_letter_in_fallout_is_listed_by_itself_tried_again_and_answered_for(database: Database) -> None:
    carrier = await world(database)
    carrier["mail"].plan("holder@example.net", "person", "person")
    await post(carrier, RESET)
    await carrier.drain("mail")
    id_ = ObligationId(FIRST_LETTER, "mail", "deliver", 1)
    assert str(id_) == "M-0.mail.deliver.1"
    assert ObligationId.parse("m-0.mail.deliver.1") == id_
    async with carrier.app.database.transaction() as conn:
        (listed,) = await cancellation.list_obligations(conn)
        assert listed.id == id_
        told = CaseObligation.of(listed)
        assert (told.cancellation, told.url, told.kind) == (None, None, "deliver")
        assert await cancellation.list_obligations(conn, after=id_) == []
    async with carrier.app.database.transaction() as conn:
        await cancellation.retry(conn, carrier.app.terms, id_, actor=CARRIER, now=carrier.now)
    await carrier.drain("mail")
    assert len(carrier["mail"].asked) == 2
    async with carrier.app.database.transaction() as conn:
        await cancellation.resolve(
            conn, carrier.app.terms, id_, state="void", why="told by phone", actor=CARRIER, now=carrier.now
        )
    assert await carrier.rows("SELECT secret FROM letter") == [(None,)]
    events = await carrier.rows("SELECT subject_id, type, detail ->> 'about' FROM event ORDER BY id")
    assert events == [(0, "deliver.retried", "M-0"), (0, "deliver.resolved", "M-0")]
    async with carrier.app.database.transaction() as conn:
        with pytest.raises(Conflict):
            await cancellation.retry(conn, carrier.app.terms, id_, actor=CARRIER, now=carrier.now)
        with pytest.raises(NotFound):
            missing = ObligationId(FIRST_LETTER + 9, "mail", "deliver", 1)
            await cancellation.retry(conn, carrier.app.terms, missing, actor=CARRIER, now=carrier.now)


async def test_letters_and_cases_are_owed_side_by_side_and_both_are_swept_over(database: Database) -> None:
    carrier = await world(database)
    case = await carrier.case((await carrier.lines("B"))[0])
    await post(carrier, RESET)
    await carrier.later(minutes=1)
    assert {task.kind for task in carrier["mail"].asked} == {"notify", "deliver"}
    async with carrier.app.database.transaction() as conn:
        assert await cancellation.sweep(conn, carrier.app.terms, carrier.now) == []
    assert await carrier.state(case) == "closed"


def test_a_letters_number_and_a_cases_number_never_meet() -> None:
    for subject in (1, 77, FIRST_LETTER, FIRST_LETTER + 12_345):
        assert parse_subject_number(subject_number(subject)) == subject


# ── What they say ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", LETTERS)
def test_every_letter_is_whole_in_every_language(kind: LetterKind, language: str) -> None:
    for what in ("", "set", "removed", "lifted", "asked", "changed"):
        letter = Letter(kind, "holder@example.net", language, {**EVERYTHING, "what": what}, LINK)
        message = letters.render(
            letter, Reader("Ana <b>García</b>", "Asia/Shanghai"), "Polaris", "care@polaris.example"
        )
        for text in (message.subject, message.text, message.html):
            assert not re.search(r"%\(|\{\{|None|Undefined", text)
        assert message.text.count(LINK.get_secret_value()) == 1
        assert "198.51.100.7" in message.text
        assert "&lt;b&gt;" in message.html
        assert message.language == language
        assert max(len(line) for line in message.text.splitlines()) <= 80


def test_a_letter_to_nobodys_account_greets_nobody_and_tells_only_what_is_known() -> None:
    message = letters.render(
        Letter("contact_confirm", "x@example.net", "en", {}, LINK), Reader("", "UTC"), "Polaris", None
    )
    assert "Hello," in message.text
    assert "When" not in message.text
    assert "answer this mail" in message.text


# ── A real mail server ───────────────────────────────────────────────────────────────────────────────────────────
async def test_a_letter_arrives_at_a_real_mailbox(database: Database, mail_server: MailServer) -> None:
    mail = {"url": mail_server.url, "sender": "Example Mobile <care@example.net>"}
    settings = Settings.model_validate({"secret": SECRET, "mail": mail, "carrier": {"name": "Example Mobile"}})
    app = await build(settings, database).open()
    try:
        async with database.transaction() as conn:
            letter = Letter("reset", "ana@example.org", "zh-Hans", {}, LINK)
            await letters.post(conn, [letter], database.clock.now(), app.identity.seal, app.identity.mail)
        (loop,) = Worker(app, INTERACTIVE).loops
        await turned(loop)
        (message,) = mail_server.wait_for(1)
    finally:
        await app.systems["mail"].connector.close()
    assert message["Envelope-To"] == "ana@example.org"
    assert message["Subject"] == "设置新密码 · Example Mobile"
    assert message["Message-ID"] == "<M-0@example.net>"
    text = message.get_body(("plain",))
    assert text is not None
    assert LINK.get_secret_value() in text.get_content()
