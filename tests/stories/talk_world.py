"""Who hears people in a test: a message, and what is said to it at once."""

from dataclasses import replace

from bot.domain.plain import as_text
from bot.domain.said import Heard
from bot.questions.replies import Replies, Talking
from bot.state.first_heard import FirstHeard
from bot.state.questions import SqlQuestions
from bot.state.runs import SqlRuns
from tests.stories.pager import FakePager

ELSEWHERE = "C0RANDOM"


def heard(channel, thread, text, *, mention=False):
    return Heard(channel, "99.0", thread, text, "U0LEE", mention)


class Front:
    """Who hears people: what it says at once, and which questions it begins."""

    def __init__(self, desk, database, mode="questions", refusal="", replica=None):
        self.questions = SqlQuestions(database)
        self.begun = []
        self.refusal = refusal
        self.refusals_asked = 0
        self.talking = Talking(self.questions, self._begin, mode, FakePager(), SqlRuns(database))
        if replica:
            self.talking = replace(self.talking, first=FirstHeard(database, replica).first)
        self.replies = Replies(desk, self.talking)

    async def _begin(self, question_id):
        self.begun.append(question_id)

    async def refused(self):
        self.refusals_asked += 1
        return self.refusal

    async def hears(self, message):
        said = await self.replies.heard(message, self.refused)
        return said if said is None else as_text(said)
