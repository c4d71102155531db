"""What a model may ask the memory: past incidents that read alike."""

import asyncio

import pytest

from integrations import chromadb
from integrations.chromadb import Memory, Settings
from integrations.contract import TOOL_ANSWER_BYTES, Refused, Unreachable
from tests.rooms.chromadb.conftest import NOW
from tests.rooms.misbehaving import hangs, misbehaving


@pytest.fixture(scope="module")
def kept(tmp_path_factory, history):
    settings = Settings(path=tmp_path_factory.mktemp("kept"))
    asyncio.run(chromadb.remember(settings, history))
    return settings


async def similar(room, scope, text=""):
    (tool,) = room.tools
    return await tool.use({"text": text}, scope)


async def test_by_the_incident_s_own_alerts(kept, open_room, make_scope):
    scope = make_scope("billing", "HighErrorRate", "12 % of the requests to billing fail, usually 0.1 %")
    answer = await similar(open_room(kept), scope)
    head, first, cause, mended = answer.text.splitlines()[:4]
    assert head.endswith(" alike among 130 past incidents")
    assert first.startswith("INC-HighErrorRate-billing · billing · 2026-")
    assert cause == "  cause: The new version read a setting that was not there."
    assert mended == "  mended by: Mended."
    assert (answer.label, answer.hard, answer.services[0]) == ("past incidents like this one", False, "billing")


async def test_by_words_of_one_s_own(kept, open_room, make_scope):
    scope = make_scope("billing", "HighErrorRate", "12 % of the requests fail")
    answer = await similar(open_room(kept), scope, "waiting for a database connection, pool exhausted")
    assert "pool exhausted" in answer.text
    assert "A slow query held every connection of the pool." in answer.text
    assert answer.label == "past incidents like “waiting for a database connection, pool exhausted”"


async def test_nothing_alike_says_among_how_many(kept, open_room, make_scope):
    scope = make_scope("media-store", "Watchdog", "This alert is always firing")
    answer = await similar(open_room(kept), scope)
    assert answer.text == "0 alike among 130 past incidents"


async def test_long_memories_are_cut(tmp_path, open_room, make_scope):
    settings = Settings(path=tmp_path)
    told = [
        Memory(f"INC-{n}", "billing", "HighErrorRate on billing", NOW, cause="why " * 900, resolution="how " * 900)
        for n in range(5)
    ]
    await chromadb.remember(settings, told)
    answer = await similar(open_room(settings), make_scope("billing", "HighErrorRate", "errors of billing"))
    assert len(answer.text.encode()) <= TOOL_ANSWER_BYTES
    assert answer.text.count("why…") == 3


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"text": 1}, "text must be text, not 1"),
        ({"text": "x" * 501}, "text may have 500 characters, not 501"),
        ({}, "text is missing; similar_incidents needs text"),
        ({"text": "", "service": "x"}, "there is no argument 'service'; similar_incidents takes text"),
    ],
)
async def test_refused_with_what_to_ask_instead(kept, open_room, make_scope, given, told):
    (tool,) = open_room(kept).tools
    with pytest.raises(Refused) as refused:
        await tool.use(given, make_scope("billing", "X", "y"))
    assert told in refused.value.reason


async def test_who_does_not_answer_is_not_waited_for(make_scope, open_room):
    with misbehaving(hangs) as silent:
        room = open_room(Settings(url=silent.url, timeout_s=30.0, limit_s=0.5))
        with pytest.raises(Unreachable, match=r"no answer in 0.5 s"):
            await similar(room, make_scope("billing", "X", "y"))
