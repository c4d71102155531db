"""A bot that is stopped while people talk to it: what it acknowledges it begins, and nothing goes wrong at its end."""

import asyncio

from playground.slack import channels, messages
from playground.slack.messages import Draft
from playground.slack.settings import YOU
from playground.slack.workspace import BOT_USER
from playground.terminal import as_text
from tests.end_to_end.watch import briefed, channel_of, until


async def test_each_question_that_is_acknowledged_at_the_end_is_begun(open_town):
    async with open_town() as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, "payment-service")
        channel = channel_of(town, "payment-service")
        channels.join(town.slack.workspace, channel, YOU.slack_id)

        def ask(number):
            draft = Draft(f"<@{BOT_USER}> what changed? ({number})")
            return messages.post(town.slack.workspace, channel, YOU.slack_id, draft)

        asked = [ask(0)]
        stopping = asyncio.create_task(town.bot.stop())
        while not stopping.done():
            await asyncio.wait({stopping}, timeout=0.4)
            asked.append(ask(len(asked)))
        assert await stopping == 0
        log = town.bot.log.read_text()
        assert "not answered" not in log, log
        assert "Traceback" not in log, log

        await town.bot.start()
        for each in asked:
            await until(lambda each=each: _answers(channel, each), what=f"an answer to {each.text}")
        assert [len(_answers(channel, each)) for each in asked] == [1] * len(asked)


def _answers(channel, asked):
    """The bot's replies that are whole. Whoever has asked three things already hears that at once."""
    whole = ("no model was used", "Ask again once one is answered")
    return [m for m in channel.replies(asked.ts) if m.bot_id and any(words in as_text(m) for words in whole)]
