"""An incident that is over becomes a memory: once, with what people said before what the bot thought."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from bot.domain.closing import Closing
from bot.domain.entry import BOT, Entry
from bot.domain.postmortem import Written
from bot.domain.run import Checked, Ended, Run
from bot.memory.archive import Archive
from bot.memory.remember import remember
from bot.memory.review_queue import decide
from bot.state.closings import SqlClosings
from bot.state.entries import SqlEntries
from bot.state.journal import journal
from bot.state.memories import SqlMemories, SqlReviews
from bot.state.postmortems import SqlPostmortems
from bot.state.runs import SqlRuns
from integrations.contract import Alert
from runbooks.model import Runbook
from tests.memory.made import NOW, PRINT, report
from tests.rules.runs import LOOK, asked, did, step

ALERT = Alert(
    "alertmanager", "f", "HighErrorRate", "firing", NOW, severity="critical", summary="23 % of payments fail",
    labels={"service": "payment", "env": "production"},
)  # fmt: skip

CHANGED = (*asked(step("1")), *did("1"))
"""Events of a run that changed something."""


@pytest.fixture
def archive(database, clock):
    record = journal(database, clock, (("service",), ("env",), 3600))
    runs, entries = SqlRuns(database), SqlEntries(database)
    memories, closings = SqlMemories(database), SqlClosings(database)
    return Archive(record, entries, runs, memories, SqlReviews(database), clock, closings=closings)


@pytest.fixture
async def incident(archive, clock):
    """Fired, was looked into, and resolved eleven minutes later."""
    (taken,) = await archive.journal.take([ALERT])
    await archive.journal.keep_report(taken.incident_id, 1, report(incident_id=taken.incident_id))
    clock.pass_(minutes=11)
    await archive.journal.take([replace(ALERT, status="resolved", ends_at=clock.now())])
    return taken.incident_id


async def said(archive, incident_id, kind, text, key="1", **changes):
    entry = Entry(incident_id, f"{kind}:{key}", archive.clock.now(), kind, "U1", text, **changes)
    assert await archive.entries.append(entry)


async def ran(archive, incident_id, *events, id_="R1"):
    book = Runbook(id="payment-rollback", title="Roll back", steps=())
    run = Run(id_, incident_id, book, {}, "payment", "C1", "U1", archive.clock.now(), "production")
    await archive.runs.open(run)
    for number, event in enumerate(events):
        assert await archive.runs.append(run.id, number, event)


async def test_of_a_storm_of_alerts_only_some_names_are_remembered(archive):
    many = [replace(ALERT, fingerprint=f"{n}", name=f"Alert{n}") for n in range(300)]
    taken = await archive.journal.take(many)
    memory = await remember(archive, taken[0].incident_id, 1)
    assert memory.alerts == tuple(f"Alert{n}" for n in range(50))


async def test_what_the_records_hold_is_remembered(archive, incident):
    memory = await remember(archive, incident, 1)
    assert (memory.id, memory.service, memory.env, memory.title) == (incident, "payment", "production", "HighErrorRate")
    assert (memory.cause, memory.cause_by, memory.confidence) == ("it was that", "evidence", "high")
    assert (memory.minutes, memory.alerts, memory.summary) == (11.0, ("HighErrorRate",), "23 % of payments fail")
    assert memory.fingerprint == PRINT
    assert await archive.memories.memory(incident) == memory


async def test_remembered_twice_it_is_one_memory_and_waits_once(archive, incident):
    for _ in "12":
        await remember(archive, incident, 1)
    assert [one.id for one in await archive.memories.known()] == [incident]
    assert [one.id for one in await archive.reviews.queue(9)] == [f"memory:{incident}"]


async def test_its_postmortem_waits_too_where_one_was_written(archive, incident, database):
    postmortems = SqlPostmortems(database)
    await remember(replace(archive, postmortems=postmortems), incident, 1)
    assert [one.kind for one in await archive.reviews.queue(9)] == ["memory"]
    await postmortems.write(Written(incident, 1, "# What happened", NOW))
    await remember(replace(archive, postmortems=postmortems), incident, 1)
    assert {one.kind for one in await archive.reviews.queue(9)} == {"memory", "postmortem"}


async def test_a_second_opening_is_a_memory_of_its_own(archive, incident, clock):
    clock.pass_(minutes=5)
    await archive.journal.take([replace(ALERT, starts_at=clock.now())])
    again = await remember(archive, incident, 2)
    assert (again.id, again.opened_at, again.minutes) == (f"{incident}.2", clock.now(), None)


async def closed(archive, incident_id, opening, words="", by="U1", **changes):
    how = "by a person" if by != BOT else "not reviewed"
    assert await archive.closings.close(Closing(incident_id, opening, archive.clock.now(), by, how, words, **changes))


async def test_a_later_opening_leaves_the_memory_of_each_earlier_one_as_it_was(archive, incident, clock):
    await ran(archive, incident, Checked(NOW, "1", True, "fine"), Ended(NOW, "done"))
    await closed(archive, incident, 1, "rolled back")
    kept = [await remember(archive, incident, 1)]
    for opening, by in ((2, BOT), (3, "U1")):
        clock.pass_(minutes=20)
        again = replace(ALERT, name=f"Alert{opening}", fingerprint=f"f{opening}", starts_at=clock.now())
        await archive.journal.take([again])
        await ran(archive, incident, Ended(NOW, "failed"), id_=f"R{opening}")
        clock.pass_(minutes=5)
        await archive.journal.take([replace(again, status="resolved", ends_at=clock.now())])
        clock.pass_(minutes=15)
        await closed(archive, incident, opening, "the probe", by, false_alarm=by != BOT)
        kept.append(await remember(archive, incident, opening))
    assert [one.resolution for one in kept] == ["rolled back", "", ""]
    assert [one.minutes for one in kept] == [11.0, 5.0, 5.0]
    assert [[ran.result for ran in one.runs] for one in kept] == [["done"], ["failed"], ["failed"]]
    assert [one.false_alarm for one in kept] == [False, False, True]
    assert [await remember(archive, incident, one.opening) for one in kept] == kept


async def test_an_incident_without_a_look_is_remembered_too(archive):
    (taken,) = await archive.journal.take([ALERT])
    memory = await remember(archive, taken.incident_id, 1)
    assert (memory.cause, memory.confidence, memory.fingerprint.empty) == ("", "unknown", True)


async def test_the_cause_that_a_person_named_outranks_the_bots(archive, incident):
    await said(archive, incident, "cause", "a wrong address in the config")
    memory = await remember(archive, incident, 1)
    assert (memory.cause, memory.cause_by) == ("a wrong address in the config", "person")


async def test_a_person_says_how_it_was_resolved(archive, incident):
    await ran(archive, incident, *CHANGED, Checked(NOW, "1", True, "fine"), Ended(NOW, "done"))
    assert (
        await remember(archive, incident, 1)
    ).resolution == "runbook payment-rollback, its check said that it helped"
    await said(archive, incident, "resolved", "rolled back by hand")
    assert (await remember(archive, incident, 1)).resolution == "rolled back by hand"


@pytest.mark.parametrize(
    ("events", "fixed"),
    [
        ((*CHANGED, Ended(NOW, "done")), "runbook payment-rollback"),
        ((*CHANGED, Checked(NOW, "1", False, "still bad"), Ended(NOW, "done")), ""),
        ((step("1", LOOK, ruling="run"), *did("1"), Ended(NOW, "done")), ""),
        ((Ended(NOW, "denied"),), ""),
    ],
)
async def test_a_runbook_that_only_looked_or_did_not_help_is_no_fix(archive, incident, events, fixed):
    await ran(archive, incident, *events)
    memory = await remember(archive, incident, 1)
    assert memory.resolution == fixed
    assert [(one.runbook, one.result) for one in memory.runs] == [("payment-rollback", events[-1].result)]


@pytest.mark.parametrize(
    ("text", "value"), [("False alarm: the probe was wrong", ""), ("the probe was wrong", "false alarm")]
)
async def test_a_false_alarm_is_remembered_as_one(archive, incident, text, value):
    await said(archive, incident, "resolved", text, value=value)
    await said(archive, incident, "closed", text, value="by a person")
    memory = await remember(archive, incident, 1)
    assert memory.false_alarm
    assert memory.resolution == ""


async def test_what_only_begins_like_a_false_alarm_is_what_helped(archive, incident):
    await said(archive, incident, "resolved", "false alarms hid it, rolled back")
    memory = await remember(archive, incident, 1)
    assert not memory.false_alarm
    assert memory.resolution == "false alarms hid it, rolled back"


async def test_what_people_thought_of_the_briefing_is_kept(archive, incident):
    await archive.memories.vote(incident, "U1", "down", NOW)
    memory = await remember(archive, incident, 1)
    assert (memory.liked, memory.disliked, memory.doubted) == (0, 1, True)


async def test_what_a_person_made_of_it_stays(archive, incident):
    memory = await remember(archive, incident, 1)
    edited = replace(memory, review="edited", reviewed_by="U2", cause="mine", cause_by="person", resolution="so")
    await archive.memories.keep(edited, memory)
    again = await remember(archive, incident, 1)
    assert (again.review, again.reviewed_by, again.cause, again.resolution) == ("edited", "U2", "mine", "so")


async def test_a_cause_named_after_an_edit_is_the_last_word_and_one_from_before_is_not(archive, incident, clock):
    await said(archive, incident, "cause", "the cache", key="1")
    await remember(archive, incident, 1)
    memory = next(one for one in await archive.reviews.queue(9) if one.kind == "memory")
    clock.pass_(minutes=5)
    await decide(archive, memory, "edited", "U2", ("the pool", "more connections"))
    assert (await remember(archive, incident, 1)).cause == "the pool"
    clock.pass_(minutes=5)
    await said(archive, incident, "cause", "the retries", key="2")
    again = await remember(archive, incident, 1)
    assert (again.cause, again.cause_by, again.resolution) == ("the retries", "person", "more connections")


class Meanwhile:
    """A part of the record in which something happens just before this is written for the first time."""

    def __init__(self, record, written, act):
        self._record, self._written, self._act = record, written, act

    def __getattr__(self, name):
        real = getattr(self._record, name)
        if name != self._written or self._act is None:
            return real

        async def late(*given):
            act, self._act = self._act, None
            await act()
            return await real(*given)

        return late


async def test_what_a_person_makes_of_it_while_it_is_learnt_anew_stays(archive, incident):
    await remember(archive, incident, 1)
    (one,) = await archive.reviews.queue(9)
    await archive.memories.vote(incident, "U1", "down", NOW)
    edit = partial(decide, archive, one, "edited", "U2", ("mine", "so"))
    again = await remember(replace(archive, memories=Meanwhile(archive.memories, "keep", edit)), incident, 1)
    assert (again.review, again.reviewed_by, again.cause, again.resolution) == ("edited", "U2", "mine", "so")
    assert await archive.memories.memory(incident) == again


async def test_what_is_learnt_anew_while_a_person_decides_stays(archive, incident):
    await remember(archive, incident, 1)
    (one,) = await archive.reviews.queue(9)

    async def thumb():
        await archive.memories.vote(incident, "U1", "down", NOW)
        await remember(archive, incident, 1)

    await decide(replace(archive, reviews=Meanwhile(archive.reviews, "decide", thumb)), one, "accepted", "U2")
    memory = await archive.memories.memory(incident)
    assert (memory.review, memory.reviewed_by, memory.disliked) == ("accepted", "U2", 1)


async def test_two_who_learn_it_at_once_keep_one(archive, incident):
    first = partial(remember, archive, incident, 1)
    await remember(replace(archive, memories=Meanwhile(archive.memories, "keep", first)), incident, 1)
    assert [one.id for one in await archive.memories.known()] == [incident]


async def test_an_unknown_incident_is_an_error(archive):
    with pytest.raises(LookupError):
        await remember(archive, "INC-NONE", 1)


async def test_the_newest_word_of_a_person_counts(archive, incident, clock):
    await said(archive, incident, "cause", "the first guess")
    clock.pass_(seconds=1)
    await said(archive, incident, "cause", "the true cause", key="2")
    assert (await remember(archive, incident, 1)).cause == "the true cause"


async def test_how_long_it_took_is_until_a_person_resolved_it(archive, incident, clock):
    clock.moment = NOW + timedelta(minutes=7)
    await said(archive, incident, "resolved", "rolled back")
    assert (await remember(archive, incident, 1)).minutes == 7.0


async def test_closed_in_the_morning_it_took_until_its_last_alert_was_resolved(archive, incident, clock):
    clock.pass_(hours=6)
    await closed(archive, incident, 1, "rolled back")
    assert (await remember(archive, incident, 1)).minutes == 11.0


async def test_closed_by_a_person_while_an_alert_fired_it_took_until_then(archive, clock):
    (taken,) = await archive.journal.take([ALERT])
    clock.pass_(minutes=7)
    await closed(archive, taken.incident_id, 1, "rolled back")
    clock.pass_(minutes=4)
    await archive.journal.take([replace(ALERT, status="resolved", ends_at=clock.now())])
    assert (await remember(archive, taken.incident_id, 1)).minutes == 7.0
