"""Looks by a process of their own: whatever becomes of it, each ends in a report."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.looking.apart import Apart
from tests.stories.incident_sample import REPORT, SCOPE, incident
from tests.stories.world import eventually

SOURCES = ("prometheus", "alerts")


@asynccontextmanager
async def apart(how, folder, limit_s=20.0):
    looking = Apart(SOURCES, ("github",), limit_s, (sys.executable, "-m", "tests.looking.puppet", how, str(folder)))
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


@pytest.mark.parametrize(("how", "limit_s"), [("dies once", 20.0), ("stands still once", 3.0)])
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


async def test_it_ends_when_it_is_closed(tmp_path):
    async with apart("answers", tmp_path):
        await eventually(lambda: lives(tmp_path))
    (pid,) = (int(path.name) for path in tmp_path.iterdir())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
