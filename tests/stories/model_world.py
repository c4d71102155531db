"""A model that answers as a test wrote it down, a purse without a bottom, and a desk where questions are answered."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from bot.answer import answer
from bot.domain.dialogue import Reply, Text, ToolUse
from bot.domain.money import NOTHING, Money, Usage
from bot.domain.question import Question
from bot.questions.asking import Asking
from bot.questions.consult import Consult
from bot.questions.model_ports import ModelError, OverBudget
from bot.state.database import open_database
from bot.state.questions import SqlQuestions
from integrations.contract import Refused, ToolAnswer, ToolSpec
from tests.stories.incident_sample import series
from tests.stories.world import NOW, OWN, FakeSlack, Life, Source, desk_with, fire, tell

NAME = "claude-sonnet-5-5"
USED = Usage(input=1_000, output=100)


def says(text, stop="end_turn", usage=USED):
    return Reply(NAME, (Text(text),) if text else (), stop, usage)


def uses(*calls, text="", usage=USED):
    """The model wants tools: each call is a name and its arguments."""
    blocks = [ToolUse(f"toolu_{name}_{number}", name, given) for number, (name, given) in enumerate(calls)]
    return Reply(NAME, ((Text(text),) if text else ()) + tuple(blocks), "tool_use", usage)


class Script:
    """`bot.questions.model_ports.Model`: its replies in order; an exception is raised, a coroutine function asked."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.requests = []
        self.begun = Usage(input=10)
        """What a call has used when it has only begun."""

    def route(self, work):
        return (NAME,)

    def most(self, request, model):
        return Money.dollars("0.01")

    def cost(self, usage, model):
        return Money(usage.total)

    async def say(self, request, model, on_text=lambda text: None, on_usage=lambda usage: None):
        self.requests.append(request)
        on_usage(self.begun)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if callable(reply):
            reply = await reply(request)
        if isinstance(reply, Exception):
            raise reply
        on_text(reply.text)
        return reply

    async def close(self): ...


@dataclass
class FullPurse:
    """`bot.questions.model_ports.Purse` that refuses once it is told to."""

    over: OverBudget | None = None
    settled: list = field(default_factory=list)
    accounts: list = field(default_factory=list)

    async def reserve(self, account, model, most):
        if self.over is not None:
            raise self.over
        self.accounts.append(account)
        return f"r{len(self.accounts) - 1}"

    async def settle(self, reservation, usage, cost):
        self.settled.append((reservation, usage, cost))

    async def spent_on(self, incident_id, story="", answer_id=""):
        paid = [(self.accounts[int(reservation[1:])], cost) for reservation, _, cost in self.settled]
        of = (incident_id, answer_id)
        return sum((cost for account, cost in paid if (account.incident_id, account.answer_id) == of), NOTHING)


class NoPace:
    async def turn(self, tokens, *, urgent): ...

    def rest(self, seconds): ...


class Metrics:
    """A tool that tells a figure; of another service it refuses."""

    spec = ToolSpec("query_metrics", "Figures.", {"type": "object", "properties": {}, "required": []})

    def __init__(self):
        self.asked = []
        self.says = "error_rate of payment-service: 0.3 % → 23.4 %"
        self.waits_for = None

    async def use(self, arguments, scope):
        self.asked.append(dict(arguments))
        if self.waits_for is not None:
            await self.waits_for.wait()
        if arguments.get("service") not in scope.services:
            raise Refused("prometheus", "only payment-service can be asked about")
        return ToolAnswer(self.says, "error rate of payment-service", "http://prometheus.example/graph", services=())


class WithTools(Source):
    def __init__(self, *tools, more=(), **how):
        super().__init__("prometheus", series("error_rate", 0.004, 0.2), *more, **how)
        self.tools = tools


@dataclass
class Room:
    """Where a question is asked: the desk, the record of questions, the model, and Slack."""

    desk: object
    questions: SqlQuestions
    consult: Consult
    model: Script
    purse: FullPurse
    chat: FakeSlack
    metrics: Metrics
    incident: object
    asked: int = 0

    async def ask(self, text="did anything change in the gateway?", *, thread=None, steps=None, user="U0LEE"):
        """A question and its whole story; gives back what stands in Slack in the end."""
        question = await self.put(text, thread=thread, user=user)
        await self.story(question, steps)
        return self.chat.of(f"answer:{question.id}").text

    async def put(self, text, *, thread=None, user="U0LEE"):
        self.asked += 1
        ts = f"{500 + self.asked}.0"
        question = Question(f"{OWN}:{ts}", self.incident.id, OWN, thread or ts, user, text, NOW)
        await self.questions.ask(replace(question, asked_at=NOW.replace(microsecond=self.asked)))
        return await self.questions.question(question.id)

    async def story(self, question, steps=None):
        async with asyncio.timeout(20):
            await answer(Asking(self.desk, self.questions, self.consult, question), steps or Life())

    def down(self, reason="overloaded"):
        self.model.replies = [ModelError(reason, passing=True, used=Usage())]


@asynccontextmanager
async def room(tmp_path, *replies, key=True, source=None):
    """A briefed incident in whose channel questions are answered by this script."""
    chat, metrics = FakeSlack(), Metrics()
    script, purse = Script(*replies), FullPurse()
    consult = Consult(script if key else None, purse, NoPace())
    async with desk_with(tmp_path, chat, source or WithTools(metrics)) as desk:
        taken = await fire(desk)
        await tell(desk, taken)
        database = open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}")
        incident = await desk.journal.incident(taken.incident_id)
        yield Room(
            replace(desk, consult=consult), SqlQuestions(database), consult, script, purse, chat, metrics, incident
        )
        await database.dispose()
