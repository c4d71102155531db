"""What a model may search in the logs: by service, level and plain words, whatever signs stand in them."""

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations import elasticsearch
from integrations.contract import TOOL_ANSWER_BYTES, Refused, Unreachable
from playground import elasticsearch as stand_in
from tests.rooms.elasticsearch.conftest import KEY, NOW, Written, before, opened, scope
from tests.rooms.misbehaving import hangs, misbehaving

RECORDS = [
    before(10, message="connection refused: gateway:8443", level="ERROR"),
    before(20, message="Connection REFUSED: gateway:8443", level="error", instance="pay-2"),
    before(30, message="slow answer of gateway", level="WARN"),
    before(40, message="served /pay in 3 ms"),
    before(50, "cart", "connection refused by pay", "ERROR", "cart-1"),
    before(60, "ledger", "connection refused by nobody", "ERROR", "ledger-1"),
    before(7_000, message="connection refused long ago", level="ERROR"),
]
HOSTILE = [
    "*",
    "* OR *",
    "refused OR service.name:ledger",
    'refused" OR "x',
    "refused AND NOT x",
    "service.name:ledger",
    "message:/.*/",
    "/.*/",
    "refused~2",
    "+refused -gateway",
    '{"match_all":{}}',
    '"}},{"match_all":{}}',
    "refused\nconnection",
    "\\",
    '"',
    "(refused",
    "${jndi:ldap://x}",
    "'; drop table logs",
    "_exists_:message",
    "ref?sed",
]


def wanted(**other):
    return {"service": "pay", "contains": "", "level": "", "minutes": 60, **other}


async def search(place, at=None, room_settings=None, **other):
    async with opened(place.settings(**(room_settings or {}))) as room:
        (tool,) = room.tools
        return await tool.use(wanted(**other), at or scope())


def messages(answer):
    """The messages told, without the head and the note on a cut."""
    lines = [line for line in answer.text.splitlines()[1:] if not line.startswith("(cut: ")]
    return [line.partition(": ")[2] for line in lines if not line.startswith("  ")]


async def test_newest_last_with_time_level_and_instance(holding):
    async with holding(RECORDS) as place:
        answer = await search(place)
    assert answer.text.splitlines() == [
        "logs of pay, from 03-03 02:42 to 03-03 03:42 UTC: 4 lines",
        "03:41:20.000 INFO pay-1: served /pay in 3 ms",
        "03:41:30.000 WARN pay-1: slow answer of gateway",
        "03:41:40.000 error pay-2: Connection REFUSED: gateway:8443",
        "03:41:50.000 ERROR pay-1: connection refused: gateway:8443",
    ]
    assert (answer.cut, answer.services, answer.hard) == ("", ("pay",), False)


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({"contains": "refused"}, 2),
        ({"contains": "GATEWAY refused"}, 2),
        ({"contains": "gateway slow"}, 1),
        ({"contains": "refus"}, 0),
        ({"contains": "nothing like it"}, 0),
        ({"level": "error"}, 2),
        ({"level": "warning"}, 3),
        ({"level": "warning", "contains": "slow"}, 1),
        ({"minutes": 1_440, "contains": "refused"}, 3),
    ],
)
async def test_by_words_level_and_time(holding, other, found):
    async with holding(RECORDS) as place:
        assert len(messages(await search(place, **other))) == found


async def test_all_services_of_the_incident_and_no_other(holding):
    async with holding(RECORDS) as place:
        answer = await search(place, service="", contains="refused")
    assert answer.services == ("pay", "cart")
    assert "ERROR cart cart-1: connection refused by pay" in answer.text
    assert "nobody" not in answer.text


@pytest.mark.parametrize("words", HOSTILE)
async def test_no_sign_in_the_words_has_a_meaning(holding, words):
    """What is found holds every word that was asked for; what is no word finds nothing."""
    async with holding(RECORDS) as place:
        found = messages(await search(place, service="", contains=words, minutes=1_440))
    asked = re.findall(r"\w+", words.lower())
    assert all(word in message.lower() for word in asked for message in found)
    assert bool(found) is (bool(asked) and {*asked} <= {"refused", "connection", "gateway"})


@pytest.fixture
async def stood_in():
    async with stand_in.running(Written(RECORDS), api_key=KEY) as there:
        yield elasticsearch.Settings(there.url, KEY)


WORDS = st.text(st.one_of(st.sampled_from('*?"\\/:(){}[]~^+-!&|=<> \n'), st.characters(codec="utf-8")), max_size=60)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(words=WORDS)
async def test_whatever_the_words_only_the_asked_service_is_told(stood_in, words):
    async with opened(stood_in) as room:
        try:
            answer = await room.tools[0].use(wanted(contains=words, minutes=1_440), scope())
        except Refused as refused:
            assert "contains must be text" in refused.reason
            return
    assert "nobody" not in answer.text
    assert "by pay" not in answer.text


async def test_the_newest_fifty_of_many_and_it_says_so(holding):
    async with holding([before(n, message=f"line {n}") for n in range(1, 313)]) as place:
        answer = await search(place)
    told = messages(answer)
    assert answer.cut == "the newest 50 of 312 lines"
    assert (told[0], told[-1], len(told)) == ("line 50", "line 1", 50)
    assert answer.text.endswith("(cut: the newest 50 of 312 lines)")


async def test_long_lines_are_cut_between_words_and_the_whole_stays_within_its_bytes(holding):
    long = "token=" + "s" * 350 + " then " + "ü" * 900
    async with holding([before(n, message=long) for n in range(1, 80)]) as place:
        answer = await search(place)
    assert len(answer.text.encode()) <= TOOL_ANSWER_BYTES
    assert all(line.endswith("s then…") for line in messages(answer))
    assert answer.cut.startswith("the newest ")
    assert answer.cut.endswith(" of 79 lines")


async def test_a_message_of_several_lines_is_set_in(holding):
    async with holding([before(5, message="Traceback:\n  File x\nValueError")]) as place:
        answer = await search(place)
    assert answer.text.endswith("INFO pay-1: Traceback:\n    File x\n  ValueError")


async def test_the_link_shows_the_same_lines(holding):
    async with holding(RECORDS) as place:
        plain = unquote((await search(place, contains='re"fused gateway')).url)
        kibana = unquote(
            (
                await search(
                    place, room_settings={"kibana_url": "https://k.example"}, contains="refused", level="error"
                )
            ).url
        )
    assert KEY not in plain
    assert 'service.name:("pay") AND message:("re\\"fused" AND "gateway") AND @timestamp:[' in plain
    assert 'service.name:("pay") and log.level:("ALERT" or ' in kibana
    assert 'and message:("refused")' in kibana


async def test_messages_that_are_no_text_cannot_be_searched_by_words(holding):
    async with holding(RECORDS) as place:
        with pytest.raises(Refused, match='ask with contains ""') as refused:
            await search(place, room_settings={"message_field": "log.level"}, contains="refused")
    assert "ELASTICSEARCH_MESSAGE_FIELD" in refused.value.fix


async def test_lines_without_a_level_cannot_be_asked_for_by_level(holding):
    async with holding(RECORDS) as place:
        with pytest.raises(Refused, match='ask with level ""'):
            await search(place, room_settings={"level_field": "severity"}, level="error")


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ({"service": "ledger"}, "'ledger' is no service of this incident; ask about pay, cart"),
        ({"level": "fatal"}, "level must be one of \"\", warning, error, not 'fatal'"),
        ({"minutes": 0}, "a whole number from 1 to 1440, not 0"),
        ({"minutes": 1_441}, "not 1441"),
        ({"contains": "x" * 201}, "200 characters, not 201"),
        ({"contains": "a\0b"}, "contains must be text"),
        ({"contains": None}, "contains must be text, not None"),
        ({"contains": ["a"]}, "contains must be text, not ['a']"),
        ({"index": "*"}, "there is no argument 'index'"),
    ],
)
async def test_refused_before_anything_is_asked(given_, told):
    async with stand_in.running(Written(RECORDS), api_key=KEY) as there:
        async with opened(elasticsearch.Settings(there.url, KEY)) as room:
            with pytest.raises(Refused) as refused:
                await room.tools[0].use(wanted(**given_), scope())
        assert there.requests == []
    assert told in refused.value.reason


async def test_a_wrong_key_names_the_setting(stood_in):
    async with opened(replace(stood_in, api_key="another")) as room:
        with pytest.raises(Refused, match="ELASTICSEARCH_API_KEY"):
            await room.tools[0].use(wanted(), scope())


async def test_who_does_not_answer_is_not_waited_for():
    with misbehaving(hangs) as silent:
        async with opened(elasticsearch.Settings(silent.url, KEY, timeout=0.5)) as room:
            with pytest.raises(Unreachable, match=r"no answer in 0.5 s"):
                await room.tools[0].use(wanted(), scope())


async def test_a_window_ends_where_the_scope_does(holding):
    late = before(-60, message="after now")
    async with holding([*RECORDS, late]) as place:
        assert "after now" not in (await search(place)).text
    assert late.time > NOW - timedelta(minutes=1)
