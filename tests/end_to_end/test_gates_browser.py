"""A person at the page runs a runbook: the button, the gate with exactly what will run, ✅ by somebody else, the end.

Keeps screenshots in `var/screenshots`; with SCREENSHOTS=docs they are those of the README.
"""

import asyncio
import os
from pathlib import Path

import pytest

from tests.chaos.person import ALICE, DANA, STRANGER, Person
from tests.chaos.place import open_place
from tests.end_to_end.reader import Reader
from tests.end_to_end.watch import briefed, channel_of

pytestmark = pytest.mark.needs("chromium", "chromedriver")

KEPT = Path(__file__).parents[2] / os.environ.get("SCREENSHOTS", "var/screenshots")
UNDO = "kubectl rollout undo deployment/payment-service -n payments"
GATE = '.message:has(.reaction[data-name="white_check_mark"]) '


async def test_a_runbook_is_asked_for_approved_run_checked_and_the_incident_resolved(open_town, browser):
    async with open_town() as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, "payment-service")
        channel = channel_of(town, "payment-service")
        await Person(town, DANA, channel).join()
        reader = Reader(browser)
        await asyncio.to_thread(reader.go, f"{town.slack.url}#{channel.id}")
        await asyncio.to_thread(_asks, reader)
        assert town.director.firing("payment-service")
        await asyncio.to_thread(_keep, reader)
        await asyncio.to_thread(_approves, reader)
        assert not town.director.firing("payment-service")
        await asyncio.to_thread(reader.keeps, KEPT / "run.png", width=1440, height=1300, at=GATE)
        assert not [line for line in reader.complaints() if "favicon" not in line]


BOOKS = {
    "one": "steps:\n  - {name: touch it, action: exec, command: note once, approval: required}\n",
    "both": "risk: critical\nsteps:\n  - {name: touch it, action: exec, command: note twice, approval: required}\n",
}


async def test_a_no_a_stranger_two_people_and_nobody_at_all(tmp_path, browser):
    async with open_place(tmp_path, BOOKS) as place:
        reader = Reader(browser)
        await asyncio.to_thread(reader.go, f"{place.town.slack.url}#{place.channel.id}")
        await asyncio.to_thread(_refused_and_stopped, reader)
        assert place.ran == []
        await asyncio.to_thread(_by_two, reader)
        assert place.ran == [("twice",)]
        place.town.bot.configure(APPROVAL_TIMEOUT_S="12")
        await place.town.bot.stop()
        await place.town.bot.start()
        place.forget()
        await asyncio.to_thread(_by_nobody, reader)
        assert place.ran == []


def _last(name):
    """The last request on the page, and its reaction."""
    return f'#messages > :nth-last-child(1 of .message:has(.reaction)) .reaction[data-name="{name}"]'


def _types(reader, text):
    reader.types("#composer textarea", f"{text}\n")


def _refused_and_stopped(reader):
    reader.is_(DANA, "Dana Petrova")
    _types(reader, "/incident-action run one")
    reader.sees(GATE + ".said", "note once")
    reader.is_(STRANGER, "Ben")
    reader.clicks(GATE + '.reaction[data-name="white_check_mark"]')
    reader.sees(".message.whisper .said", "Only")
    reader.is_(ALICE, "Alice Moreau")
    reader.clicks(GATE + '.reaction[data-name="x"]')
    reader.sees(GATE + ".said", "denied by @alice")


def _by_two(reader):
    reader.is_(DANA, "Dana Petrova")
    _types(reader, "/incident-action run both")
    reader.sees("#messages .message .said", "note twice")
    reader.sees('.message:has([data-name="x"]) ~ .message .reaction[data-name="x"]')  # both stand at the new one
    reader.clicks(_last("white_check_mark"))
    reader.is_(ALICE, "Alice Moreau")
    reader.sees("#messages .message .said", "2 different people")
    reader.clicks(_last("white_check_mark"))
    reader.sees("#messages .message .said", "approved by @dana and @alice")
    reader.sees("#messages .message .said", "✅ done")


def _by_nobody(reader):
    _types(reader, "/incident-action run one")
    reader.sees("#messages .message .said", "nothing happens without an answer")
    reader.sees("#messages .message .said", "no answer in time: not run")


def _asks(reader):
    reader.is_(DANA, "Dana Petrova")
    reader.types("#composer textarea", "/incident-action\n")
    reader.sees(".message.whisper .said", "rollback-deployment")
    reader.clicks('.message.whisper [data-action^="run"]', "Run (asks before each change)")
    reader.sees(GATE + ".said", UNDO)


def _approves(reader):
    reader.is_(ALICE, "Alice Moreau")
    reader.clicks(GATE + '.reaction[data-name="white_check_mark"]')
    reader.sees(GATE + ".said", "approved by @alice")
    reader.sees(GATE + ".said", "✓")
    reader.sees("#messages .message .said", "✅ done")
    reader.sees("#messages .message.pinned .said", "esolved")


def _keep(reader):
    """The phone first: what hides there is to be seen again afterwards."""
    reader.keeps(KEPT / "gate-phone.png", width=400, height=1100, at=GATE)
    reader.keeps(KEPT / "gate.png", width=1440, height=1300, at=GATE)
