"""Shows what a recording's briefing looks like: `python -m tests.eval.show RECORDING... [--port N] [--keep FOLDER]`.

The recording is read and analysed as `replay` does, told by the bot's own words and posted by its own Slack client
into the playground's Slack, whose page shows it. No bot process runs: no alert is sent, no source is asked, nobody
answers there. `truth.json` is not read. With `--keep` it takes screenshots, for a desk and for a phone, and ends.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot import compose
from bot.analyse import analyse
from bot.chart import chart
from bot.domain.context import Context, Report
from bot.domain.incident import Channel, Incident, Posted, Severity, incident_id
from bot.domain.names import channel_name
from bot.guard.redact import redact
from bot.replaying.replay import BadRecording, read_recording
from bot.slack.chat import SlackChat
from bot.slack.web import Web
from integrations.contract import Alert, Change, Logs, Series
from playground.scenarios.company import PEOPLE
from playground.slack.serve import Slack, running
from playground.slack.settings import SlackSettings

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

TOLD = SlackSettings(
    simulated="Slack; recorded incidents are replayed, and no bot runs behind it to answer",
    real="the evidence engine, the bot's words and its Slack client",
)
SOURCES = {"prometheus": Series, "elasticsearch": Logs, "github": Change}
"""What a recording can hold of each source of the bot's."""
NEVER = ("chromadb", "pagerduty")
"""Sources of the bot's of which no recording holds anything."""
WIDTHS = {"": 1180, "-phone": 400}
"""How a picture's name ends → pixels: at a desk, and on a phone."""
LEAST_HEIGHT = 560
SEEN_S = 10.0


class At:
    """The Slack's clock. It stands at the end of the recording that is being told."""

    def __init__(self) -> None:
        self.moment = datetime.fromtimestamp(0, UTC)

    def __call__(self) -> datetime:
        return self.moment


@dataclass(frozen=True, slots=True)
class Told:
    """One recording as an incident, and what was found about it."""

    name: str
    incident: Incident
    report: Report

    @property
    def now(self) -> datetime:
        return self.report.context.scope.window.until


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a recording's briefing stands."""

    told: Told
    channel: Channel
    posted: Posted


def tell(folder: Path) -> Told:
    """Reads and analyses a recording; a source that has nothing in it counts as off. Raises BadRecording."""
    began = time.perf_counter()
    context = read_recording(folder)
    analysis = analyse(context)
    looked = replace(_asked(context), seconds=time.perf_counter() - began)
    return Told(folder.name, _incident(context.scope.alerts[0]), Report(looked, analysis))


async def post(chat: SlackChat, told: Told) -> Shown:
    """The briefing in a channel of its own with its topic, its pin and its chart, as a running bot leaves it."""
    incident, report = told.incident, told.report
    name = channel_name(incident.service, incident.started_at)
    channel = await chat.open_channel(name, incident.id)
    posted = await chat.post(channel.id, compose.brief(incident, report, told.now), key=f"{incident.id}:1:briefing")
    await chat.topic(channel.id, compose.topic(incident, report))
    await chat.pin(posted)
    if png := await asyncio.to_thread(chart, report, incident):
        words = compose.chart_words(incident)
        await chat.picture(posted, png, title=words.plain, alt=words.headline, key=f"{incident.id}:1:chart")
    return Shown(told, channel, posted)


async def show(folders: Sequence[Path], slack: Slack, clock: At) -> list[Shown]:
    """Every recording, the oldest first, each posted when it happened. Raises BadRecording and ChatError."""
    chat = SlackChat(Web(slack.workspace.settings.bot_token, slack.api_url), redact)
    shown = []
    try:
        for told in sorted((tell(folder) for folder in folders), key=lambda one: one.now):
            clock.moment = told.now
            shown.append(await post(chat, told))
    finally:
        await chat.close()
    return shown


def keep(window: Chrome, url: str, shown: Shown, folder: Path) -> Iterator[Path]:
    """Takes `briefing-NAME.png` and `briefing-NAME-phone.png`, each as high as the channel needs; gives both paths."""
    for ending, width in WIDTHS.items():
        window.set_window_size(width, LEAST_HEIGHT)
        window.get("about:blank")
        window.get(f"{url}#{shown.channel.id}")
        _wait_for(window, "#messages .message.pinned .said")
        window.set_window_size(width, LEAST_HEIGHT + _hidden(window))
        file = folder / f"briefing-{shown.told.name}{ending}.png"
        window.save_screenshot(str(file))
        yield file


# ── an incident of a recording ───────────────────────────────────────────────────────────────────


def _asked(context: Context) -> Context:
    there = [source for source, kind in SOURCES.items() if context.of(kind)]
    off = tuple(source for source in (*SOURCES, *NEVER) if source not in there)
    return replace(context, off=off, took=dict.fromkeys(there, 0.0))


def _incident(alert: Alert) -> Incident:
    return Incident(
        id=incident_id(alert),
        service=alert.labels.get("service") or alert.name,
        env=alert.labels.get("env", ""),
        severity=Severity.of(alert.severity),
        title=alert.name,
        status="open",
        started_at=alert.starts_at,
        opened_at=alert.starts_at,
        alerts=(alert,),
    )


# ── the page ─────────────────────────────────────────────────────────────────────────────────────


def _wait_for(window: Chrome, selector: str) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(window, SEEN_S, 0.05).until(lambda page: page.find_elements("css selector", selector))


def _hidden(window: Chrome) -> int:
    """Pixels by which the messages are higher than what the window shows of them."""
    script = "const one = document.querySelector('#messages'); return one.scrollHeight - one.clientHeight"
    return int(window.execute_script(script))


# ── the command ──────────────────────────────────────────────────────────────────────────────────


def main() -> int:
    """Serves the page until Ctrl-C, or keeps the pictures. Exit 1 where a recording cannot be read."""
    words = argparse.ArgumentParser(prog="python -m tests.eval.show", description=__doc__)
    words.add_argument("recordings", nargs="+", type=Path, metavar="RECORDING")
    words.add_argument("--port", type=int, default=0, help="of the page (default: any that is free)")
    words.add_argument("--keep", type=Path, metavar="FOLDER", help="keep screenshots there, and end")
    asked = words.parse_args()
    try:
        asyncio.run(_run(asked))
    except BadRecording as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


async def _run(asked: argparse.Namespace) -> None:
    clock = At()
    async with running(TOLD, PEOPLE, clock=clock, port=asked.port) as slack:
        shown = await show(asked.recordings, slack, clock)
        for one in shown:
            print(f"{one.told.name}  {slack.url}#{one.channel.id}  {compose.topic(one.told.incident, one.told.report)}")
        if asked.keep is None:
            await asyncio.Event().wait()
        await asyncio.to_thread(_keep_all, slack.url, shown, asked.keep)


def _keep_all(url: str, shown: Sequence[Shown], folder: Path) -> None:
    from tests.real.chromium import browser_window

    folder.mkdir(parents=True, exist_ok=True)
    with browser_window() as window:
        for one in shown:
            for file in keep(window, url, one, folder):
                print(f"{file}  {file.stat().st_size // 1_000} kB")


if __name__ == "__main__":
    sys.exit(main())
