"""What goes over the wire: the stand-in answers and refuses as a real Elasticsearch does, word for word."""

import re

import httpx
import pytest

from tests.rooms.elasticsearch.conftest import before

RECORDS = [
    before(50, "pay", "connection refused: gateway.internal:8443", "ERROR", "pay-1"),
    before(40, "cart", "ok fine", "INFO", "cart-1"),
    before(30, "pay", "Connection reset", "WARN", "pay-2"),
    before(20, "pay", "done", "", ""),
    before(10, "cart", "disk full", "ERROR", "cart-1"),
]
ALL = {"match_all": {}}


def random_order(seed, **query):
    scored = {"query": query or ALL, "random_score": {"seed": seed, "field": "_seq_no"}, "boost_mode": "replace"}
    return {"query": {"function_score": scored}, "sort": [{"_score": "desc"}, {"_seq_no": "asc"}]}


async def asked(place, body=None, *, path="_search", method="POST", index=None, **headers):
    """The answer to a raw request."""
    given = place.headers | {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(base_url=place.url, headers=given, timeout=30) as client:
        content = {"content": body} if isinstance(body, str | bytes) else {"json": body}
        return await client.request(method, f"/{index or place.index}/{path}", **(content if body is not None else {}))


def messages(answer):
    assert answer.status_code == 200, answer.text
    return [hit["_source"]["message"] for hit in answer.json()["hits"]["hits"]]


def plain(reason):
    """Without positions in the text, and without suggestions."""
    return re.sub(r"\[\d+:\d+\] ?|\s*did you mean.*", "", reason)


REFUSED = [
    ({"query": {"foo": {}}}, "parsing_exception", "unknown query [foo]"),
    ({"query": {}}, "illegal_argument_exception", "query malformed, empty clause found at "),
    ({"query": []}, "parsing_exception", "Unknown key for a START_ARRAY in [query]."),
    ({"qury": ALL}, "parsing_exception", "Unknown key for a START_OBJECT in [qury]."),
    ({"siz": 1}, "parsing_exception", "Unknown key for a VALUE_NUMBER in [siz]."),
    ({"_sourc": ["a"]}, "parsing_exception", "Unknown key for a START_ARRAY in [_sourc]."),
    ({"query": {"bool": {"musst": []}}}, "x_content_parse_exception", "[bool] unknown field [musst]"),
    ({"query": {"match_all": {"x": 1}}}, "parsing_exception", "[match_all] unknown field [x]"),
    ({"query": {"range": {"@timestamp": {"gtt": 1}}}}, "parsing_exception", "[range] query does not support [gtt]"),
    ({"query": {"range": {"@timestamp": 5}}}, "parsing_exception", "[range] query does not support [@timestamp]"),
    (
        {"query": {"range": {"@timestamp": {"gte": "yesterday"}}}},
        "parse_exception",
        "failed to parse date field [yesterday] with format [strict_date_optional_time||epoch_millis]: "
        "[failed to parse date field [yesterday] with format [strict_date_optional_time||epoch_millis]]",
    ),
    ({"query": {"terms": {"service.name": "x"}}}, "parsing_exception", "[terms] query does not support [service.name]"),
    (
        {"query": {"term": {"service.name": {"value": "pay", "x": 1}}}},
        "parsing_exception",
        "[term] query does not support [x]",
    ),
    ({"query": {"term": {}}}, "illegal_argument_exception", "field name is null or empty"),
    (
        {"query": {"term": {"a": "b", "c": "d"}}},
        "parsing_exception",
        "[term] query doesn't support multiple fields, found [a] and [c]",
    ),
    (
        {"query": {"term": {"service.name": "pay"}, "x": {}}},
        "parsing_exception",
        "[term] malformed query, expected [END_OBJECT] but found [FIELD_NAME]",
    ),
    ({"query": {"exists": {"fieldd": "a"}}}, "parsing_exception", "[exists] query does not support [fieldd]"),
    (
        {"query": {"match": {"message": {"query": "a", "foo": 1}}}},
        "parsing_exception",
        "[match] query does not support [foo]",
    ),
    (
        {"query": {"function_score": {"query": ALL, "foo": 1}}},
        "parsing_exception",
        "failed to parse [function_score] query. field [foo] is not supported",
    ),
    (
        {"query": {"function_score": {"query": ALL, "random_score": {"seedx": 7}}}},
        "parsing_exception",
        "random_score query does not support [seedx]",
    ),
    (
        {
            "query": {
                "function_score": {
                    "query": ALL,
                    "random_score": {"seed": 7, "field": "_seq_no"},
                    "boost_mode": "x",
                }
            }
        },
        "illegal_argument_exception",
        "No enum constant org.elasticsearch.common.lucene.search.function.CombineFunction.X",
    ),
    ({"size": -1}, "illegal_argument_exception", "[size] parameter cannot be negative, found [-1]"),
    ({"size": "x"}, "number_format_exception", 'For input string: "x"'),
    (
        {"size": 9_000, "from": 1_001},
        "illegal_argument_exception",
        "Result window is too large, from + size must be less than or equal to: [10000] but was [10001]. See the "
        "scroll api for a more efficient way to request large data sets. This limit can be set by changing the "
        "[index.max_result_window] index level setting.",
    ),
    (
        {"timeout": "5"},
        "illegal_argument_exception",
        "failed to parse setting [timeout] with value [5] as a time value: unit is missing or unrecognized",
    ),
    ({"sort": [{"nope": "asc"}]}, "query_shard_exception", "No mapping found for [nope] in order to sort on"),
    (
        {"sort": [{"@timestamp": "up"}]},
        "illegal_argument_exception",
        "No enum constant org.elasticsearch.search.sort.SortOrder.UP",
    ),
    (
        {"sort": [{"@timestamp": {"order": "asc", "foo": 1}}]},
        "x_content_parse_exception",
        "[field_sort] unknown field [foo]",
    ),
    (
        {"sort": ["@timestamp"], "search_after": [1, 2]},
        "illegal_argument_exception",
        "search_after has 2 value(s) but sort has 1.",
    ),
    ({"search_after": [1]}, "illegal_argument_exception", "Sort must contain at least one field."),
    (
        {"sort": ["@timestamp"], "search_after": [1], "from": 5},
        "action_request_validation_exception",
        "Validation Failed: 1: [from] parameter must be set to 0 when [search_after] is used;",
    ),
]


async def test_what_is_not_understood_is_refused_in_the_same_words(holding):
    async with holding(RECORDS) as place:
        for body, kind, reason in REFUSED:
            answer = await asked(place, body)
            assert answer.status_code == 400, body
            told = answer.json()
            assert told["status"] == 400
            cause = told["error"]["root_cause"][0]
            assert (cause["type"], plain(cause["reason"])) == (kind, reason), body
            assert answer.headers["x-elastic-product"] == "Elasticsearch"


FOUND = [
    (ALL, 5),
    ({"term": {"service.name": "pay"}}, 3),
    ({"term": {"service.name": {"value": "pay"}}}, 3),
    ({"terms": {"service.name": ["pay", "cart", "x"]}}, 5),
    ({"terms": {"service.name": []}}, 0),
    ({"terms": {"nope": ["pay"]}}, 0),
    ({"exists": {"field": "log.level"}}, 4),
    ({"exists": {"field": "log"}}, 4),
    ({"exists": {"field": "kubernetes.pod.name"}}, 4),
    ({"exists": {"field": "message"}}, 5),
    ({"exists": {"field": "nope"}}, 0),
    ({"range": {"@timestamp": {"gte": "2026-03-03T03:41:20Z"}}}, 4),
    ({"range": {"@timestamp": {"gt": "2026-03-03T03:41:20.000+00:00", "lte": "2026-03-03T04:41:50+01:00"}}}, 3),
    ({"range": {"@timestamp": {"lt": 1_772_509_280_000}}}, 1),
    ({"range": {"@timestamp": {"gte": "now-40000d", "lt": "2026-03-03T03:41:30Z"}}}, 2),
    ({"range": {"nope": {"gte": 1}}}, 0),
    ({"match": {"message": "connection disk"}}, 3),
    ({"match": {"message": {"query": "connection reset", "operator": "and"}}}, 1),
    ({"match": {"message": "gateway.internal"}}, 1),
    ({"match": {"service.name": "pay"}}, 3),
    ({"bool": {}}, 5),
    ({"bool": {"filter": {"term": {"service.name": "pay"}}, "must_not": [{"term": {"log.level": "WARN"}}]}}, 2),
    ({"bool": {"should": [{"term": {"log.level": "WARN"}}, {"term": {"log.level": "ERROR"}}]}}, 3),
    ({"bool": {"should": [{"term": {"log.level": "WARN"}}], "filter": [ALL]}}, 5),
    ({"bool": {"should": [{"term": {"log.level": "WARN"}}], "must": [ALL], "minimum_should_match": 1}}, 1),
]


async def test_clauses_find_the_same(holding):
    async with holding(RECORDS) as place:
        for query, total in FOUND:
            answer = (await asked(place, {"query": query})).json()
            assert answer["hits"]["total"] == {"value": total, "relation": "eq"}, query
            assert len(answer["hits"]["hits"]) == total
            counted = (await asked(place, {"query": query}, path="_count")).json()
            assert counted["count"] == total, query


async def test_sorting_and_pages(holding):
    in_time = [record.message for record in RECORDS]
    async with holding(RECORDS) as place:
        assert messages(await asked(place, {"sort": ["@timestamp"]})) == in_time
        assert messages(await asked(place, {"sort": [{"@timestamp": "desc"}], "size": 2})) == in_time[:2:-1]
        assert messages(await asked(place, {"sort": "@timestamp", "from": 3})) == in_time[3:]
        both = [{"service.name": {"order": "asc"}}, {"@timestamp": {"order": "desc"}}]
        first = (await asked(place, {"sort": both, "size": 3})).json()["hits"]["hits"]
        assert [hit["_source"]["message"] for hit in first] == [in_time[at] for at in (4, 1, 3)]
        assert first[-1]["sort"] == ["pay", 1_772_509_300_000]
        assert first[-1]["_score"] is None
        after = {"sort": both, "search_after": first[-1]["sort"]}
        assert messages(await asked(place, after)) == [in_time[at] for at in (2, 0)]


async def test_a_random_order_stays_and_pages_through_everything_once(holding):
    records = [before(2000 - i, message=f"{i}") for i in range(1_000)]
    async with holding(records) as place:
        seen, after = [], {}
        for _ in range(11):
            body = random_order(7, term={"service.name": "pay"}) | {"size": 100, "track_total_hits": False} | after
            answer = (await asked(place, body)).json()
            assert "total" not in answer["hits"]
            if not (hits := answer["hits"]["hits"]):
                break
            seen += [(hit["_score"], hit["_source"]["message"]) for hit in hits]
            after = {"search_after": hits[-1]["sort"]}
        other = messages(await asked(place, random_order(8) | {"size": 1_000}))
    scores = [score for score, _ in seen]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score < 1 for score in scores)
    assert sorted(int(message) for _, message in seen) == list(range(1_000))
    assert other != [message for _, message in seen]


async def test_totals_sources_and_fields(holding):
    async with holding(RECORDS) as place:
        at_least = (await asked(place, {"track_total_hits": 2, "size": 1})).json()["hits"]["total"]
        assert at_least == {"value": 2, "relation": "gte"}
        body = {"sort": ["@timestamp"], "_source": ["service", "log.*"], "timeout": "5s", "size": 1}
        wanted = [{"field": "@timestamp", "format": "epoch_millis"}, "service.name", "nope"]
        (hit,) = (await asked(place, body | {"fields": wanted})).json()["hits"]["hits"]
        assert hit["_source"] == {"service": {"name": "pay"}, "log": {"level": "ERROR"}}
        assert hit["fields"] == {"@timestamp": ["1772509270000"], "service.name": ["pay"]}
        (hit,) = (await asked(place, {"_source": False, "size": 1})).json()["hits"]["hits"]
        assert "_source" not in hit
        assert hit["_score"] == 1.0


async def test_field_types(holding):
    names = ["@timestamp", "service.name", "service.name.keyword", "message", "nope"]
    async with holding(RECORDS) as place:
        told = (await asked(place, {"fields": names}, path="_field_caps")).json()
        assert told["indices"] == [place.index]
        types = {name: list(kinds) for name, kinds in told["fields"].items() if list(kinds) != ["object"]}
        assert types == {"@timestamp": ["date"], "service.name": ["keyword"], "message": ["text"]}
        bad = (await asked(place, {"fieldz": []}, path="_field_caps")).json()["error"]["root_cause"][0]
        assert plain(bad["reason"]) == "[field_caps_request] unknown field [fieldz]"
        empty = await asked(place, {"fields": ["x"]}, path="_field_caps", index="first-responder-zz*")
        assert empty.json() == {"indices": [], "fields": {}}


async def test_indices_that_are_not_there(holding):
    async with holding(RECORDS) as place:
        missing = await asked(place, {}, index="first-responder-zz")
        assert missing.status_code == 404
        cause = missing.json()["error"]["root_cause"][0]
        assert (cause["type"], cause["reason"]) == ("index_not_found_exception", "no such index [first-responder-zz]")
        assert cause["index"] == cause["resource.id"] == "first-responder-zz"
        none = await asked(place, {}, index="first-responder-zz*")
        assert none.status_code == 200
        assert none.json()["hits"] == {"total": {"value": 0, "relation": "eq"}, "max_score": 0.0, "hits": []}
        assert none.json()["_shards"]["total"] == 0


async def test_media_types_methods_and_parameters(holding):
    nine, eight = (f"application/vnd.elasticsearch+json; compatible-with={major}" for major in (9, 8))
    async with holding(RECORDS) as place:
        wrong = await asked(place, "{}", accept=nine, content_type=nine)
        assert wrong.status_code == 400
        assert wrong.json()["error"]["type"] == "media_type_header_exception"
        assert "but found 9" in wrong.json()["error"]["caused_by"]["reason"]
        right = await asked(place, "{}", accept=eight, content_type=eight)
        assert right.headers["content-type"] == "application/vnd.elasticsearch+json;compatible-with=8"
        assert right.headers["x-elastic-product"] == "Elasticsearch"
        text = await asked(place, "{}", content_type="text/plain")
        assert (text.status_code, text.json()) == (
            406,
            {"error": "Content-Type header [text/plain] is not supported", "status": 406},
        )
        broken = await asked(place, '{"query": nope', content_type="application/json")
        assert broken.json()["error"]["root_cause"][0]["type"] == "x_content_parse_exception"
        unknown = await asked(place, {}, path="_search?foo=1")
        reason = f"request [/{place.index}/_search] contains unrecognized parameter: [foo]"
        assert unknown.json()["error"]["reason"] == reason
        assert (await asked(place, {}, path="_nonsense")).json() == {
            "error": f"no handler found for uri [/{place.index}/_nonsense] and method [POST]"
        }
        delete = await asked(place, method="DELETE")
        assert delete.status_code == 405
        assert "Incorrect HTTP method for uri" in delete.json()["error"]


async def test_health(holding):
    async with holding(RECORDS) as place:
        health = (await asked(place, path="health", method="GET", index="_cluster")).json()
    assert health["status"] in ("green", "yellow")
    assert health["timed_out"] is False
    with pytest.raises(KeyError):
        health["error"]
