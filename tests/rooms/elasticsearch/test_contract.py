"""The room over the stand-in and over a real Elasticsearch: the same records, the same answers.

Keys that are let in are tested on the stand-in alone (`test_keys.py`): the minimal distribution refuses a wrong key
like any other, but it lacks the analyzer that its store of keys needs, so none can be made there.
"""

import random
from datetime import timedelta
from urllib.parse import unquote

import pytest

from integrations.contract import Gap, LogLine, Refused
from tests.rooms.elasticsearch.conftest import ALERTED, NOW, Place, before, opened, scope

MIB = 1024 * 1024


def size_of(lines):
    return sum(len(line.message.encode()) for line in lines)


async def test_every_line_of_the_services_since_75_minutes_before_the_alert(holding):
    inside = [before(75 * 60, message="first"), before(60, "cart", "middle"), before(-19.999, message="last")]
    outside = [before(75 * 60 + 0.001), before(-20), before(30, "other"), before(30, "pay-2"), before(30, "PAY")]
    async with holding(sorted(inside + outside, key=lambda record: record.time)) as place:
        look = await place.look()
    (logs,) = look.findings
    assert [line.message for line in logs.lines] == ["first", "middle", "last"]
    assert (logs.total, look.gaps, logs.since) == (3, (), ALERTED - timedelta(minutes=75))


async def test_a_line_keeps_its_time_level_instance_and_text(holding):
    text = 'Zahlung für 漢字 🚨 "quoted" \\ <b> \u202e \t ende'
    async with holding([before(61.5, message=text, level="ERROR", instance="pay-7f9c")]) as place:
        (logs,) = (await place.look()).findings
    moment = ALERTED - timedelta(seconds=61.5)
    assert logs.lines == (LogLine(moment, "pay", text, "ERROR", "pay-7f9c"),)


async def test_lines_without_level_or_instance_are_there_too(holding):
    records = [before(30, level="", instance="", message="bare"), before(20, level="ERROR", message="loud")]
    async with holding(records) as place:
        (logs,) = (await place.look()).findings
    assert [(line.message, line.level, line.instance) for line in logs.lines] == [
        ("bare", "", ""),
        ("loud", "ERROR", "pay-1"),
    ]


async def test_of_many_quiet_lines_an_even_share_and_every_warning(holding):
    levels = ["warn", "WARNING", "Error", "fatal", "CRITICAL"]
    quiet = [before(4500 * (1 - i / 11_950), message=f"request {i}") for i in range(11_950)]
    loud = [before(900 - i, message=f"refused {i}", level=levels[i % 5]) for i in range(50)]
    async with holding(sorted(quiet + loud, key=lambda record: record.time)) as place:
        look = await place.look()
    warnings, rest = look.findings
    assert {line.message for line in warnings.lines} == {f"refused {i}" for i in range(50)}
    assert (warnings.total, rest.total, len(rest.lines)) == (50, 11_950, 9_950)
    assert len({line.message for line in rest.lines}) == 9_950
    assert list(rest.lines) == sorted(rest.lines, key=lambda line: line.time)
    for part in range(5):
        since, until = (ALERTED - timedelta(seconds=4500 - 900 * (part + end)) for end in (0, 1))
        assert 0.78 < sum(since <= line.time < until for line in rest.lines) / 2390 < 0.88
    assert look.gaps == (
        Gap("elasticsearch", "sampled 10,000 of 12,000 lines; all 50 warnings and errors kept", partial=True),
    )


async def test_in_a_storm_of_errors_quiet_lines_stay_in_view(holding):
    storm = [before(300 - i / 100, message=f"refused {i}", level="ERROR") for i in range(9_000)]
    quiet = [before(4000 - i / 4, message=f"request {i}") for i in range(4_000)]
    async with holding(sorted(storm + quiet, key=lambda record: record.time)) as place:
        look = await place.look()
    assert [(len(logs.lines), logs.total) for logs in look.findings] == [(7_000, 9_000), (3_000, 4_000)]
    assert [gap.reason for gap in look.gaps] == ["sampled 10,000 of 13,000 lines"]


async def test_never_more_than_five_mib_however_long_the_messages(holding):
    letters = random.Random(7)
    texts = [f"{i} " + letters.choice("äb漢") * 3_000 for i in range(1_200)]
    records = [before(1200 - i, message=text, level="ERROR" if i % 2 else "INFO") for i, text in enumerate(texts)]
    async with holding(records) as place:
        look = await place.look()
    kept = [line for logs in look.findings for line in logs.lines]
    assert 4 * MIB < size_of(kept) <= 5 * MIB
    assert {line.level for line in kept} == {"ERROR", "INFO"}
    assert [gap.reason for gap in look.gaps] == [f"sampled {len(kept):,} of 1,200 lines"]


async def test_a_huge_message_is_cut_between_characters(holding):
    async with holding([before(5, message="漢" * 1_000_000), before(4, message="short")]) as place:
        (logs,) = (await place.look()).findings
    huge, short = (line.message for line in logs.lines)
    assert len(huge.encode()) <= 8 * 1024
    assert huge.strip("漢") == "…"
    assert short == "short"


async def test_pages_of_huge_documents_are_asked_for_in_smaller_pieces(holding):
    records = [before(100 - i, message=f"{i} " + "x" * MIB) for i in range(20)]
    async with holding(records) as place:
        look = await place.look()
    (logs,) = look.findings
    assert [int(line.message.split()[0]) for line in logs.lines] == list(range(20))
    assert look.gaps == ()


@pytest.mark.parametrize("name", ['pay" OR *', "pay*", "päy/ment", "a:b (c)", "{", "\\", "x" * 300, " ", "NOT"])
async def test_a_service_s_name_is_never_read_as_a_query(holding, name):
    records = [before(9, service=name, message="mine"), before(8, service="paying"), before(7, service="b")]
    async with holding(records) as place:
        (logs,) = (await place.look(scope(name))).findings
    assert [line.message for line in logs.lines] == ["mine"]


async def test_nothing_found_is_said(holding):
    async with holding([before(9, service="other")]) as place:
        look = await place.look()
    (logs,) = look.findings
    assert (logs.lines, logs.total) == ((), 0)
    assert look.gaps == (Gap("elasticsearch", f"no lines of these services in {place.index}", partial=True),)


@pytest.mark.parametrize(
    ("other", "reason", "fix"),
    [
        ({"index": "first-responder-nowhere"}, "there is no index first-responder-nowhere", "ELASTICSEARCH_INDEX"),
        ({"index": "first-responder-nowhere-*"}, "no index matches", "ELASTICSEARCH_INDEX"),
        ({"service_field": "svc"}, "has no keyword field svc", "ELASTICSEARCH_SERVICE_FIELD"),
        ({"service_field": "message"}, "has no keyword field message", "ELASTICSEARCH_SERVICE_FIELD"),
        ({"time_field": "when"}, "has no date field when", "ELASTICSEARCH_TIME_FIELD"),
        ({"time_field": "message"}, "has no date field message", "ELASTICSEARCH_TIME_FIELD"),
    ],
)
async def test_a_wrong_setting_is_named(holding, other, reason, fix):
    async with holding([before(9)]) as place, opened(place.settings(**other)) as room:
        for question in (room.look(scope()), room.ready()):
            with pytest.raises(Refused) as refused:
                await question
            assert reason in refused.value.reason
            assert fix in refused.value.fix


async def test_without_a_level_field_lines_are_one_sample(holding):
    records = [before(4000 - i / 4, message=f"{i}", level="ERROR" if i % 2 else "INFO") for i in range(11_000)]
    async with holding(records) as place:
        look = await place.look(level_field="severity")
    (logs,) = look.findings
    assert (len({line.message for line in logs.lines}), logs.total) == (10_000, 11_000)
    assert [gap.reason for gap in look.gaps] == ["sampled 10,000 of 11,000 lines"]


async def test_the_same_question_gives_the_same_sample(holding):
    records = [before(4000 - i / 4, message=f"{i}") for i in range(10_400)]
    async with holding(records) as place:
        first, second = [await place.look() for _ in range(2)]
    assert first.findings == second.findings


async def test_ready_says_what_answered(holding):
    async with holding([before(9)]) as place, opened(place.settings()) as room:
        ready = await room.ready()
    assert ready.detail.startswith("Elasticsearch")
    assert ready.detail.endswith(f"{place.index}: 1 index")


async def test_an_index_may_be_several(holding):
    async with holding([before(9)]) as place:
        look = await place.look(index=f"first-responder-nothing-*,{place.index}")
        (logs,) = look.findings
        assert logs.total == 1
        with pytest.raises(Refused):
            await place.look(index=f"first-responder-nothing,{place.index}")


async def test_a_key_that_is_wrong_is_refused_by_its_setting(holding, request):
    if "real" in request.node.callspec.id and not request.getfixturevalue("real").guarded:
        pytest.skip("ELASTICSEARCH_TEST_URL may let everyone in")
    async with holding([before(9)]) as place:
        with pytest.raises(Refused) as refused:
            await place.look(api_key="d3Jvbmc6d3Jvbmc=")
    assert "ELASTICSEARCH_API_KEY" in refused.value.fix
    assert "d3Jvbmc" not in str(refused.value)


async def test_findings_link_to_the_search_without_a_password():
    place = Place("http://someone:secret@127.0.0.1:1/es/", "logs-*,filebeat-*")
    from integrations.elasticsearch.link import link
    from integrations.elasticsearch.query import window

    plain = link(scope('p"ay', "cart").services, window(scope()), place.settings())
    assert plain.startswith("http://127.0.0.1:1/es/logs-*,filebeat-*/_search?q=")
    assert 'service.name:("p\\"ay" OR "cart") AND @timestamp:[2026-03-03T02:27:00Z TO' in unquote(plain)
    kibana = link(scope("it's!").services, window(scope()), place.settings(kibana_url="https://kibana.example/"))
    assert kibana.startswith("https://kibana.example/app/discover#/?_g=")
    assert "query:'service.name:(\"it!'s!!\")'" in unquote(kibana)
    assert "secret" not in plain + kibana
    assert window(scope()).until == NOW
