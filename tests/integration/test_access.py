"""API keys and saved answers, on a real PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.features.access import idempotency, model, service
from ringoff.features.access.idempotency import IdempotentRequest, SavedAnswer
from ringoff.features.access.model import SCOPES, ApiKey, NewKey, Scope
from ringoff.kit.actor import Actor
from ringoff.kit.errors import InvalidInput, NotAllowed, NotFound, Refused, Unauthenticated

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPERATOR = Actor("operator:root", "cli")
KEPT = timedelta(hours=48)


async def new_key(database: Database, *scopes: Scope) -> NewKey:
    async with database.transaction() as conn:
        return await service.create_key(conn, "crm", frozenset(scopes or ("lines:read",)), OPERATOR, NOW)


async def recognised(database: Database, text: str) -> ApiKey:
    async with database.transaction() as conn:
        return await service.authenticate(conn, text)


async def test_a_key_is_recognised_by_its_text_and_may_do_what_its_scopes_say(database: Database) -> None:
    new = await new_key(database, "lines:read", "holds")
    key = await recognised(database, new.text.get_secret_value())
    assert key == new.key
    assert [scope for scope in SCOPES if key.may(scope)] == ["lines:read", "holds"]
    with pytest.raises(NotAllowed, match="review"):
        key.require("review")


async def test_admin_may_do_everything(database: Database) -> None:
    key = (await new_key(database, "admin")).key
    assert all(key.may(scope) for scope in SCOPES)


async def test_the_database_never_holds_the_text_of_a_key(database: Database) -> None:
    new = await new_key(database)
    secret = new.text.get_secret_value().rpartition("_")[2]
    assert len(secret) == 52, "256 random bits in base 32"
    async with database.transaction() as conn:
        for table in ("api_key", "event"):
            cursor = await conn.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            row = await cursor.fetchone()
            assert row is not None
            assert secret not in row[0]
    assert secret not in repr(new)


async def test_a_wrong_secret_an_unknown_id_and_nonsense_are_refused_alike(database: Database) -> None:
    text = (await new_key(database)).text.get_secret_value()
    changed = text[:-1] + ("a" if text[-1] != "a" else "b")
    for wrong in (changed, model.generate()[1].get_secret_value(), "", "ro_", text + "a", text.upper(), "ro_a\x00_b"):
        with pytest.raises(Unauthenticated) as refusal:
            await recognised(database, wrong)
        assert refusal.value.code == "key_invalid"
        assert text not in str(refusal.value)


async def test_a_revoked_key_is_refused_and_revoking_twice_is_recorded_once(database: Database) -> None:
    new = await new_key(database)
    for later in (NOW + timedelta(hours=1), NOW + timedelta(hours=2)):
        async with database.transaction() as conn:
            revoked = await service.revoke_key(conn, new.key.id, OPERATOR, later)
        assert revoked.revoked_at == NOW + timedelta(hours=1)
    with pytest.raises(Unauthenticated):
        await recognised(database, new.text.get_secret_value())
    async with database.transaction() as conn:
        cursor = await conn.execute("SELECT type, actor, detail->>'key' FROM event ORDER BY id")
        assert await cursor.fetchall() == [
            ("key.created", "operator:root", new.key.id),
            ("key.revoked", "operator:root", new.key.id),
        ]
        assert await service.list_keys(conn) == [revoked]
        with pytest.raises(NotFound):
            await service.revoke_key(conn, "aaaaaaaaaa", OPERATOR, NOW)


@pytest.mark.parametrize("name", ["", "x" * 101, "two\nlines"])
async def test_a_key_needs_a_printable_name(database: Database, name: str) -> None:
    async with database.transaction() as conn:
        with pytest.raises(InvalidInput):
            await service.create_key(conn, name, frozenset(("admin",)), OPERATOR, NOW)


def test_scopes_are_named_exactly() -> None:
    assert model.parse_scopes(["holds", "lines:read", "holds"]) == {"holds", "lines:read"}
    with pytest.raises(InvalidInput, match="lines:write"):
        model.parse_scopes(["lines:read", "lines:write"])
    with pytest.raises(InvalidInput):
        model.parse_scopes([])


async def asked(database: Database, request: IdempotentRequest, now: datetime, answer: bytes) -> SavedAnswer | None:
    """As a surface does it: claim, effect, save, in one transaction. The effect is an account made."""
    async with database.transaction() as conn:
        saved = await idempotency.claim(conn, request, now, KEPT)
        if saved is None:
            await conn.execute("INSERT INTO plan VALUES (gen_random_uuid(), 'effect', 'prepaid', 0, 'EUR')")
            await idempotency.save(conn, request, SavedAnswer(201, answer))
        return saved


async def effects(database: Database) -> int:
    async with database.transaction() as conn:
        cursor = await conn.execute("SELECT count(*) FROM plan")
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])


async def test_a_repeated_request_gets_the_first_answer_and_has_no_second_effect(database: Database) -> None:
    key = (await new_key(database)).key
    request = IdempotentRequest.of(key.id, "k-1", "POST", "/v1/x?a=1", b"{}")
    assert await asked(database, request, NOW, b"first") is None
    assert await asked(database, request, NOW, b"second") == SavedAnswer(201, b"first")
    assert await effects(database) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"), [("PUT", "/v1/x", b"{}"), ("POST", "/v1/y", b"{}"), ("POST", "/v1/x", b"{ }")]
)
async def test_another_request_with_the_same_key_is_refused(
    database: Database, method: str, path: str, body: bytes
) -> None:
    key = (await new_key(database)).key
    await asked(database, IdempotentRequest.of(key.id, "k-1", "POST", "/v1/x", b"{}"), NOW, b"first")
    with pytest.raises(Refused) as refusal:
        await asked(database, IdempotentRequest.of(key.id, "k-1", method, path, body), NOW, b"second")
    assert refusal.value.code == "idempotency_key_reused"
    assert await effects(database) == 1


async def test_each_api_key_has_idempotency_keys_of_its_own(database: Database) -> None:
    for _ in range(2):
        key = (await new_key(database)).key
        assert await asked(database, IdempotentRequest.of(key.id, "k", "POST", "/", b""), NOW, b"a") is None
    assert await effects(database) == 2


async def test_fifty_concurrent_requests_with_one_key_have_one_effect(database: Database) -> None:
    key = (await new_key(database)).key
    request = IdempotentRequest.of(key.id, "k", "POST", "/v1/x", b"{}")
    answers = await asyncio.gather(*(asked(database, request, NOW, b"%d" % n) for n in range(50)))
    assert answers.count(None) == 1
    (told,) = {answer for answer in answers if answer is not None}
    assert answers[int(told.body)] is None
    assert await effects(database) == 1


async def test_a_request_that_failed_leaves_its_key_free(database: Database) -> None:
    key = (await new_key(database)).key
    request = IdempotentRequest.of(key.id, "k", "POST", "/v1/x", b"{}")
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as conn:
            await idempotency.claim(conn, request, NOW, KEPT)
            raise ZeroDivisionError
    assert await asked(database, request, NOW, b"now it works") is None


async def test_an_answer_expires_and_is_forgotten(database: Database) -> None:
    key = (await new_key(database)).key
    request = IdempotentRequest.of(key.id, "k", "POST", "/v1/x", b"{}")
    await asked(database, request, NOW, b"first")
    almost = NOW + KEPT - timedelta(seconds=1)
    assert await asked(database, request, almost, b"second") == SavedAnswer(201, b"first")
    async with database.transaction() as conn:
        assert await idempotency.forget_expired(conn, almost, KEPT) == 0
    assert await asked(database, request, NOW + KEPT, b"third") is None
    async with database.transaction() as conn:
        assert await idempotency.forget_expired(conn, NOW + 2 * KEPT, KEPT) == 1
        assert await idempotency.forget_expired(conn, NOW + 2 * KEPT, KEPT) == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "schlüssel"])
def test_an_idempotency_key_is_printable_and_bounded(key: str) -> None:
    with pytest.raises(InvalidInput):
        IdempotentRequest.of("id", key, "POST", "/", b"")
