"""Whatever the log is like: bounded in memory, honest about what is missing, and nothing left running."""

import asyncio
import tracemalloc
from contextlib import asynccontextmanager

import pytest

from integrations.contract import Malformed, Unreachable
from playground.elasticsearch.app import App
from playground.serving import serving
from tests.rooms.elasticsearch.conftest import KEY, Place, Written, before, opened, scope

MIB = 1024 * 1024


def quiet(many):
    return [before(4500 - 4500 * i / many, message=f"request {i}") for i in range(many)]


@asynccontextmanager
async def served(records, twist=None):
    """The stand-in; `twist(number, receive)` may answer the search of that number otherwise, piece by piece."""
    app = App(Written(records), KEY, "logs-1")
    searches = 0

    async def twisted(scope, receive, send):
        nonlocal searches
        pieces = None
        if twist and scope["path"].endswith("_search"):
            searches += 1
            pieces = twist(searches, receive)
        if pieces is None:
            await app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"x-elastic-product", b"Elasticsearch")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async with serving(twisted) as url:
        yield Place(url, "logs-1", KEY), app


async def once(text):
    yield text.encode()


async def test_of_184_300_lines_ten_thousand():
    records = quiet(184_300)
    async with served(records) as (place, _), opened(place.settings()) as room:
        await room.look(scope())
        tracemalloc.start()
        try:
            look = await room.look(scope())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    (logs,) = look.findings
    assert (len(logs.lines), logs.total) == (10_000, 184_300)
    assert len({line.message for line in logs.lines}) == 10_000
    assert [gap.reason for gap in look.gaps] == ["sampled 10,000 of 184,300 lines"]
    assert peak < 60 * MIB


async def test_no_answer_is_large_and_no_page_is_asked_for_needlessly():
    async with served(quiet(2_500)) as (place, app):
        await place.look()
    assert app.requests.count("POST /logs-1/_search") == 1 + 3  # no loud line, and three pages of quiet ones


async def test_shards_that_do_not_answer_are_a_gap():
    hit = (
        '{"_source": {"service.name": "pay", "message": "here"},'
        ' "fields": {"@timestamp": ["1772509310000"]}, "sort": [0.5, 1]}'
    )
    answer = (
        '{"timed_out": true, "_shards": {"total": 5, "successful": 3, "failed": 2},'
        f' "hits": {{"total": {{"value": 1, "relation": "eq"}}, "hits": [{hit}]}}}}'
    )
    async with served([], lambda *_: once(answer)) as (place, _):
        look = await place.look(level_field="severity")
    assert [line.message for line in look.findings[0].lines] == ["here"]
    assert [gap.reason for gap in look.gaps] == ["2 of 5 shards did not answer", "Elasticsearch ran out of time"]
    assert all(gap.partial for gap in look.gaps)


@pytest.mark.parametrize(
    "answer",
    [
        "{}",
        '{"hits": []}',
        '{"hits": {"hits": [7]}, "_shards": {}}',
        '{"hits": {"hits": {}}, "_shards": {"failed": "x"}}',
        '{"hits": {"hits": [], "total": {"value": 1e999}}, "_shards": {"total": 1}}',
    ],
)
async def test_an_answer_of_another_shape_is_malformed(answer):
    async with served([], lambda *_: once(answer)) as (place, _):
        with pytest.raises(Malformed):
            await place.look()


@asynccontextmanager
async def trickling(from_search):
    """A server whose searches trickle from that one on, and how many of those began and were left by the client."""
    begun, left = asyncio.Semaphore(0), asyncio.Semaphore(0)

    async def trickle(receive):
        begun.release()
        gone = asyncio.ensure_future(hung_up(receive))
        while not gone.done():
            yield b" "
            await asyncio.wait([gone], timeout=0.01)
        left.release()

    async def hung_up(receive):
        while (await receive())["type"] != "http.disconnect":
            pass

    def twist(number, receive):
        return trickle(receive) if number >= from_search else None

    async with served(quiet(2_500), twist) as (place, _):
        yield place, begun, left


async def test_what_was_read_before_the_server_fell_silent_is_kept():
    async with trickling(3) as (place, _, _):
        look = await place.look(timeout=5.0)
    (logs,) = look.findings
    assert (len(logs.lines), logs.total) == (1_000, 2_500)
    assert [gap.reason for gap in look.gaps] == ["no answer in 5 s", "sampled 1,000 of 2,500 lines"]


async def test_a_server_that_trickles_from_the_first_is_unreachable():
    async with trickling(1) as (place, _, _):
        with pytest.raises(Unreachable) as unreachable:
            await place.look(timeout=0.3)
    assert unreachable.value.reason == "no answer in 0.3 s"


async def test_a_cancelled_look_hangs_up():
    async with trickling(1) as (place, begun, left), opened(place.settings()) as room, asyncio.timeout(10):
        look = asyncio.ensure_future(room.look(scope()))
        for _ in ("loud", "quiet"):
            await begun.acquire()
        look.cancel()
        with pytest.raises(asyncio.CancelledError):
            await look
        for _ in ("loud", "quiet"):
            await left.acquire()


async def test_looks_at_once_share_one_connection():
    async with served(quiet(20)) as (place, _), opened(place.settings()) as room:
        looks = await asyncio.gather(*(room.look(scope()) for _ in range(5)))
    assert len({look.findings for look in looks}) == 1
