"""API keys, on the stand-in alone: the minimal real distribution refuses wrong ones, but cannot make a right one."""

import json

import pytest

from integrations.contract import Malformed, Refused, Unreachable
from playground import elasticsearch as stand_in
from tests.rooms.elasticsearch.conftest import KEY, Place, Written, before, opened, scope
from tests.rooms.elasticsearch.test_wire import asked
from tests.rooms.misbehaving import answers, misbehaving


@pytest.fixture
async def place():
    async with stand_in.running(Written([before(9)]), api_key=KEY) as there:
        yield Place(there.url, stand_in.INDEX, KEY)


async def test_the_right_key_is_let_in(place):
    assert (await place.look()).findings[0].total == 1
    async with opened(place.settings()) as room:
        assert (await room.ready()).detail == "Elasticsearch 8.19.0, logs-playground: 1 index"


@pytest.mark.parametrize("key", ["", "d3Jvbmc6d3Jvbmc=", KEY + "x", "äöü"])
async def test_any_other_key_is_refused_and_never_shown(place, key):
    async with opened(place.settings(api_key=key)) as room:
        for question in (room.look(scope()), room.ready()):
            with pytest.raises(Refused) as refused:
                await question
            assert "ELASTICSEARCH_API_KEY" in refused.value.fix
            assert not key or key not in str(refused.value)


async def test_the_refusal_is_the_real_one_s(place):
    none = await asked(Place(place.url, place.index), {})
    assert none.status_code == 401
    assert none.json()["error"]["type"] == "security_exception"
    reason = f"missing authentication credentials for REST request [/{place.index}/_search]"
    assert none.json()["error"]["reason"] == reason
    wrong = (await asked(Place(place.url, place.index, "wrong"), {})).json()["error"]
    assert wrong["reason"].startswith("unable to authenticate with provided credentials")
    assert wrong["additional_unsuccessful_credentials"] == "API key: invalid ApiKey value"
    basic = await asked(Place(place.url, place.index), {}, authorization="Basic ZWxhc3RpYzpw")
    assert basic.status_code == 401
    assert "x-elastic-product" not in basic.headers


async def test_a_password_in_the_address_is_sent_and_never_shown(place):
    url = place.url.replace("://", "://elastic:p%40ss-nobody-may-see@")
    with pytest.raises(Refused) as refused:
        await place.look(url=url, api_key="")
    assert "nobody-may-see" not in str(refused.value)
    assert "nobody-may-see" not in repr(place.settings(url=url, api_key=""))


@pytest.mark.parametrize(("status", "kind"), [(400, Malformed), (500, Unreachable), (418, Malformed)])
async def test_the_server_s_own_words_are_told_without_the_key(status, kind):
    told = {"type": "x", "reason": f"no good: ApiKey {KEY} or p@ss-nobody-may-see " + "and more " * 90}
    body = json.dumps({"error": {"root_cause": [told], **told}, "status": status}).encode()
    for password, key in (("", KEY), ("elastic:p%40ss-nobody-may-see@", "")):
        with misbehaving(answers(status, body)) as there, pytest.raises(kind) as failed:
            await Place(there.url.replace("://", f"://{password}"), "logs-*", key).look()
        assert "no good: ApiKey" in failed.value.reason
        assert len(failed.value.reason) < 260
        assert (KEY if key else "nobody-may-see") not in str(failed.value)
