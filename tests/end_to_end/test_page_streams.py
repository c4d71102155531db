"""At the page in a real browser: a reply grows before one's eyes, its tasks turn, and it ends as the answer."""

import asyncio

import pytest

from bot.domain.briefing import Briefing, Button, Section
from bot.ports import Doing
from bot.slack.chat import SlackChat
from bot.slack.scopes import SCOPES
from bot.slack.web import Web
from playground.slack import messages
from playground.slack.messages import Draft
from playground.slack.serve import running
from playground.slack.settings import YOU, SlackSettings
from tests.end_to_end.reader import Reader

pytestmark = pytest.mark.needs("chromium", "chromedriver")

VOTES = (Button("👍", "thumb.up", "Q1"), Button("👎", "thumb.down", "Q1"))
ANSWER = Briefing("v2.34.1", "v2.34.1 changed the gateway [1].", (Section(("[1] v2.34.1",), buttons=VOTES),), "2 s")
LAST = "#replies .message:last-child "


def opens_the_thread(reader, url):
    reader.go(url)
    reader.clicks(".thread-line")
    reader.sees(LAST + ".task_card", "Looking")
    reader.sees(LAST + '.state[aria-label="at work"]')


def sees_it_grow(reader):
    reader.sees(LAST + ".task_card", "Search logs")
    reader.sees(LAST + '.state[aria-label="done"]', "✓")
    reader.sees(LAST + '.state[aria-label="failed"]', "!")
    reader.sees(LAST + ".markdown b", "v2.34.1")


def sees_the_answer(reader):
    reader.sees(LAST + ".said", "changed the gateway [1].")
    reader.sees(LAST + '[data-action="thumb.up#0"]', "👍")
    reader.misses(LAST + ".task_card")


async def test_a_reply_grows_at_the_page_and_ends_as_the_answer(browser):
    async with running(SlackSettings(bot_scopes=frozenset(SCOPES))) as slack:
        chat = SlackChat(Web(slack.workspace.settings.bot_token, slack.api_url), str)
        place = slack.workspace.named("incidents")
        head = messages.post(slack.workspace, place, YOU.slack_id, Draft("did the gateway change?"))
        posted = await chat.begin_reply(place.id, head.ts, reader=YOU.slack_id, key="answer:1")
        reader = Reader(browser)
        await asyncio.to_thread(opens_the_thread, reader, slack.url)
        doing = (Doing("a", "Deployments", "complete"), Doing("b", "Search logs", "error"))
        await chat.grow_reply(posted, "**v2.34.1** it was\n", doing)
        await asyncio.to_thread(sees_it_grow, reader)
        await chat.end_reply(posted, ANSWER)
        await asyncio.to_thread(sees_the_answer, reader)
        assert not [line for line in reader.complaints() if "favicon" not in line]
        await chat.close()
