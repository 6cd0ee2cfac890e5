"""The mail connector against a real mail server."""

import socket
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ringoff.connectors.smtp import connect
from ringoff.connectors.smtp.connector import SmtpConnector
from ringoff.ports import Done, NeedsPerson, Outcome, RetryAfter, Task
from tests.support.mail import MailServer, running_mail_server

BRIEF: dict[str, Any] = {
    "message_id": "<case-7.closed.1@example.net>",
    "to": "lin@example.org",
    "subject": "您的号码 +86 138 0013 8000 已关闭",
    "text": "您好,林女士。\n.\n您的号码已关闭。",
    "html": "<p>您好,林女士。</p>",
    "locale": "zh-Hans",
}
NOTICE = Task(subject_id=7, kind="notify", cycle=1, attempt=1, brief=BRIEF)


def mail_to(server: MailServer, **options: Any) -> SmtpConnector:
    return connect("mail", {"url": server.url, "sender": "Ringoff 客服 <care@example.net>", **options})


def notice(**brief: Any) -> Task:
    return replace(NOTICE, brief={**BRIEF, **brief})


async def discharge(connector: SmtpConnector, *tasks: Task) -> list[Outcome]:
    return [outcome async for _, outcome in connector.discharge(tasks, lambda _: True)]


async def discharge_one(connector: SmtpConnector, task: Task) -> Outcome:
    (outcome,) = await discharge(connector, task)
    return outcome


async def test_a_notice_arrives_as_it_was_written(mail_server: MailServer) -> None:
    connector = mail_to(mail_server)
    outcome = await discharge_one(connector, NOTICE)
    assert isinstance(outcome, Done)
    assert outcome.evidence["message_id"] == BRIEF["message_id"]
    assert outcome.evidence["to"] == "l***@example.org"
    assert str(outcome.evidence["answer"]).startswith("250 OK id=")
    (message,) = mail_server.wait_for(1)
    assert message["Envelope-To"] == "lin@example.org"
    assert message["Subject"] == BRIEF["subject"]
    assert message["From"] == "Ringoff 客服 <care@example.net>"
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == BRIEF["text"].splitlines()
    assert html.get_content().splitlines() == [BRIEF["html"]]
    await connector.close()


async def test_a_repeat_is_recognisable_by_its_message_id(mail_server: MailServer) -> None:
    connector = mail_to(mail_server)
    await discharge(connector, NOTICE, replace(NOTICE, attempt=2))
    assert [message["Message-ID"] for message in mail_server.wait_for(2)] == [BRIEF["message_id"]] * 2
    await connector.close()


async def test_an_address_that_does_not_exist_goes_to_a_person(mail_server: MailServer) -> None:
    connector = mail_to(mail_server)
    outcome = await discharge_one(connector, notice(to="unknown@example.org"))
    assert isinstance(outcome, NeedsPerson)
    assert "no such user" in outcome.why
    await connector.close()


async def test_greylisting_is_waited_out_as_long_as_the_server_says(mail_server: MailServer) -> None:
    connector = mail_to(mail_server)
    outcome = await discharge_one(connector, notice(to="later@example.org"))
    assert isinstance(outcome, RetryAfter)
    assert outcome.delay == timedelta(seconds=300)
    assert not outcome.system_failed
    await connector.close()


async def test_a_refused_message_does_not_harm_the_next_on_its_connection(mail_server: MailServer) -> None:
    connector = mail_to(mail_server, parallel=1)
    tasks = [notice(to=f"{who}@example.org") for who in ("unknown", "a", "later", "b")]
    outcomes = await discharge(connector, *tasks)
    assert [type(outcome) for outcome in outcomes] == [NeedsPerson, Done, RetryAfter, Done]
    arrived = {message["Envelope-To"] for message in mail_server.wait_for(2)}
    assert arrived == {"a@example.org", "b@example.org"}
    await connector.close()


async def test_a_server_that_closes_connections_in_between_gets_every_message_once() -> None:
    with running_mail_server(per_connection=3) as server:
        connector = mail_to(server, parallel=2)
        tasks = [replace(notice(to=f"user{n}@example.org"), subject_id=n) for n in range(20)]
        assert {type(outcome) for outcome in await discharge(connector, *tasks)} == {Done}
        await connector.close()
        arrived = [message["Envelope-To"] for message in server.wait_for(20)]
    assert sorted(arrived) == sorted(f"user{n}@example.org" for n in range(20))


async def test_addresses_in_other_scripts_are_reached(mail_server: MailServer) -> None:
    connector = mail_to(mail_server)
    outcomes = await discharge(connector, notice(to="林@例子.example"), notice(to="ana@correo.españa.example"))
    assert {type(outcome) for outcome in outcomes} == {Done}
    arrived = {str(message["Envelope-To"]) for message in mail_server.wait_for(2)}
    assert "ana@correo.xn--espaa-rta.example" in arrived
    assert mail_server.log().count("林@xn--fsqu00a.example") > 0
    await connector.close()


async def test_a_server_that_restarts_is_reached_again() -> None:
    with running_mail_server() as server:
        port = server.port
        connector = mail_to(server)
        assert isinstance(await discharge_one(connector, NOTICE), Done)
        assert (await connector.health()).ok
    down = await discharge_one(connector, NOTICE)
    assert isinstance(down, RetryAfter)
    assert down.system_failed
    assert not (await connector.health()).ok
    with running_mail_server(port) as server:
        assert isinstance(await discharge_one(connector, NOTICE), Done)
        assert (await connector.health()).ok
        await connector.close()
        assert len(server.wait_for(1)) == 1


async def test_a_server_that_is_not_there_has_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"smtp://127.0.0.1:{taken.getsockname()[1]}"
    connector = connect("mail", {"url": url, "sender": "care@example.net"})
    outcome = await discharge_one(connector, NOTICE)
    assert isinstance(outcome, RetryAfter)
    assert outcome.system_failed


async def test_a_task_whose_lease_ran_out_is_not_sent(mail_server: MailServer) -> None:
    connector = mail_to(mail_server)
    mine, lost = notice(to="mine@example.org"), replace(notice(to="lost@example.org"), subject_id=8)
    answered = [task async for task, _ in connector.discharge([lost, mine], lambda task: task is mine)]
    assert answered == [mine]
    (message,) = mail_server.wait_for(1)
    assert message["Envelope-To"] == "mine@example.org"
    await connector.close()


async def test_mail_takes_notices_and_nothing_else(mail_server: MailServer) -> None:
    connector = mail_to(mail_server)
    assert isinstance(await discharge_one(connector, replace(NOTICE, kind="release")), NeedsPerson)
    assert (await connector.read_back(NOTICE))[0] == "unsure"
