"""At the page in a real browser one can be anybody, and sees what they see: buttons, a form, whispers, reactions."""

import asyncio

import pytest

from bot.domain.briefing import Briefing, Button, Section
from bot.domain.said import Field, Form
from bot.slack.scopes import SCOPES
from playground.scenarios.company import PEOPLE
from playground.slack import channels
from playground.slack.cast import PIA, WIM
from playground.slack.serve import running
from playground.slack.settings import SlackSettings
from playground.slack.workspace import BOT_USER
from tests.end_to_end.reader import Reader
from tests.slack.ears import said, socket_mode

pytestmark = pytest.mark.needs("chromium", "chromedriver")

DANA, BEN = "U0DANA0004", "U0BEN00002"
OFFER = Briefing(
    "Runbooks", "*Runbooks*", (Section(("Roll back",), buttons=(Button("Run…", "run", "rollback", "primary"),)),)
)
FORM = Form("run", "rollback", "Run rollback", "Ask for approval", (Field("namespace", "Namespace", "letters"),))


def be(reader, who, name):
    reader.clicks(f'[data-person="{who}"]')
    reader.sees("#sidebar .acting b", name)


def approves_and_takes_it_back(reader, url, row):
    reader.go(url)
    reader.sees(row + '.reaction[data-name="white_check_mark"] .count', "1")
    be(reader, DANA, "Dana Petrova")
    reader.sees("#sidebar .acting small", "@payments-oncall")
    reader.clicks(row + '.reaction[data-name="white_check_mark"]')
    reader.sees(row + ".reaction.mine .count", "2")
    be(reader, BEN, "Ben Okafor")
    reader.misses(row + ".reaction.mine")
    reader.clicks(row + '.reaction[data-name="x"]')
    reader.sees(row + ".reaction.mine .count", "2")
    reader.clicks(row + ".reaction.mine")
    reader.misses(row + ".reaction.mine")
    reader.sees(row + '.reaction[data-name="white_check_mark"] .count', "2")


def asks_fills_in_and_is_answered(reader):
    be(reader, DANA, "Dana Petrova")
    reader.types("#composer textarea", "/incident-action\n")
    reader.sees(".message.whisper", "Runbooks")
    reader.clicks('[data-action^="run#"]')
    reader.sees("#modal[open] h2", "Run rollback")
    reader.types("#modal input", "a b")
    reader.clicks("#modal [type=submit]")
    reader.sees("#modal .wrong", "Only letters.")


def sends_the_form(reader):
    reader.clicks("#modal [type=submit]")
    reader.sees(".message.whisper", "Asked for approval")
    reader.misses("#modal[open]")
    be(reader, BEN, "Ben Okafor")
    reader.misses(".message.whisper")


def brings_in_a_guest_and_somebody_from_elsewhere(reader, row):
    be(reader, WIM.slack_id, "Wim de Boer")
    reader.sees("#nowhere", "/invite @wim")
    be(reader, DANA, "Dana Petrova")
    reader.types("#composer textarea", "/invite @wim @pia\n")
    reader.sees("#shared", "Acme Corp")
    for who, name, about in ((WIM.slack_id, "Wim de Boer", "from Acme Corp"), (PIA.slack_id, "Pia Romano", "guest")):
        be(reader, who, name)
        reader.sees("#sidebar .acting small", about)
        reader.clicks(row + '.reaction[data-name="white_check_mark"]')
        reader.sees(row + ".reaction.mine")
    assert reader.complaints() == []


async def test_one_can_be_anybody_and_see_what_they_see(browser):
    events = frozenset({"app_mention", "message.channels", "reaction_added", "reaction_removed"})
    settings = SlackSettings(bot_scopes=frozenset(SCOPES), events=events)
    reader = Reader(browser)
    async with running(settings, PEOPLE) as slack, socket_mode(slack) as replies:
        place = channels.create(slack.workspace, BOT_USER, "inc-payments")
        channels.invite(slack.workspace, place, BOT_USER, [DANA, BEN])
        posted = await replies.chat.post(place.id, said("May I roll back?"), key="gate")
        await replies.chat.react(posted, "white_check_mark", "x")
        row, url = f'.message[data-ts="{posted.ts}"] ', f"{slack.url}#{place.id}"
        replies.to_command, replies.to_tap, replies.to_filled = OFFER, FORM, {"namespace": "Only letters."}
        await asyncio.to_thread(approves_and_takes_it_back, reader, url, row)
        assert await replies.chat.reactions(posted) == {"white_check_mark": (DANA,)}
        await asyncio.to_thread(asks_fills_in_and_is_answered, reader)
        replies.to_filled = said("Asked for approval")
        await asyncio.to_thread(sends_the_form, reader)
        await asyncio.to_thread(brings_in_a_guest_and_somebody_from_elsewhere, reader, row)
        assert (await replies.chat.reactions(posted))["white_check_mark"] == (DANA, WIM.slack_id, PIA.slack_id)
