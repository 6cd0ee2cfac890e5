"""Who may wake us, and what the connector will not be configured with."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pydantic import SecretStr, ValidationError

from ringoff.connectors.webhook import connect
from ringoff.connectors.webhook.connector import WebhookConnector
from ringoff.connectors.webhook.signature import Signature
from ringoff.kit.errors import InvalidInput, Unauthenticated
from tests.connectors.webhook import (
    SECRET,
)


def callback(body: Any, secret: str = SECRET, moment: datetime | None = None) -> tuple[dict[str, str], bytes]:
    said = json.dumps(body).encode()
    headers = Signature(SecretStr(secret)).headers("callback-1", said)
    if moment is not None:
        headers["webhook-timestamp"] = str(int(moment.timestamp()))
    return headers, said


@pytest.fixture
def unconnected() -> WebhookConnector:
    return connect("prov", {"url": "https://carrier.example", "secret": SECRET})


def test_a_callback_names_the_accepted_work(unconnected: WebhookConnector) -> None:
    assert unconnected.callback(*callback({"id": "prov-7-release-1", "reference": "R-1"})) == "R-1"
    assert unconnected.callback(*callback({"id": "prov-7-release-1"})) == "prov-7-release-1"


def test_a_callback_that_is_not_the_systems_is_refused(unconnected: WebhookConnector) -> None:
    headers, body = callback({"id": "a"})
    forged = [
        ({}, body),
        (headers, body + b" "),
        (headers, b"\xff"),
        ({**headers, "webhook-signature": "v1"}, body),
        ({**headers, "webhook-signature": "v1,no base64!"}, body),
        callback({"id": "a"}, secret="whsec_" + "A" * 43 + "="),
        callback({"id": "a"}, moment=datetime.now(UTC) - timedelta(minutes=6)),
        callback({"id": "a"}, moment=datetime.now(UTC) + timedelta(minutes=6)),
    ]
    for headers_, body_ in forged:
        with pytest.raises(Unauthenticated):
            unconnected.callback(headers_, body_)


def test_a_callback_older_than_five_minutes_is_refused_though_well_signed(
    unconnected: WebhookConnector,
) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=6)):
        overheard = callback({"id": "a"})
    with pytest.raises(Unauthenticated):
        unconnected.callback(*overheard)


@pytest.mark.parametrize("body", [[], "x", {}, {"id": 5}, {"reference": ""}])
def test_a_callback_about_nothing_is_invalid(unconnected: WebhookConnector, body: Any) -> None:
    with pytest.raises(InvalidInput):
        unconnected.callback(*callback(body))


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://carrier.example"},
        {"url": "ftp://carrier.example"},
        {"url": "https://user:pw@carrier.example"},
        {"secret": "whsec_c2hvcnQ="},
        {"secret": "hush-hush-hush-hush-hush-hush-hush"},
        {"parallel": 0},
        {"colour": "red"},
    ],
)
def test_wrong_options_are_refused_without_showing_the_secret(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        connect("prov", {"url": "https://carrier.example", "secret": SECRET, **wrong})
    assert wrong.get("secret", SECRET) not in str(refused.value)


def test_plain_http_to_other_machines_must_be_asked_for() -> None:
    connect("prov", {"url": "http://carrier.example", "secret": SECRET, "insecure": True})
    connect("prov", {"url": "http://[::1]:8100", "secret": SECRET})
