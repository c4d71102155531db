"""Every source at once: late ones and broken ones become gaps, the others are not held up, secrets do not get in."""

import asyncio
from dataclasses import replace

import pytest

from bot.gather import Gathering, Limits
from bot.rests import FAILURES
from integrations.contract import Change, Look, Refused, Unreachable
from tests.stories.incident_sample import ALERTED, SCOPE

PATIENT = Limits(source_s=60, deadline_s=60, interim_s=60)


class Source:
    """A source that does as it is told, and counts how often it was asked."""

    tools = ()

    def __init__(self, name, *, after=0.0, says=None, fails=None):
        self.name, self.after, self.says, self.fails, self.asked, self.cancelled = (
            name,
            after,
            says or Look(),
            fails,
            0,
            False,
        )

    async def look(self, scope):
        self.asked += 1
        try:
            await asyncio.sleep(self.after)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self.fails:
            raise self.fails
        return self.says

    async def close(self): ...


class Waiting(Source):
    """Answers once somebody was told early."""

    def __init__(self, name, **how):
        super().__init__(name, **how)
        self.told = asyncio.Event()

    async def look(self, scope):
        await self.told.wait()
        return self.says


def change(version="v1"):
    return Look((Change("checkout", "release", ALERTED, version),))


async def gather(*sources, limits=PATIENT, seen=None, off=()):
    async def interim(context):
        if seen is not None:
            seen.append(context)

    return await Gathering(sources, off, limits).gather(SCOPE, interim)


async def test_sources_are_asked_at_once_and_their_findings_put_together():
    meeting = asyncio.Barrier(3)

    class Meeting(Source):
        async def look(self, scope):
            await meeting.wait()  # ends only if all three are here at the same time
            return self.says

    context = await gather(*(Meeting(name, says=change(name)) for name in "cab"))

    assert [c.version for c in context.of(Change)] == ["a", "b", "c"]
    assert (context.gaps, context.waiting) == ((), ())
    assert set(context.took) == {"a", "b", "c"}


async def test_a_slow_source_is_a_gap_and_is_stopped():
    slow, quick = Source("slow", after=30), Source("quick", says=change())
    context = await gather(slow, quick, limits=replace(PATIENT, source_s=0.2))

    assert [(g.source, g.reason) for g in context.gaps] == [("slow", "no answer in 0.2 s")]
    assert len(context.of(Change)) == 1
    assert slow.cancelled


async def test_the_deadline_holds_for_all_of_them():
    slow = Source("slow", after=30)
    context = await gather(slow, limits=Limits(source_s=20, deadline_s=0.1, interim_s=0.05))

    assert [g.reason for g in context.gaps] == ["no answer in 0.1 s"]
    assert slow.cancelled


async def gathered(interim_s):
    """All that was told early, of which the slow source waits for the first, and what was told in the end."""
    seen, slow = [], Waiting("slow", says=change("late"))

    async def early(context):
        seen.append(context)
        slow.told.set()

    sources = slow, Source("quick", says=change("early"))
    return seen, await Gathering(sources, (), replace(PATIENT, interim_s=interim_s)).gather(SCOPE, early)


async def test_what_is_there_is_told_early_while_a_slow_source_is_waited_for():
    for interim_s in (0.05, 1, 10):  # where the machine stalls, the quick one has not come so far either
        (early,), context = await gathered(interim_s)
        if early.waiting == ("slow",):
            break

    assert early.waiting == ("slow",)
    assert [c.version for c in early.of(Change)] == ["early"]
    assert (context.waiting, len(context.of(Change))) == ((), 2)


async def test_without_a_slow_source_nothing_is_told_early():
    seen = []
    await gather(Source("quick"), seen=seen)
    assert seen == []


@pytest.mark.parametrize(
    ("fails", "words"),
    [
        (Refused("a", "401: wrong token", "set X_TOKEN"), "401: wrong token"),
        (Unreachable("a", "connection refused"), "connection refused"),
        (Refused("a", "no: password=" + "hunter2"), "no: password=[redacted: password]"),
        (ZeroDivisionError("secret"), "failed inside the bot; its log tells more"),
    ],
)
async def test_every_failure_is_a_gap_in_words(fails, words):
    context = await gather(Source("a", fails=fails), Source("b", says=change()))
    assert [(g.source, g.reason) for g in context.gaps] == [("a", words)]
    assert len(context.of(Change)) == 1


async def test_an_early_telling_that_fails_costs_nothing():
    slow = Waiting("slow")

    async def broken(_context):
        slow.told.set()
        raise ZeroDivisionError

    context = await Gathering([slow], (), replace(PATIENT, interim_s=0.05)).gather(SCOPE, broken)
    assert context.gaps == ()


async def test_a_source_that_never_answers_is_left_alone_for_a_while_and_one_that_refuses_is_not():
    down, refusing = Source("down", fails=Unreachable("down", "away")), Source("no", fails=Refused("no", "401"))
    gathering = Gathering([down, refusing], (), PATIENT)

    async def nothing(_context): ...

    for _ in range(FAILURES + 2):
        context = await gathering.gather(SCOPE, nothing)
    assert down.asked == FAILURES
    assert refusing.asked == FAILURES + 2
    assert "left alone" in next(g.reason for g in context.gaps if g.source == "down")


async def test_no_secret_gets_in_and_sources_that_are_off_are_named():
    leaking = Source("a", says=Look((Change("checkout", "merge", ALERTED, "v1", title="use password=" + "hunter2"),)))
    context = await gather(leaking, off=("github",))
    assert "hunter2" not in repr(context)
    assert context.masked == {"password": 1}
    assert context.off == ("github",)
