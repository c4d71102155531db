"""Looks by a process of their own: whatever becomes of it, each ends in a report."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.looking.apart import AT_ONCE, Apart
from integrations.arguments import spec
from integrations.contract import Refused, ToolAnswer, Unreachable
from tests.stories.incident_sample import REPORT, SCOPE, incident
from tests.stories.world import eventually

SOURCES = ("prometheus", "alerts")
TOOLS = (spec("figures", "Figures."),)


@asynccontextmanager
async def apart(how, folder, limit_s=20.0):
    looking = Apart(
        SOURCES, ("github",), limit_s, (sys.executable, "-m", "tests.looking.puppet", how, str(folder)), TOOLS
    )
    looking.open()
    try:
        yield looking
    finally:
        await looking.close()


async def ignore(_report): ...


def lives(folder):
    return len(list(folder.iterdir()))


async def test_a_look_ends_in_a_report_and_says_what_it_knows_before(tmp_path):
    early = []

    async def keep(report):
        early.append(report)

    async with apart("answers", tmp_path) as looking:
        assert await looking.look(SCOPE, keep) == replace(REPORT, context=replace(REPORT.context, scope=SCOPE))
        assert await looking.draw(REPORT, incident()) == b"PNG"
    assert early in ([REPORT], [])  # it is cancelled where the whole is there before it has begun
    assert lives(tmp_path) == 1


async def test_each_gets_the_answer_to_its_own_question(tmp_path):
    scopes = [replace(SCOPE, incident_id=f"INC-{number}") for number in range(3)]
    async with apart("answers backwards", tmp_path) as looking:
        reports = await asyncio.gather(*(looking.look(scope, ignore) for scope in scopes))
    assert [report.context.scope for report in reports] == scopes


@pytest.mark.parametrize(("how", "limit_s"), [("dies once", 20.0), ("stands still once", 12.0)])
async def test_a_look_in_whose_time_it_died_or_stood_still_is_asked_again_of_the_next(tmp_path, how, limit_s):
    async with apart(how, tmp_path, limit_s) as looking:
        report = await looking.look(SCOPE, ignore)
    assert report.context.gaps == REPORT.context.gaps
    assert lives(tmp_path) == 2


@pytest.mark.parametrize(("how", "took"), [("dies", 2), ("babbles", 2), ("fails", 1)])
async def test_a_look_that_nobody_survives_is_a_gap_of_every_source(tmp_path, how, took):
    async with apart(how, tmp_path) as looking:
        report = await looking.look(SCOPE, ignore)
        assert await looking.draw(REPORT, incident()) is None
    assert [gap.source for gap in report.context.gaps] == list(SOURCES)
    assert report.context.off == ("github",)
    assert report.analysis.confidence == "unknown"
    assert lives(tmp_path) >= took


async def test_tools_are_known_without_asking_and_used_by_the_process(tmp_path):
    arguments = {"query": 'up{service="ü"}', "minutes": 5, "deep": [{"x": None}, 1.5]}
    async with apart("answers", tmp_path) as looking:
        assert looking.tools == TOOLS
        answer = await looking.use("figures", arguments, SCOPE)
    told = f"figures {arguments} {SCOPE.incident_id}"
    assert answer == ToolAnswer(told, "told", "https://x", "the first 2 of 3", ("checkout",), hard=False)


@pytest.mark.parametrize(("tool", "kind"), [("refuses", Refused), ("silent", Unreachable)])
async def test_a_tool_s_refusal_and_its_silence_come_back_as_such(tmp_path, tool, kind):
    async with apart("answers", tmp_path) as looking:
        with pytest.raises(kind) as raised:
            await looking.use(tool, {}, SCOPE)
    assert (raised.value.source, raised.value.reason) == ("prometheus", f"{tool} here")


@pytest.mark.parametrize("how", ["dies", "babbles", "fails"])
async def test_a_tool_in_whose_time_the_process_ends_twice_is_unreachable(tmp_path, how):
    async with apart(how, tmp_path) as looking:
        with pytest.raises(Unreachable, match="failed inside the bot"):
            await looking.use("figures", {}, SCOPE)


async def test_a_tool_in_whose_time_it_died_is_asked_again_of_the_next(tmp_path):
    async with apart("dies once", tmp_path) as looking:
        assert (await looking.use("figures", {}, SCOPE)).label == "told"
    assert lives(tmp_path) == 2


async def test_tools_take_no_turns_from_looks(tmp_path):
    """As many uses as looks may be asked at once wait for ever, and a look is answered all the same."""
    async with apart("keeps tools waiting", tmp_path) as looking:
        uses = [asyncio.create_task(looking.use("figures", {}, SCOPE)) for _ in range(AT_ONCE)]
        await asyncio.sleep(0)  # now each has taken its turn, or waits for one
        async with asyncio.timeout(60):
            report = await looking.look(SCOPE, ignore)
        assert report.context.gaps == REPORT.context.gaps
        assert not any(use.done() for use in uses)
        for use in uses:
            use.cancel()


async def test_it_ends_when_it_is_closed(tmp_path):
    async with apart("answers", tmp_path):
        await eventually(lambda: lives(tmp_path))
    (pid,) = (int(path.name) for path in tmp_path.iterdir())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
