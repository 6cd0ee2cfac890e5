"""The hotline's menu: who calls is known before anything is told; a cancellation is a key that was pressed for it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from ringoff.db.pool import Database
from ringoff.kit.i18n import LANGUAGES
from ringoff.kit.ids import case_number
from ringoff.surfaces.phone.model import Amount, Day, HangUp, Listen, Moment
from tests.support.exchange import PIN, WRONG, Exchange, exchange_of, spelled_of
from tests.support.subscribers import furnish


@pytest.fixture
async def exchange(database: Database) -> AsyncIterator[Exchange]:
    async with exchange_of(database, hotline={"country": "GB"}) as opened:
        yield opened


# ── Languages ────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_each_language_is_offered_in_itself_and_chosen_by_its_key(exchange: Exchange) -> None:
    talk = await exchange.call(language=None)
    await talk.press(None, None)
    assert [turn.language for turn in talk.turns] == ["en", "zh-Hans", "es"]
    assert talk.turns[0].say[0] != talk.turns[1].say[0]
    turn = await talk.press("2")
    assert (turn.language, talk.phrases[0]) == ("zh-Hans", "main_status")


async def test_the_language_of_the_account_whose_number_calls_comes_first(exchange: Exchange) -> None:
    who = await exchange.subscriber("es")
    known, unknown = await exchange.number(who), "+34600999999"
    talk, other = await exchange.call(known, None), await exchange.call(unknown, None)
    assert (talk.turn.language, other.turn.language) == ("es", "en")
    assert talk.phrases == other.phrases
    await talk.press("1")
    assert talk.turn.language == "en"


# ── Cancelling ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_line_is_cancelled_by_keypad_in_each_language(exchange: Exchange, language: str) -> None:
    who = await exchange.subscriber(language)
    number = await exchange.number(who)
    talk = await exchange.call(number, language)
    await talk.press("2", "1")
    assert talk.turn.then == Listen(most=10, seconds=8.0, secret=True)
    await talk.press(PIN)
    assert talk.phrases == ["line_which", "line_ending", "press_1", "sim_ending", "press_2"]
    assert spelled_of(talk.turn.say)[0] == number[-4:]
    await talk.press("1", "1")
    assert next(part for part in talk.turn.say if isinstance(part, Moment)).at == exchange.world.now + timedelta(days=3)
    assert {"confirm_starts", "confirm_veto", "confirm_options"} <= set(talk.phrases)
    assert await exchange.cases() == []
    await talk.press("9")
    ((case_id, wait, channel, by),) = await exchange.world.rows(
        "SELECT id, ripe_at - requested_at, channel, requested_by FROM cancellation"
    )
    assert await exchange.cases() == [(who.voice, "scheduled")]
    assert (wait, channel, by) == (timedelta(days=3), "phone", f"account:{who.account_number}")
    assert spelled_of(talk.turn.say) == [case_number(case_id)] * 2
    assert "done_sent" in talk.phrases
    await talk.press("2")
    assert talk.then == HangUp()


async def test_the_contacts_of_record_can_object_until_then_and_get_the_notice(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    talk = await exchange.to_confirming(who)
    await talk.press("9")
    vetoes = [letter for letter in await exchange.portal.letters() if letter.kind == "cancel_veto"]
    assert [letter.recipient for letter in vetoes] == [who.email]
    await exchange.world.later(minutes=2)
    notices = [task.brief for task in exchange.world["mail"].asked if task.kind == "notify"]
    assert [notice["to"] for notice in notices] == [who.email]
    assert spelled_of(talk.turn.say)[0] in str(notices[0]["text"])


async def test_the_line_is_released_when_the_three_days_are_over_and_not_before(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    await (await exchange.to_confirming(who)).press("9")
    await exchange.world.later(days=2, hours=23)
    assert exchange.world["hlr"].asked == []
    await exchange.world.later(hours=2)
    assert await exchange.cases() == [(who.voice, "closed")]


async def test_to_go_back_is_a_key_and_silence_confirms_nothing(exchange: Exchange) -> None:
    talk = await exchange.to_confirming(await exchange.subscriber())
    await talk.press("2")
    assert "when_soon" in talk.phrases
    await talk.press("1")
    await talk.press(None, None)
    assert talk.phrases == ["not_heard", "offer_person"]
    await talk.press(None)
    assert talk.then == HangUp()
    assert await exchange.cases() == []


async def test_the_end_of_the_paid_period_can_be_chosen(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    talk = await exchange.to_confirming(who, when="2")
    await talk.press("9")
    assert await exchange.world.rows("SELECT when_kind, effective_at::date::text FROM cancellation") == [
        ("period_end", "2026-12-13")
    ]


@pytest.mark.parametrize(("language", "typed"), [("en", "12052026"), ("es", "05122026"), ("zh-Hans", "05122026")])
async def test_a_day_is_typed_as_its_language_writes_it(exchange: Exchange, language: str, typed: str) -> None:
    talk = await exchange.to_confirming(await exchange.subscriber(language), language, when="3")
    assert talk.phrases == ["day_ask"]
    await talk.press(typed, "9")
    assert await exchange.world.rows("SELECT when_date::text FROM cancellation") == [("2026-12-05",)]


async def test_a_day_that_cannot_be_is_told_with_those_that_can_and_thrice_is_a_persons_matter(
    exchange: Exchange,
) -> None:
    talk = await exchange.to_confirming(await exchange.subscriber(), when="3")
    await talk.press("11242026")
    assert talk.phrases == ["day_from", "day_to", "day_ask"]
    assert next(str(part.on) for part in talk.turn.say if isinstance(part, Day)) == "2026-11-26"
    await talk.press("01012020", "01012036")
    assert "stuck_options" in talk.phrases


async def test_what_it_costs_is_read_out_and_read_out_again_where_it_changed(database: Database) -> None:
    async with exchange_of(database, billing={"final_bills": True}) as exchange:
        who = await exchange.subscriber()
        await furnish(exchange.app.database, who)
        talk = await exchange.to_confirming(who)
        amounts = [part for part in talk.turn.say if isinstance(part, Amount)]
        assert len(amounts) == 1 and amounts[0].minor > 0
        await exchange.world.rows("UPDATE bill_item SET net = net + 100")
        await talk.press("9")
        assert talk.phrases[0] == "cost_changed" and await exchange.cases() == []
        assert [part for part in talk.turn.say if isinstance(part, Amount)] != amounts
        await talk.press("9")
        assert await exchange.cases() == [(who.voice, "scheduled")]


# ── Who calls ────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_account_is_named_by_any_spelling_of_its_numbers(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    number = (await exchange.number(who)).removeprefix("+")
    await exchange.world.rows("UPDATE account SET account_number = 'K-77120-X' WHERE id = %s", who.account_id)
    for typed in (number, f"00{number}", f"0{number.removeprefix('44')}", "77120"):
        talk = await exchange.call()
        await talk.press("1", typed, PIN)
        assert "status_none" in talk.phrases, typed


async def test_digits_that_mean_several_mean_nobody(exchange: Exchange) -> None:
    one, other = await exchange.subscriber(), await exchange.subscriber()
    await exchange.world.rows("UPDATE account SET account_number = 'AA-5501' WHERE id = %s", one.account_id)
    await exchange.world.rows("UPDATE account SET account_number = 'BB-5501' WHERE id = %s", other.account_id)
    talk = await exchange.call()
    await talk.press("1", "5501", PIN)
    assert talk.phrases[0] == "proof_wrong"


async def test_three_wrong_pins_are_the_end_and_count_towards_the_limit_of_all_ways_in(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    talk = await exchange.call(await exchange.number(who))
    await talk.press("1", "1", WRONG, WRONG)
    assert talk.phrases == ["proof_wrong", "pin_again"]
    await talk.press(WRONG)
    assert talk.phrases == ["proof_wrong", "proof_failed", "failed_options"]
    await talk.press(PIN)
    assert talk.then == HangUp()
    assert await exchange.world.rows("SELECT factor, failures FROM guess") == [("pin", 3)]
    told = [letter for letter in await exchange.portal.letters() if letter.kind == "call_refused"]
    assert [letter.recipient for letter in told] == [who.email]


async def test_who_mistyped_the_number_types_another_but_gets_no_further_guesses(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    talk = await exchange.call()
    await talk.press("1", "77777", WRONG, "1")
    assert talk.phrases[0] == "number_ask"
    await talk.press(who.account_number.removeprefix("A-"), WRONG, WRONG)
    assert "failed_options" in talk.phrases
    await talk.press("*", "1")
    assert talk.phrases == ["nobody_here", "queue_callback", "queue_menu"]
    await talk.press("3", "1")
    assert talk.phrases == ["proof_failed", "failed_options"]


async def test_an_account_that_is_named_twice_in_a_call_is_one_call_and_another_ends_it(exchange: Exchange) -> None:
    who, other = await exchange.subscriber(), await exchange.subscriber()
    talk = await exchange.call(await exchange.number(who))
    await talk.press("1", "1", WRONG, "1", "1", WRONG, "1", other.account_number.removeprefix("A-"), PIN)
    assert "status_none" in talk.phrases
    found = await exchange.world.rows("SELECT account_id, failures, ended_at IS NOT NULL FROM call ORDER BY id")
    assert found == [(who.account_id, 2, True), (other.account_id, 0, False)]
    told = [letter.recipient for letter in await exchange.portal.letters() if letter.kind == "call_refused"]
    assert told == [who.email]


async def test_after_ten_wrong_pins_even_the_right_one_is_refused_in_the_same_words(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    number = await exchange.number(who)
    for _ in range(4):
        talk = await exchange.call(number)
        await talk.press("1", "1", WRONG, WRONG, WRONG)
    talk = await exchange.call(number)
    await talk.press("1", "1", PIN)
    assert talk.phrases == ["proof_wrong", "pin_again"]


async def test_one_telephone_is_refused_before_anything_is_computed_once_it_has_failed_too_often(
    exchange: Exchange,
) -> None:
    limit = exchange.app.identity.pack().identity.limits.failures_address.most
    for n in range(0, limit, 3):
        talk = await exchange.call("+447911000001")
        await talk.press("1", f"55{n:03}", WRONG, WRONG, WRONG)
    computed = exchange.app.identity.passwords.computed
    talk = await exchange.call("+447911000001")
    await talk.press("1", "55999", WRONG)
    assert talk.phrases[0] == "too_many_tries"
    assert exchange.app.identity.passwords.computed == computed


async def test_a_proof_that_is_too_old_is_asked_for_again(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    talk = await exchange.to_confirming(who)
    exchange.world.clock.advance(timedelta(minutes=31))
    await talk.press("9")
    assert talk.phrases[0] == "number_ask"
    assert await exchange.cases() == []


# ── What can be learned ──────────────────────────────────────────────────────────────────────────────────────────
async def test_a_caller_whose_call_has_ended_at_the_desk_proves_it_anew(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    talk = await exchange.to_confirming(who)
    await exchange.world.rows("UPDATE call SET ended_at = opened_at")
    await talk.press("9")
    assert talk.phrases[0] == "number_ask"
    assert await exchange.cases() == []


async def test_what_goes_to_review_is_told_in_whole_sentences(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    talk = await exchange.to_confirming(who)
    await exchange.world.rows("UPDATE line SET status = 'suspended' WHERE line_ref = %s", who.voice)
    await talk.press("9")
    assert await exchange.cases() == [(who.voice, "in_review")]
    assert talk.phrases[:2] == ["status_number", "status_in_review"]


async def test_known_unknown_and_never_enrolled_accounts_sound_alike_and_cost_the_same_computations(
    exchange: Exchange,
) -> None:
    known, without = await exchange.subscriber(), await exchange.subscriber(pin=None)
    heard = []
    for name in (known.account_number[2:], without.account_number[2:], "987654321"):
        talk = await exchange.call()
        before = exchange.app.identity.passwords.computed
        await talk.press("2", name, WRONG, WRONG, WRONG, None)
        assert exchange.app.identity.passwords.computed - before == 3
        heard.append(talk.turns)
    assert heard[0] == heard[1] == heard[2]


async def test_the_lines_of_others_cannot_be_chosen(exchange: Exchange) -> None:
    who, other = await exchange.subscriber(), await exchange.subscriber()
    talk = await exchange.known(who, "2")
    line = await exchange.line(other.voice)
    await exchange.world.rows(
        "UPDATE conversation SET state = jsonb_set(state, '{lines,0,line}', %s::text::jsonb)", line
    )
    await talk.press("1")
    assert talk.phrases[0] == "number_ask"


async def test_what_was_typed_as_a_pin_is_nowhere(exchange: Exchange, capfd: pytest.CaptureFixture[str]) -> None:
    who = await exchange.subscriber()
    talk = await exchange.call(await exchange.number(who))
    await talk.press("2", "1", WRONG, "31415926", PIN, "1", "1", "9", "1")
    written, said = await exchange.everything_written(), "".join(capfd.readouterr())
    for secret in (WRONG, "31415926", PIN):
        assert secret not in written and secret not in said and secret not in talk.heard


# ── Status and advice ────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_status_is_told_of_all_that_is_open_and_of_nothing_in_confidence(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    case = await exchange.world.case(await exchange.line(who.voice))
    await exchange.world.case(await exchange.line(who.data), confidential=True, contact_email="safe@example.net")
    talk = await exchange.known(who, "1")
    assert spelled_of(talk.turn.say) == [(await exchange.number(who))[-4:], case_number(case)]
    assert "status_scheduled" in talk.phrases


async def test_what_everybody_should_know_is_told_without_a_proof_and_their_own_with_one(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    talk = await exchange.call(await exchange.number(who))
    await talk.press("3")
    assert "general_port_first" in talk.phrases and not spelled_of(talk.turn.say)
    await talk.press("1", "1", PIN, "1")
    assert {"findings_intro", "finding_paid_until", "finding_keep_number"} <= set(talk.phrases)


# ── What cannot be done by phone ─────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("kind", "told"), [("legal", "finding_hold"), ("fraud", "finding_hold"), ("stolen", "finding_stolen")]
)
async def test_a_line_that_is_held_is_a_persons_matter(exchange: Exchange, kind: str, told: str) -> None:
    who = await exchange.subscriber()
    await exchange.world.hold(await exchange.line(who.voice), kind)
    talk = await exchange.known(who, "2")
    await talk.press("1")
    assert talk.phrases == [told, "stuck_options"]


async def test_a_case_in_confidence_sounds_like_a_hold_that_is_not_disclosed(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    await exchange.world.case(await exchange.line(who.voice), confidential=True, contact_email="safe@example.net")
    await exchange.world.hold(await exchange.line(who.data), "legal")
    talk = await exchange.known(who, "2")
    in_confidence = await talk.press("1")
    await talk.press("2", "2")
    held = await talk.press("2")
    assert (held.say, held.then) == (in_confidence.say, in_confidence.then)


async def test_a_locked_account_a_line_with_dependants_and_one_that_is_leaving_are_told(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    voice, data = await exchange.line(who.voice), await exchange.line(who.data)
    await exchange.world.rows("UPDATE line SET primary_line_id = %s WHERE id = %s", voice, data)
    talk = await exchange.known(who, "2")
    await talk.press("1")
    assert talk.phrases[0] == "finding_secondary_lines"
    case = await exchange.world.case(data)
    await talk.press("2", "2", "2")
    assert "status_scheduled" in talk.phrases and case_number(case) in spelled_of(talk.turn.say)
    await exchange.world.rows("UPDATE login SET cancel_locked_at = %s", exchange.world.now)
    await talk.press("2", "2", "1")
    assert talk.phrases[0] == "finding_cancel_lock"


async def test_of_many_lines_the_end_is_typed_and_a_business_with_more_than_25_gets_a_person(
    exchange: Exchange,
) -> None:
    who = await exchange.subscriber()
    await exchange.world.rows("UPDATE account SET account_number = 'A' WHERE id = %s", who.account_id)
    await exchange.world.rows("INSERT INTO plan VALUES ('P', 'Plan', 'postpaid', 1000, 'EUR')")
    ids = await exchange.world.lines("A", 10)
    talk = await exchange.known(who, "2")
    assert talk.phrases == ["line_which", "line_type"]
    ((ending,),) = await exchange.world.rows("SELECT right(msisdn, 4) FROM line WHERE id = %s", ids[4])
    await talk.press(ending)
    assert "when_soon" in talk.phrases
    await exchange.world.lines("A", 20)
    await exchange.world.rows("UPDATE account SET kind = 'business' WHERE id = %s", who.account_id)
    talk = await exchange.known(who, "2")
    assert talk.phrases == ["too_many_lines", "stuck_options"]


async def test_after_a_recent_change_it_waits_until_the_week_is_over(exchange: Exchange) -> None:
    who = await exchange.subscriber()
    changed = exchange.world.now - timedelta(days=1)
    await exchange.world.rows("UPDATE login SET changed_at = %s WHERE account_id = %s", changed, who.account_id)
    talk = await exchange.to_confirming(who)
    await talk.press("9")
    ((ripe_at,),) = await exchange.world.rows("SELECT ripe_at FROM cancellation")
    assert ripe_at == changed + timedelta(days=7)
