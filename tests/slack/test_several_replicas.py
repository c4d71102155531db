"""Several replicas before one Slack: each says what it was told to say, whatever another said meanwhile."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.domain.briefing import Briefing, Section
from bot.ports import JournalDown
from bot.slack.chat import SlackChat
from bot.slack.scopes import SCOPES
from bot.slack.web import Web
from bot.state.database import migrate, open_database
from bot.state.last_word import SqlLastWord
from playground.slack.faults import Fault
from playground.slack.serve import running
from playground.slack.settings import SlackSettings
from playground.terminal import as_text

KEY = "INC-A:1:briefing"
TWO, ONE = Briefing("2 firing", "*2 alerts firing*"), Briefing("1 firing", "*1 alert firing*")


def long_briefing(begins):
    rows = tuple(f"{begins} {n} " + "x" * 90 for n in range(60))
    return Briefing("plain", "*head*", (Section(rows, title="Log"),))


@pytest.fixture
async def slack():
    async with running(SlackSettings(bot_scopes=frozenset(SCOPES))) as server:
        yield server


@pytest.fixture
def place(slack):
    return slack.workspace.named("incidents").id


@pytest.fixture
async def database(tmp_path):
    url = f"sqlite:///{tmp_path / 'replicas.sqlite'}"
    migrate(url)
    database = open_database(url)
    yield database
    await database.dispose()


@pytest.fixture
async def replica(slack, database):
    """Starts one more replica: what the others said, it can only know from Slack and the database."""
    started = []

    def start(last_word=None):
        words = last_word or SqlLastWord(database, f"replica {len(started)}")
        started.append(SlackChat(Web(slack.workspace.settings.bot_token, slack.api_url), str, last_word=words))
        return started[-1]

    yield start
    for chat in started:
        await chat.close()


def text(slack, place):
    return "\n".join(as_text(message) for message in slack.workspace.channels[place].messages.values())


def keys(slack, place):
    said = slack.workspace.channels[place].messages.values()
    return Counter(message.metadata["event_payload"]["key"] for message in said if message.metadata)


def refuses(slack, method):
    """From now on such a call fails: whoever makes one is found out."""
    slack.workspace.faults.add(Fault(method, error="fatal_error", times=None))


async def test_what_another_replica_said_meanwhile_is_put_right(slack, place, replica):
    here, there = replica(), replica()
    posted = await here.post(place, TWO, key=KEY)
    await there.edit(posted, ONE)
    await here.edit(posted, TWO)
    assert "2 alerts firing" in text(slack, place)


async def test_the_topic_that_another_replica_set_meanwhile_is_put_right(slack, place, replica):
    here, there = replica(), replica()
    for chat, topic in ((here, "SEV2 · payments"), (there, "SEV1 · payments"), (here, "SEV2 · payments")):
        await chat.topic(place, topic)
        assert slack.workspace.channels[place].topic["value"] == topic


async def test_what_another_replica_carried_on_in_the_thread_stands_once(slack, place, replica):
    here, there = replica(), replica()
    posted = await here.post(place, TWO, key=KEY)
    await there.edit(posted, long_briefing("second"))
    await here.edit(posted, long_briefing("third"))
    assert set(keys(slack, place).values()) == {1}
    assert "second" not in text(slack, place)
    await there.edit(posted, ONE)
    assert "third" not in text(slack, place)


async def test_a_replica_that_had_the_last_word_sends_nothing_for_nothing(slack, place, replica):
    """Its own message it need not look for either, and the topic not ask for."""
    here = replica()
    posted = await here.post(place, TWO, key=KEY)
    reply = await here.begin_reply(place, posted.ts, reader="U0DANA", key="answer")
    refuses(slack, "conversations.replies")
    await here.end_reply(reply, ONE)
    await here.edit(posted, ONE)
    await here.topic(place, "SEV2 · payments")
    refuses(slack, "*")
    await here.edit(posted, ONE)
    await here.topic(place, "SEV2 · payments")


class Meanwhile:
    """A replica's last word, and what happens right after it was taken: once, while its own call waits for its turn."""

    def __init__(self, words):
        self.words = words
        self.act = None

    async def first(self, what):
        await self.words.first(what)

    async def again(self, what):
        had, act, self.act = await self.words.again(what), self.act, None
        if act is not None:
            await act
        return had


async def test_of_two_that_say_it_at_the_same_time_neither_takes_its_own_for_what_stands(
    slack, place, replica, database
):
    slow = Meanwhile(SqlLastWord(database, "slow"))
    here, there = replica(slow), replica()
    posted = await here.post(place, TWO, key=KEY)
    slow.act = there.edit(posted, ONE)
    await here.edit(posted, Briefing("3 firing", "*3 alerts firing*"))
    await there.edit(posted, ONE)
    assert "1 alert firing" in text(slack, place)
    slow.act = there.topic(place, "SEV1")
    await here.topic(place, "SEV2")
    await there.topic(place, "SEV1")
    assert slack.workspace.channels[place].topic["value"] == "SEV1"


async def test_what_two_carry_on_at_the_same_time_stands_once(slack, place, replica, database):
    slow = Meanwhile(SqlLastWord(database, "slow"))
    here, there = replica(slow), replica()
    posted = await here.post(place, TWO, key=KEY)
    slow.act = there.edit(posted, long_briefing("second"))
    await here.edit(posted, long_briefing("third"))
    assert set(keys(slack, place).values()) == {1}
    assert "second" not in text(slack, place)


class Away:
    """A database that nobody can reach."""

    async def first(self, what):
        raise JournalDown("away")

    async def again(self, what):
        raise JournalDown("away")


async def test_without_its_database_it_says_everything_and_takes_nothing_for_known(slack, place, replica):
    here, there = replica(Away()), replica()
    posted = await here.post(place, TWO, key=KEY)
    await there.edit(posted, long_briefing("second"))
    await here.edit(posted, TWO)
    await here.topic(place, "SEV2 · payments")
    assert "2 alerts firing" in text(slack, place)
    assert "second" not in text(slack, place)
