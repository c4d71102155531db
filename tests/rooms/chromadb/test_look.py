"""Which past incidents are found and which are not, and that nothing is doubled. A real Chroma, in a folder."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from werkzeug import Response

from integrations import chromadb
from integrations.chromadb import Memory, Settings
from integrations.chromadb.client import Store
from integrations.contract import Gap, History, Look, Refused, RoomError, Similar


@pytest.fixture(scope="module")
def kept(tmp_path_factory, history) -> Settings:
    """A memory that holds the whole history."""
    settings = Settings(path=tmp_path_factory.mktemp("kept"))
    asyncio.run(chromadb.remember(settings, history))
    return settings


WITH_COUNTERPART = [
    ("billing", "HighErrorRate", "12 % of the requests to billing fail, usually 0.1 %", "HighErrorRate-billing"),
    ("cart", "PodOOMKilled", "Container cart was killed for memory 3 times in 10 minutes", "PodCrashLooping-cart"),
    ("search-api", "LatencyHigh", "p99 latency of search-api is 2.9 s", "HighLatency-search-api"),
    ("shipping", "VolumeFull", "The data volume of shipping has been more than 97 % full", "DiskAlmostFull-shipping"),
    ("auth", "ConsumerLagging", "auth has 120,000 messages of consumer lag", "KafkaConsumerLag-auth"),
    ("gateway", "NameResolution", "No such host for an internal name in gateway", "DNSFailures-gateway"),
]
WITHOUT = [
    ("auth", "CertificateExpiringSoon", "The TLS certificate of auth.example.com expires in 3 days"),
    ("warehouse", "ReplicationLagging", "Replica of warehouse-db is 900 s behind the primary"),
    ("ledger", "KubeJobFailed", "Job nightly-report failed to complete"),
    ("media-store", "Watchdog", "This alert is always firing"),
    ("media-store", "", ""),
]


@pytest.mark.parametrize(("service", "alert", "summary", "counterpart"), WITH_COUNTERPART)
async def test_the_counterpart_comes_first(kept, open_room, make_scope, service, alert, summary, counterpart):
    look = await open_room(kept).look(make_scope(service, alert, summary, pod=f"{service}-7d9f", severity="page"))

    history, first, *more = look.findings
    assert history == History(130)
    assert isinstance(first, Similar)
    assert first.incident_id == f"INC-{counterpart}"
    assert first.why.startswith("same service")
    assert len(more) <= 2
    assert all(1 >= first.score >= other.score > 0 for other in more)


@pytest.mark.parametrize(("service", "alert", "summary"), WITHOUT)
async def test_what_has_no_counterpart_finds_nothing_and_says_in_how_many(
    kept, open_room, make_scope, service, alert, summary
):
    assert await open_room(kept).look(make_scope(service, alert, summary)) == Look((History(130),))


async def test_a_new_service_learns_from_others(kept, open_room, make_scope):
    look = await open_room(kept).look(make_scope("brand-new", "HighErrorRate", "20 % of requests failed"))

    assert len(look.findings) == 4
    assert all("HighErrorRate" in found.incident_id for found in look.findings[1:])
    assert look.findings[1].why == "same alert; both speak of “request”, “failed”"


async def test_an_empty_memory_is_no_gap(tmp_path, open_room, make_scope):
    room = open_room(Settings(path=tmp_path / "new" / "folder"))

    assert await room.look(make_scope("cart", "HighErrorRate", "errors")) == Look((History(0),))
    assert (await room.ready()).detail == "0 past incidents in incidents-hashing-384"


def one(**other: object) -> Memory:
    fields = {"service": "cart", "title": "Cart failed", "opened_at": datetime(2026, 1, 2, tzinfo=UTC)}
    return Memory(**{"id": "INC-1", **fields, **other})  # type: ignore[arg-type]


async def test_what_is_learnt_twice_is_there_once_and_as_it_was_learnt_last(tmp_path, open_room, make_scope):
    settings = Settings(path=tmp_path)
    first = one(summary="CartBroken: baskets vanish", cause="Unknown.", minutes=11.0, url="https://pm/1")

    assert await chromadb.remember(settings, [first, first]) == 1
    assert await chromadb.remember(settings, [replace(first, cause="A full disk.", alerts=("CartBroken",))]) == 1

    look = await open_room(settings).look(make_scope("cart", "CartBroken", "baskets vanish"))
    (found,) = look.findings[1:]
    assert (found.incident_id, found.cause, found.minutes, found.url) == ("INC-1", "A full disk.", 11.0, "https://pm/1")
    assert found.at == first.opened_at
    assert found.why == "same service, same alert; both speak of “basket”, “vanish”"


async def test_what_is_learnt_while_a_room_is_open_is_found(tmp_path, open_room, make_scope):
    settings = Settings(path=tmp_path)
    room = open_room(settings)
    scope = make_scope("cart", "CartBroken", "baskets vanish")
    assert await room.look(scope) == Look((History(0),))

    await chromadb.remember(settings, [one(alerts=("CartBroken",))])

    assert [found.kind for found in (await room.look(scope)).findings] == ["history", "similar"]

    await chromadb.remember(settings, [one(id="INC-2", alerts=("CartBroken",))])

    found = (await room.look(scope)).findings
    assert found[0] == History(2)
    assert [one.kind for one in found[1:]] == ["similar", "similar"]


async def test_the_index_of_words_follows_what_a_store_itself_rewrites(tmp_path):
    store = Store(Settings(path=tmp_path))
    await store.remember([one(summary="baskets vanish")])
    assert (await store.words()).search("vanish", 5)

    await store.remember([one(summary="payments doubled")])

    assert not (await store.words()).search("vanish", 5)
    assert (await store.words()).search("doubled", 5)
    await store.close()


async def test_another_embedder_gets_what_was_remembered_under_the_one_before(
    tmp_path, open_room, make_scope, httpserver
):
    await chromadb.remember(Settings(path=tmp_path), [one(alerts=("CartBroken",)), one(id="INC-2")])
    httpserver.expect_request("/embeddings", method="POST").respond_with_handler(_letters)
    other = Settings(
        path=tmp_path, embedder="http", embedder_url=httpserver.url_for("/embeddings"), embedder_model="M 1"
    )

    room = open_room(other)
    look = await room.look(make_scope("cart", "CartBroken", "baskets vanish"))

    assert look.findings[0] == History(2)
    assert look.findings[1].incident_id == "INC-1"
    assert look.gaps == ()
    detail = (await room.ready()).detail
    assert detail.startswith("2 past incidents in incidents-http-m-1-")
    assert (await open_room(Settings(path=tmp_path)).ready()).detail == "2 past incidents in incidents-hashing-384"


async def test_without_its_embedder_the_memory_is_searched_by_words(tmp_path, open_room, make_scope, httpserver):
    httpserver.expect_request("/embeddings").respond_with_handler(_letters)
    settings = Settings(path=tmp_path, embedder="http", embedder_url=httpserver.url_for("/embeddings"))
    await chromadb.remember(settings, [one(alerts=("CartBroken",))])
    httpserver.clear()
    httpserver.expect_request("/embeddings").respond_with_data("oh", 503)

    look = await open_room(settings).look(make_scope("cart", "CartBroken", "baskets vanish"))

    assert look.findings[0] == History(1)
    assert look.findings[1].incident_id == "INC-1"
    assert look.gaps == (Gap("chromadb", "searched by words only: the embedder answered 503", partial=True),)


def _letters(request):
    """A toy embedder: how often each letter occurs."""
    texts = request.get_json()["input"]
    rows = [
        {"index": at, "embedding": [1 + text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"]}
        for at, text in enumerate(texts)
    ]
    return Response(json.dumps({"data": rows[::-1]}), content_type="application/json")


async def test_a_folder_that_cannot_be_used_names_the_setting(tmp_path, open_room, make_scope):
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(RoomError, match="CHROMA_PATH"):
        await open_room(Settings(path=tmp_path / "file")).look(make_scope("cart", "A", "b"))
    with pytest.raises(Refused, match="CHROMA_PATH"):
        await open_room(Settings()).ready()


async def test_a_cancelled_look_lets_go(kept, open_room, make_scope):
    look = asyncio.create_task(open_room(kept).look(make_scope("cart", "A", "b")))
    await asyncio.sleep(0)
    look.cancel()
    with pytest.raises(asyncio.CancelledError):
        await look
