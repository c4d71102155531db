"""What people say of what is remembered: the cause, a line for the team, and what they make of what was learnt."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest

from bot.domain.briefing import Briefing
from bot.domain.memory import Learnt
from bot.domain.postmortem import Written
from bot.domain.said import Command, Form
from bot.incident_command import IncidentCommand
from bot.memory.archive import Archive
from bot.memory.command import ACCEPT, EDIT, REJECT, MemoryCommand
from bot.memory.remember import remember
from bot.state.memories import SqlMemories, SqlReviews
from bot.state.postmortems import SqlPostmortems
from tests.stories.life_world import Days, days_with
from tests.stories.workshop_world import DANA, ERIN, GUEST
from tests.stories.world import fire


@dataclass
class Learning(Days):
    """An incident's channel, with what is remembered of it."""

    archive: Archive | None = None

    def _commands(self):
        words = MemoryCommand(self.archive, self.life.desk, self.town.people).words
        return IncidentCommand(self.town.shop, self.town.action, (words,))

    async def remembered(self):
        return await remember(self.archive, self.town.incident_id, 1)

    async def memory(self):
        return await self.archive.memories.memory(self.town.incident_id)

    @property
    def waiting(self):
        return f"memory:{self.town.incident_id}"


@pytest.fixture
async def days(tmp_path):
    async with days_with(tmp_path) as one:
        desk, database = one.life.desk, one.life.desk.entries._database
        memories, reviews = SqlMemories(database), SqlReviews(database)
        archive = Archive(desk.journal, desk.entries, one.life.runs, memories, reviews, desk.clock, one.town.shop.audit)
        yield Learning(one.town, one.life, one.begun, archive=archive)


async def test_a_cause_that_a_person_names_is_remembered_before_the_bots(days):
    await days.remembered()
    assert "before anything that I found" in await days.says("cause the address was wrong")
    memory = await days.memory()
    assert (memory.cause, memory.cause_by) == ("the address was wrong", "person")
    assert [entry.text for entry in await days.entries("cause")] == ["the address was wrong"]


async def test_a_cause_that_a_person_names_is_told_elsewhere_at_once(days):
    for event in (days.life.desk.changed, days.life.desk.written_elsewhere):
        event.clear()
    await days.says("cause the address was wrong")
    assert days.life.desk.written_elsewhere.is_set()
    assert days.life.desk.changed.is_set()


async def test_the_same_command_twice_is_one_word(days):
    for _ in "12":
        await days.says("cause the address was wrong", trigger="T-same")
    assert len(await days.entries("cause")) == 1
    assert [one.kind for one in await days.archive.reviews.queue(9)] == ["cause"]


@pytest.mark.parametrize("text", ["cause", "cause   "])
async def test_a_cause_needs_words(days, text):
    assert "What was it?" in await days.says(text)
    assert await days.entries("cause") == []


async def test_secrets_in_a_cause_are_masked(days):
    token = "ghp_" + "A1b2C3d4E5" * 3 + "f6G7h8"
    await days.says(f"cause the token {token} had run out")
    (entry,) = await days.entries("cause")
    assert token not in entry.text


async def test_what_waits_is_listed_and_accepted_with_one_tap(days):
    await days.remembered()
    listed = await days.says("review")
    assert "1 thing learnt, not reviewed yet" in listed and "Memory" in listed
    assert await days.taps(ACCEPT, days.waiting) == f"Accepted: memory {days.town.incident_id}"
    assert (await days.memory()).review == "accepted"
    assert await days.says("review") == "Nothing waits to be looked at."


async def test_the_second_tap_is_told_that_it_is_decided(days):
    await days.remembered()
    said = await asyncio.gather(days.taps(ACCEPT, days.waiting), days.taps(REJECT, days.waiting, ERIN))
    assert sorted("decided it already" in one for one in said) == [False, True]
    stands = await days.archive.reviews.learnt(days.waiting)
    assert (await days.memory()).review == stands.review


async def test_what_is_rejected_is_never_shown_again(days):
    await days.remembered()
    await days.taps(REJECT, days.waiting)
    await days.remembered()
    assert await days.archive.memories.known() == []
    assert await days.archive.reviews.count() == 0


async def test_a_memory_is_put_right_in_a_form(days):
    await days.remembered()
    form = await days.taps(EDIT, days.waiting)
    assert isinstance(form, Form)
    assert [field.name for field in form.fields] == ["text", "fixed"]
    await days.fills(form, text="the pool was too small", fixed="a bigger pool")
    memory = await days.memory()
    assert (memory.review, memory.reviewed_by, memory.cause_by) == ("edited", DANA, "person")
    assert (memory.cause, memory.resolution) == ("the pool was too small", "a bigger pool")
    await days.remembered()
    assert (await days.memory()).cause == "the pool was too small"


@pytest.mark.parametrize("outside", [True, None])
async def test_what_waits_is_looked_at_wherever_a_full_member_is(days, outside):
    await days.remembered()
    days.town.people.outside = outside
    assert "It waits" in await days.says("remember the gateway restarts at night", channel="D0DIRECT")
    assert "2 things learnt" in await days.says("review", channel="D0DIRECT")
    form = await days.taps(EDIT, days.waiting)
    assert "Kept as you wrote it" in await days.fills(form, text="the pool was too small", fixed="")
    assert (await days.memory()).cause == "the pool was too small"
    assert "Not done" in await days.says("cause the pool")


async def test_only_what_fixed_it_put_right_leaves_the_cause_the_bots(days):
    before = await days.remembered()
    form = await days.taps(EDIT, days.waiting)
    await days.fills(form, text=before.cause, fixed="restarted")
    after = await days.memory()
    assert (after.cause, after.cause_by, after.resolution) == (before.cause, before.cause_by, "restarted")


async def test_a_cause_that_is_rejected_gives_the_bots_its_place_back(days):
    own = (await days.remembered()).cause
    await days.says("cause the moon", trigger="T")
    (cause,) = [one for one in await days.archive.reviews.queue(9) if one.kind == "cause"]
    await days.taps(REJECT, cause.id)
    assert (await days.memory()).cause == own
    assert (await days.stands()).cause is None


async def test_the_cause_that_was_named_since_outlives_the_rejection_of_an_earlier_one(days):
    await days.remembered()
    await days.says("cause the moon", trigger="T1")
    await days.says("cause the tide", trigger="T2")
    waiting = await days.archive.reviews.queue(9)
    await days.taps(REJECT, next(one.id for one in waiting if one.text == "the moon"))
    assert (await days.stands()).cause.text == (await days.memory()).cause == "the tide"
    await days.taps(REJECT, next(one.id for one in waiting if one.text == "the tide"))
    assert (await days.stands()).cause is None


async def test_a_cause_put_right_is_the_one_that_is_remembered(days):
    await days.remembered()
    await days.says("cause the moon", trigger="T")
    (cause,) = [one for one in await days.archive.reviews.queue(9) if one.kind == "cause"]
    form = await days.taps(EDIT, cause.id)
    assert await days.fills(form, text="  ") == {"text": "is needed; to drop it, reject it"}
    await days.fills(form, ERIN, text="the tide")
    assert (await days.memory()).cause == "the tide"


async def test_a_line_for_the_team_counts_once_somebody_accepted_it(days):
    await days.says("remember payment restarts take 4 min, do not hurry")
    assert "nothing yet" in await days.says("remember")
    (note,) = await days.archive.reviews.queue(9)
    await days.taps(ACCEPT, note.id, ERIN)
    assert "do not hurry" in await days.says("remember")


@pytest.mark.parametrize("word", ["cause x", "remember x", "review"])
async def test_guests_are_told_no(days, word):
    assert "Not done" in await days.says(word, GUEST)


async def test_thumbs_on_the_briefing_count_and_can_be_taken_back(days):
    posted = (await days.incident()).message
    await days.remembered()
    await days.reacts(posted, "-1", DANA)
    assert (await days.memory()).doubted
    await days.reacts(posted, "-1", DANA, off=True)
    await days.reacts(posted, "+1", ERIN)
    await days.reacts(posted, "+1", GUEST)
    memory = await days.memory()
    assert (memory.liked, memory.disliked) == (1, 0)


async def test_who_changes_a_thumb_has_the_one_that_stands(days):
    posted = (await days.incident()).message
    await days.remembered()
    for before, after in (("+1", "-1"), ("-1", "+1")):
        await days.reacts(posted, before, DANA)
        await days.reacts(posted, after, DANA)
        await days.reacts(posted, before, DANA, off=True)
        memory = await days.memory()
        assert (memory.liked, memory.disliked) == ((0, 1) if after == "-1" else (1, 0))
        await days.reacts(posted, after, DANA, off=True)


async def test_of_two_thumbs_of_one_person_the_last_one_counts(days):
    posted = (await days.incident()).message
    await days.remembered()
    await days.reacts(posted, "+1", DANA)
    await days.reacts(posted, "-1", DANA)
    memory = await days.memory()
    assert (memory.liked, memory.disliked) == (0, 1)


async def test_an_event_that_comes_late_changes_nothing(days):
    posted = (await days.incident()).message
    await days.remembered()
    await days.reacts(posted, "-1", DANA)
    await days.hears(posted, "-1", DANA, off=True)
    await days.hears(posted, "+1", DANA)
    assert (await days.memory()).disliked == 1
    await days.reacts(posted, "-1", DANA, off=True)
    await days.hears(posted, "-1", DANA)
    assert (await days.memory()).disliked == 0


async def test_where_slack_does_not_tell_what_stands_the_event_is_believed(days):
    posted = (await days.incident()).message
    await days.remembered()
    days.chat.refuse("reactions", "fatal_error", passing=True)
    await days.hears(posted, "-1", DANA)
    assert (await days.memory()).disliked == 1
    await days.hears(posted, "-1", DANA, off=True)
    assert (await days.memory()).disliked == 0


async def test_a_thumb_on_the_briefing_of_a_linked_incident_counts_for_that_one(days):
    await days.remembered()
    linked = await fire(days.life.desk, "DiskFull", labels={"service": "payment-db"})
    posted = await days.chat.post(days.town.channel_id, Briefing("p", "h"), key=f"{linked.incident_id}:1:briefing")
    await days.life.desk.journal.keep_message(linked.incident_id, posted)
    await remember(days.archive, linked.incident_id, 1)
    await days.reacts(posted, "-1", DANA)
    assert (await days.archive.memories.memory(linked.incident_id)).disliked == 1
    assert (await days.memory()).disliked == 0


async def test_a_thumb_on_any_other_message_is_none(days):
    posted = days.somebody_writes("what a night", DANA)
    await days.remembered()
    await days.reacts(posted, "-1", ERIN)
    assert (await days.memory()).disliked == 0


async def test_markup_in_what_waits_calls_nobody(days):
    await days.says("remember <!channel> is on fire &lt;!here&gt;")
    listed = await days._commands().command(Command(days.town.channel_id, DANA, "review", "T", "/incident"))
    assert not any("<!" in line for section in listed.sections for line in section.text)


BOOK = "id: by-hand\nsteps:\n  - action: exec\n    command: kubectl rollout restart deployment/{{service}}\n"


@pytest.fixture
async def drafted(days):
    """A runbook that was drafted, and a long postmortem, wait."""
    days.archive = replace(days.archive, postmortems=SqlPostmortems(days.life.desk.entries._database))
    await days.archive.reviews.wait(
        Learnt("runbook:X", "runbook", days.town.incident_id, days.archive.clock.now(), "", BOOK)
    )
    text = "# What\n\n" + "\n".join(f"- line {number} of it" for number in range(600)) + "\n"
    at = days.archive.clock.now()
    await days.archive.postmortems.write(Written(days.town.incident_id, 1, text, at))
    await days.remembered()
    return text


async def test_a_drafted_runbook_is_kept_only_without_a_fault(days, drafted):
    assert "Runbook, drafted" in await days.says("review")
    form = await days.taps(EDIT, "runbook:X")
    assert form.fields[0].value == BOOK.rstrip()
    said = await days.fills(form, text=BOOK.replace("exec", "exce"))
    assert said == {"text": "line 3: `action` is one of exec, conditional, copy, http, promql, wait, message, "
                            "not 'exce'; did you mean `exec`?"}  # fmt: skip
    assert "must be one runbook" in (await days.fills(form, text="# nothing"))["text"]
    assert "is needed" in (await days.fills(form, text=" "))["text"]
    changed = BOOK.replace("by-hand", "restart-it")
    assert "Its file comes into the thread" in await days.fills(form, text=changed)
    assert (await days.archive.reviews.learnt("runbook:X")).text == changed.strip()


async def test_a_long_postmortem_is_put_right_in_several_boxes_and_nothing_of_it_is_lost(days, drafted):
    id_ = f"postmortem:{days.town.incident_id}"
    form = await days.taps(EDIT, id_)
    assert len(form.fields) > 3
    await days.fills(form, **{field.name: field.value for field in form.fields})
    written = await days.archive.postmortems.written(days.town.incident_id, 1)
    assert (written.text, written.review, written.reviewed_by) == (drafted, "edited", DANA)


async def test_a_reviewed_postmortem_is_not_written_over(days, drafted):
    await days.taps(ACCEPT, f"postmortem:{days.town.incident_id}")
    await days.archive.postmortems.write(Written(days.town.incident_id, 1, "another", days.archive.clock.now()))
    assert (await days.archive.postmortems.written(days.town.incident_id, 1)).text == drafted


@pytest.mark.parametrize("cause", ["word " * 700, "😀" * 1_600])
async def test_a_memory_whose_cause_a_box_cannot_hold_keeps_it(days, cause):
    await days.remembered()
    await days.says(f"cause {cause}")
    assert "too long for a form" in await days.taps(EDIT, days.waiting)
    assert (await days.memory()).cause == cause.strip()


async def test_what_no_form_can_hold_is_accepted_or_rejected_whole(days):
    at = days.archive.clock.now()
    await days.archive.reviews.wait(Learnt("runbook:X", "runbook", days.town.incident_id, at, "", "# " + "x" * 60_000))
    assert "too long for a form" in await days.taps(EDIT, "runbook:X")
    assert "Rejected" in await days.taps(REJECT, "runbook:X")
