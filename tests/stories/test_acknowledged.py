"""Whoever answers a call ends it, whoever acknowledged before it; whoever does not, has the next level called."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.plain import as_text
from bot.domain.said import Command, Reacted
from bot.life.mirror import heard_there
from bot.life.verbs import life_words
from bot.life.verbs.take import seen
from bot.sections.standing import standing as in_the_head
from integrations.contract import Act
from tests.stories.escalation_world import NOW, World, entry, incident

DANA, LEE = "U0DANA", "U0LEE"
NO_FURTHER = "no further level is called"


@dataclass
class Night:
    """One incident with signs of data lost, and what people do before, while and after somebody is called."""

    world: World = field(default_factory=lambda: World(incident(name="Data loss")))
    said: list = field(default_factory=list)
    """Who typed `/incident ack` and what they were answered."""

    def __post_init__(self):
        self.world.at = replace(self.world.at, rules=("data",))
        self.world.top = 5

    async def does(self, what):
        who, how = what.split(maxsplit=1)
        user = {"dana": DANA, "lee": LEE}.get(who)
        match how:
            case "types it":
                self.world.slept.append(1)
                self.said.append((user, await self._types(user)))
            case "reacts" if user not in self.world.eyes:
                self.world.eyes.append(user)
                await self._hears(user, added=True)
            case "is heard again" if user in self.world.eyes:
                await self._hears(user, added=True)
            case "takes it back" if user in self.world.eyes:
                self.world.eyes.remove(user)
                await self._hears(user, added=False)
            case "answers there":
                self.world.slept.append(1)
                await self._acts("acknowledged", self.world.now())
            case "is heard late":
                await self._acts("acknowledged", NOW - timedelta(minutes=2))

    async def called(self, **during):
        """`during`: what is done `before`, `while_called` or `after_call` of each level, by its number."""
        steps = {name: dict(enumerate(each, 1)) for name, each in during.items()}

        async def each(name, level):
            for what in steps.get(name, {}).get(level, ()):
                await self.does(what)

        self.world.while_called = lambda level: each("while_called", level)
        self.world.while_asleep = lambda: each("after_call", len(self.world.calls))
        await each("before", 1)
        self.world.slept.append(60)
        await self.world.look()
        number = next(one.number for one in self.world.entries if one.kind == "escalated")
        await self.world.tell(number)
        return [level for level, *_ in self.world.calls]

    def head(self):
        return in_the_head(self.stands(), self.world.now())

    def stands(self):
        from bot.life.lifecycle import standing

        return standing(self.world.entries, self.world.one.last_opened_at)

    async def _types(self, user):
        verb = life_words(self.world.life).verbs["ack"]
        return as_text(await verb(Command("C1", user, "ack", f"T{len(self.said)}", "/incident"), ""))

    async def _hears(self, user, *, added):
        await seen(self.world.life, Reacted(self.world.one.message, "eyes", user, added))

    async def _acts(self, kind, at):
        number = len(self.world.entries)
        await heard_there(self.world.life)([Act(f"E{number}", "pagerduty", "Q1", kind, "Ann", at)])


@pytest.fixture
def night():
    return Night()


@pytest.mark.parametrize("first", ["dana types it", "dana reacts", "ann answers there"])
async def test_who_acknowledged_before_is_no_answer_and_another_can_give_one(night, first):
    assert await night.called(before=[[first]], after_call=[[], ["lee types it"]]) == [1, 2]
    assert NO_FURTHER in night.said[-1][1]
    assert [one.who for one in night.world.entries if one.kind == "acknowledged"][1:] == [LEE]


async def test_who_acknowledged_before_can_answer_the_call_too(night):
    assert await night.called(before=[["dana types it"]], after_call=[["dana types it"]]) == [1]
    assert "head" in night.said[0][1]
    assert NO_FURTHER in night.said[1][1]


async def test_who_answers_is_told_who_was_first_and_both_stand_in_the_head(night):
    await night.called(before=[["dana types it"]], after_call=[["lee types it"]])
    assert f"<@{DANA}>" in night.said[1][1]
    assert night.head() == f"acknowledged by <@{DANA}> 04:00 · call answered by <@{LEE}> 04:11"


async def test_of_a_call_that_somebody_answered_the_next_is_told_who_did(night):
    assert await night.called(before=[["dana types it"]], after_call=[["lee types it", "dana types it"]]) == [1]
    assert f"Acknowledged before, by <@{LEE}>" in night.said[-1][1]


async def test_where_nobody_could_be_called_nobody_is_said_to_have_answered_a_call(night):
    await night.does("dana types it")
    night.world.missing = "services.yaml names no oncall"
    await night.called()
    assert not night.world.calls
    await night.does("lee types it")
    assert NO_FURTHER in night.said[-1][1]
    assert "call" not in night.said[-1][1].replace(NO_FURTHER, "")
    assert night.head() == f"acknowledged by <@{DANA}> 04:00 · and again by <@{LEE}> 04:01"


async def test_eyes_that_stood_before_the_call_do_not_answer_it_when_they_are_heard_again(night):
    heard_again = [["dana is heard again"], [], ["dana takes it back", "dana reacts"]]
    assert await night.called(before=[["dana reacts"]], after_call=heard_again) == [1, 2, 3]


async def test_eyes_taken_back_and_given_again_faster_than_one_looks_answer_the_call(night):
    async def toggled(_level):
        for added in (False, True):  # both events come when they stand there again
            await night._hears(DANA, added=added)

    await night.does("dana reacts")
    await night.world.look()
    night.world.while_called = toggled
    await night.world.tell(2)
    assert len(night.world.calls) == 1


async def test_an_answer_that_is_taken_back_in_time_is_none(night):
    assert await night.called(after_call=[["dana reacts", "dana takes it back"], ["lee types it"]]) == [1, 2]


async def test_eyes_from_before_that_are_taken_back_leave_the_answer_of_another(night):
    assert await night.called(before=[["dana reacts"]], after_call=[["lee types it", "dana takes it back"]]) == [1]
    assert night.stands().acknowledged.who == LEE


async def test_what_was_acknowledged_there_before_the_call_and_is_heard_after_it_is_no_answer(night):
    assert await night.called(after_call=[["ann is heard late"], ["ann answers there"]]) == [1, 2]
    assert [one.who for one in night.world.entries if one.kind == "acknowledged"] == ["pagerduty:Ann"] * 2


async def test_who_answers_between_the_last_look_and_the_call_has_nobody_called(night):
    async def answers(name, act, kind):
        done = await once(name, act, kind)
        if name == "answered 1":
            await night.does("lee types it")
        return done

    once, night.world.once = night.world.once, answers
    assert await night.called() == [1]
    assert len(night.world.posted) == 1


async def test_who_acknowledges_in_the_moment_in_which_it_is_noted_that_nobody_did_has_nobody_called():
    world = World()
    await world.look()
    await world.append(entry("acknowledged", at=NOW - timedelta(seconds=1)))
    await world.tell()
    assert world.calls == []


async def test_an_answer_that_only_the_pager_knows_is_in_the_record():
    world = World()
    world.answer_at = 1
    await world.look()
    await world.tell()
    assert [(one.kind, one.who) for one in world.entries if one.kind == "acknowledged"] == [
        ("acknowledged", "pagerduty:")
    ]


async def test_who_acknowledged_before_it_was_opened_again_has_not_answered(night):
    await night.called(before=[["dana types it"]], after_call=[["lee types it"]])
    night.world.slept.append(3600)
    night.world.one = replace(night.world.one, opening=2, reopened_at=night.world.now())
    await night.does("lee types it")
    assert "head" in night.said[-1][1], "nobody was called yet"
    await night.world.look()
    night.world.done.clear()  # another story
    await night.world.tell(night.world.entries[-1].number)
    assert len(night.world.calls) == 1 + 5, "up to the highest"


PEOPLE = ("dana types it", "lee types it", "dana reacts", "dana takes it back")
DONE = st.lists(st.sampled_from((*PEOPLE, "lee reacts", "lee takes it back", "ann answers there")), max_size=3)


def holder(done, now=None, eyes=frozenset()):
    """Who has it after all this was done, and whose 👀 stand; told apart from the code, by a rule of one line each."""
    for what in done:
        who, how = what.split(maxsplit=1)
        if how == "takes it back":
            eyes, now = eyes - {who}, None if now == (who, "reacts") else now
        else:
            fresh = how != "reacts" or who not in eyes
            eyes = eyes | {who} if how == "reacts" else eyes
            now = now or ((who, how) if fresh else None)
    return now, eyes


@settings(max_examples=300, deadline=None)
@given(before=DONE, while_called=st.lists(DONE, max_size=5), after_call=st.lists(DONE, max_size=5))
def test_after_an_answer_nobody_is_called_and_without_one_the_next_level_is(before, while_called, after_call):
    night = Night()
    levels = asyncio.run(night.called(before=[before], while_called=while_called, after_call=after_call))
    _, eyes = holder(before)
    has, expected = None, []
    for level in range(1, 6):
        expected.append(level)
        has, eyes = holder(
            [what for each in (while_called, after_call) for what in (each[level - 1 : level] or [[]])[0]], has, eyes
        )
        if has:
            break
    assert levels == expected
    recorded = {one.who for one in night.world.entries if one.kind == "acknowledged"}
    assert all(user in recorded for user, text in night.said if "before, by" not in text)
    assert all(
        NO_FURTHER in text or "before, by" in text for _, text in night.said[sum("types" in one for one in before) :]
    )
