"""A recording's briefing stands in the playground's Slack as the bot would leave it, and the page says what is real."""

from __future__ import annotations

import asyncio
import shutil
import struct
from pathlib import Path

import httpx
import pytest

from bot.replaying.replay import BadRecording
from playground.scenarios.company import PEOPLE
from playground.slack.serve import running
from playground.slack.settings import SlackSettings
from playground.terminal import as_text
from tests.end_to_end.reader import Reader
from tests.eval.show import LEAST_HEIGHT, TOLD, WIDTHS, At, keep, show

RECORDINGS = Path(__file__).parents[1] / "recordings"
LEAK, FALSE = RECORDINGS / "memory-leak", RECORDINGS / "false-alarm"


async def banner(settings: SlackSettings) -> str:
    async with running(settings) as slack, httpx.AsyncClient() as client:
        page = (await client.get(slack.url)).text
    return page.partition('<p id="banner">')[2].partition("</p>")[0]


async def test_each_stands_in_its_own_channel_as_the_bot_would_leave_it():
    clock = At()
    async with running(TOLD, PEOPLE, clock=clock) as slack:
        shown = await show([LEAK, FALSE], slack, clock)
        assert [one.told.name for one in shown] == ["memory-leak", "false-alarm"]
        leak, false = (slack.workspace.channels[one.channel.id] for one in shown)
        said = leak.messages[shown[0].posted.ts]
        assert leak.name == "inc-catalog-api-0914-0342"
        assert "Likely cause · confidence high\nMemory 97.1 % (46.3 %) at catalog-api" in as_text(said)
        assert "Off: chromadb, pagerduty" in as_text(said)
        assert said.pinned_by
        assert "likely v5.8.0 (high)" in leak.topic["value"]
        assert [file.mimetype for reply in leak.replies(said.ts) for file in reply.files] == ["image/png"]
        assert "No clear cause yet · confidence unknown" in as_text(false.messages[shown[1].posted.ts])


async def test_it_is_told_at_the_hour_at_which_it_happened():
    clock = At()
    async with running(TOLD, PEOPLE, clock=clock) as slack:
        (shown,) = await show([LEAK], slack, clock)
        assert int(float(shown.posted.ts)) == shown.told.now.timestamp()


async def test_of_a_source_that_a_recording_holds_nothing_of_it_says_that_it_is_off(tmp_path):
    bare = Path(shutil.copytree(FALSE, tmp_path / "bare"))
    (bare / "logs.jsonl.gz").unlink()
    (bare / "deployments.json").write_text("[]")
    (bare / "truth.json").unlink()
    clock = At()
    async with running(TOLD, PEOPLE, clock=clock) as slack:
        (shown,) = await show([bare], slack, clock)
        said = as_text(slack.workspace.channels[shown.channel.id].messages[shown.posted.ts])
        assert "Off: elasticsearch, github, chromadb, pagerduty" in said
        assert "nothing in 24 h" not in said


async def test_what_is_no_recording_is_refused(tmp_path):
    clock = At()
    async with running(TOLD, PEOPLE, clock=clock) as slack:
        with pytest.raises(BadRecording):
            await show([tmp_path], slack, clock)


async def test_the_page_says_that_no_bot_runs_behind_it():
    simulated, _, real = (await banner(TOLD)).partition("<b>Real:</b>")
    assert "no bot runs behind it" in simulated
    assert "PagerDuty" not in simulated
    assert "database" not in real
    assert "the evidence engine" in real


async def test_nothing_that_the_page_is_told_becomes_part_of_it():
    assert "&lt;script&gt;" in await banner(SlackSettings(simulated="<script>", real="<script>"))
    assert "<script>" not in await banner(SlackSettings(simulated="<script>", real="<script>"))


@pytest.mark.needs("chromium", "chromedriver")
async def test_the_pictures_show_the_whole_briefing_at_a_desk_and_on_a_phone(tmp_path, browser):
    clock = At()
    async with running(TOLD, PEOPLE, clock=clock) as slack:
        (shown,) = await show([LEAK], slack, clock)
        files = await asyncio.to_thread(lambda: list(keep(browser, slack.url, shown, tmp_path)))
        reader = Reader(browser)
        await asyncio.to_thread(reader.sees, "#messages .message.pinned .said", "Memory 97.1 %")
        complaints = [line for line in reader.complaints() if "favicon" not in line]
    assert [file.name for file in files] == ["briefing-memory-leak.png", "briefing-memory-leak-phone.png"]
    sizes = [struct.unpack(">II", file.read_bytes()[16:24]) for file in files]
    assert [width for width, _ in sizes] == list(WIDTHS.values())
    assert all(height > LEAST_HEIGHT for _, height in sizes)
    assert not complaints
