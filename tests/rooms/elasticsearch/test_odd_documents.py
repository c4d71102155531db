"""Documents as they are in real life: nested or dotted, other mappings, missing and strange values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import elasticsearch
from integrations.contract import Refused
from integrations.elasticsearch.client import Hit
from integrations.elasticsearch.lines import cut, line, pick
from integrations.elasticsearch.sample import MAX_LINES, QUIET_LINES, shares
from tests.real.elasticsearch import index_of
from tests.rooms.elasticsearch.conftest import FIELDS, Place, scope

AT = "2026-03-03T03:41:00Z"
BOTH = {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}
SERVICE_AS = {"properties": {"name": BOTH}}


async def messages(server, documents, mapping, **settings):
    """What the room makes of documents in a real index: message → (service, level, instance)."""
    with index_of(server.url, documents, {"properties": mapping}) as name:
        look = await Place(server.url, name).look(scope("payment-service", "cart"), **settings)
    return {line.message: (line.service, line.level, line.instance) for line in look.findings[0].lines}


@pytest.mark.needs("elasticsearch")
async def test_nested_and_dotted_documents_are_read_alike(real):
    documents = [
        {"@timestamp": AT, "service": {"name": "cart"}, "log": {"level": "info"}, "message": "nested"},
        {"@timestamp": AT, "service.name": "cart", "log.level": "warn", "message": "dotted"},
        {"@timestamp": 1772509260000, "service.name": ["cart", "x"], "message": ["a", "list"]},
        {"@timestamp": AT, "service.name": "cart", "kubernetes": {"pod.name": "cart-7"}, "message": "half"},
        {"@timestamp": AT, "service.name": "cart", "message": "no level"},
    ]
    assert await messages(real, documents, FIELDS) == {
        "nested": ("cart", "info", ""),
        "dotted": ("cart", "warn", ""),
        "a": ("cart", "", ""),
        "half": ("cart", "", "cart-7"),
        "no level": ("cart", "", ""),
    }


@pytest.mark.needs("elasticsearch")
async def test_a_text_with_a_keyword_beside_it_matches_whole_names_only(real):
    documents = [
        {"@timestamp": AT, "service": {"name": name}, "log": {"level": "ERROR"}, "message": name}
        for name in ("payment-service", "payment-service-canary", "service", "payment")
    ]
    mapping = FIELDS | {"service": SERVICE_AS, "log": {"properties": {"level": BOTH}}}
    assert list(await messages(real, documents, mapping)) == ["payment-service"]


@pytest.mark.needs("elasticsearch")
async def test_a_text_without_a_keyword_cannot_tell_services_apart(real):
    mapping = FIELDS | {"service": {"properties": {"name": {"type": "text"}}}}
    with pytest.raises(Refused) as refused:
        await messages(real, [{"@timestamp": AT, "service.name": "cart"}], mapping)
    assert "ELASTICSEARCH_SERVICE_FIELD" in refused.value.fix


@pytest.mark.needs("elasticsearch")
@pytest.mark.parametrize("level", [{"type": "text"}, {"type": "long"}, {"type": "keyword"}, {"type": "boolean"}])
async def test_levels_of_any_type_lose_no_line(real, level):
    value = {"long": 40, "boolean": True}.get(level["type"], "Error")
    documents = [
        {"@timestamp": AT, "service.name": "cart", "log": {"level": value}, "message": "with"},
        {"@timestamp": AT, "service.name": "cart", "message": "without"},
    ]
    mapping = FIELDS | {"log": {"properties": {"level": level}}}
    assert set(await messages(real, documents, mapping)) == {"with", "without"}


@pytest.mark.needs("elasticsearch")
async def test_a_constant_service_that_the_documents_do_not_spell_out(real):
    mapping = FIELDS | {
        "service": {"properties": {"alias": {"type": "alias", "path": "app"}}},
        "app": {"type": "keyword"},
    }
    documents = [{"@timestamp": AT, "app": "cart", "message": "renamed"}]
    assert await messages(real, documents, mapping, service_field="service.alias") == {"renamed": ("cart", "", "")}


@pytest.mark.needs("elasticsearch")
async def test_nanoseconds_and_environments(real):
    mapping = FIELDS | {"@timestamp": {"type": "date_nanos"}, "env": {"type": "keyword"}}
    documents = [
        {"@timestamp": "2026-03-03T03:41:00.123456789Z", "service.name": "cart", "env": env, "message": env}
        for env in ("prod", "staging")
    ]
    assert set(await messages(real, documents, mapping)) == {"prod", "staging"}
    assert set(await messages(real, documents, mapping, env_field="env")) == {"prod"}


@pytest.mark.needs("elasticsearch")
async def test_an_index_that_the_key_may_not_read_is_refused(real):
    if not real.guarded:
        pytest.skip("ELASTICSEARCH_TEST_URL may let everyone in")
    with pytest.raises(Refused) as refused:
        await Place(real.url, "somebody-else-s").look()
    assert refused.value.reason == "the API key may not read the logs"
    assert "somebody-else-s" in refused.value.fix


SETTINGS = elasticsearch.Settings("http://localhost:9200")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"message": None}, ""),
        ({}, ""),
        ({"message": {"a": "ü"}}, '{"a": "ü"}'),
        ({"message": []}, "[]"),
        ({"message": [["deep"]]}, "deep"),
        ({"message": 17.5}, "17.5"),
        ({"message": True}, "True"),
        ({"message": "lone \ud800 half"}, "lone ? half"),
    ],
)
def test_a_strange_message_becomes_text(source, message):
    read = line(Hit(source, {"@timestamp": ["1772509260000"], "service.name": ["pay"]}, ()), SETTINGS)
    assert read is not None
    assert (read.message, read.service) == (message, "pay")


@pytest.mark.parametrize("time", [None, [], ["soon"], ["1e400"], ["nan"], ["-99999999999999999"], {}])
def test_a_line_without_a_time_is_left_out(time):
    assert line(Hit({"message": "x"}, {"@timestamp": time}, ()), SETTINGS) is None


@given(st.lists(st.text(st.characters(exclude_characters="."), min_size=1), min_size=1, max_size=5), st.data())
def test_a_dotted_path_is_found_however_it_is_nested(names, data):
    value: object = "found"
    left = names
    while left:
        many = data.draw(st.integers(1, len(left)))
        value, left = {".".join(left[-many:]): value}, left[:-many]
    assert pick(value, ".".join(names)) == "found"


@given(st.text(), st.integers(3, 40))
def test_a_cut_text_fits_and_is_a_beginning(text, limit):
    kept = cut(text, limit)
    assert len(kept.encode()) <= limit
    assert kept == text or (kept.endswith("…") and text.startswith(kept[:-1]))


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_shares_are_all_or_full(loud, quiet):
    kept = shares([loud, quiet])
    assert sum(kept) == min(loud + quiet, MAX_LINES)
    assert kept[0] <= loud
    assert min(quiet, QUIET_LINES) <= kept[1] <= quiet
