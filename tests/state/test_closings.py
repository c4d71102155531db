"""How incidents end and begin anew: once for each opening, whoever tries it and however often."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.closing.ports import NotReopenedError, Reopening
from bot.domain.closing import Closing, Over, Proposal
from bot.domain.incident import BY_HAND, Channel, Posted
from bot.domain.postmortem import Written
from bot.state.closings import SqlClosings
from bot.state.entries import SqlEntries
from bot.state.links import SqlLinks
from bot.state.postmortems import SqlPostmortems
from tests.stories.incident_sample import alert


@pytest.fixture
def closings(database, record):
    return SqlClosings(database)


async def opened(record, clock, **changes):
    (taken,) = await record.take([alert(starts_at=clock.now(), **changes)])
    return taken.incident_id


async def over(record, clock):
    id_ = await opened(record, clock)
    await record.take([alert(starts_at=clock.now(), status="resolved", ends_at=clock.now())])
    return id_


def by_a_person(id_, clock, opening=1, **changes):
    made = Closing(id_, opening, clock.now(), "U1", "by a person", "rolled back")
    return replace(made, **changes)


async def test_what_is_over_waits_until_it_is_wrapped_up(record, clock, closings):
    id_ = await over(record, clock)
    assert await closings.unwrapped() == [Over(id_, 1, clock.now(), closed=False)]
    await closings.keep_wrapped(id_, 1)
    assert await closings.unwrapped() == []


async def test_what_is_told_with_another_waits_until_that_is_closed(record, clock, closings, database):
    lead, told = await over(record, clock), await opened(record, clock, name="Other", labels={"service": "bank"})
    await SqlLinks(database).merge(told, lead, "U1")
    gone = alert("Other", labels={"service": "bank"}, starts_at=clock.now(), status="resolved", ends_at=clock.now())
    await record.take([gone])
    assert [one.incident_id for one in await closings.unwrapped()] == [lead]
    await closings.close(by_a_person(lead, clock))
    assert [one.incident_id for one in await closings.unwrapped()] == [lead, told]
    await closings.keep_wrapped(lead, 1)
    assert [one.incident_id for one in await closings.unwrapped()] == [told]


async def test_a_leads_closing_is_of_what_was_over_by_then_and_keeps_no_channel_from_what_ends_later(
    record, clock, closings, database
):
    lead, told = await over(record, clock), await opened(record, clock, name="Other", labels={"service": "bank"})
    await record.keep_channel(lead, Channel("C1", "inc"))
    began, closed_at = clock.now(), clock.now()
    await SqlLinks(database).merge(told, lead, "U1")
    await closings.close(by_a_person(lead, clock))
    await closings.keep_wrapped(lead, 1)
    for later, closed_with in ((timedelta(), lead), (timedelta(days=8), None)):
        clock.pass_(seconds=later.total_seconds())
        gone = alert("Other", labels={"service": "bank"}, starts_at=began, status="resolved", ends_at=clock.now())
        await record.take([gone])
        (waits,) = await closings.unwrapped()
        assert (waits.incident_id, waits.lead_closed_at, waits.closed_with) == (told, closed_at, closed_with)
        assert await closings.to_archive(clock.now() + timedelta(seconds=1)) == (), "it is asked about there"
        began = clock.now() + timedelta(minutes=1)
        clock.pass_(minutes=1)
        await record.take([alert("Other", labels={"service": "bank"}, starts_at=began)])
    await closings.close(by_a_person(told, clock, opening=3))
    assert [one.id for one in await closings.to_archive(clock.now() + timedelta(seconds=1))] == [lead]


async def test_it_is_closed_once_and_the_first_closing_counts(record, clock, closings, database):
    id_ = await over(record, clock)
    tries = [by_a_person(id_, clock, by=f"U{n}") for n in range(5)]
    outcomes = await asyncio.gather(*(closings.close(one) for one in tries))
    assert len({one.by for one in outcomes}) == 1
    assert await closings.closing(id_, 1) == outcomes[0]
    kinds = [entry.kind for entry in await SqlEntries(database).of_incident(id_)]
    assert kinds == ["resolved", "closed"]
    assert (await record.incident(id_)).closed_at == clock.now()


async def test_a_person_closes_although_alerts_fire_and_nobody_else_does(record, clock, closings):
    id_ = await opened(record, clock)
    assert await closings.close(by_a_person(id_, clock, how="not reviewed", by="bot")) is None
    closed = await closings.close(by_a_person(id_, clock))
    assert closed.firing == ("HighErrorRate",)
    incident = await record.incident(id_)
    assert (incident.status, incident.resolved_at) == ("resolved", clock.now())


async def test_what_resolves_after_the_closing_moves_no_time(record, clock, closings):
    id_ = await opened(record, clock)
    began, closed_at = clock.now(), clock.pass_(minutes=5) or clock.now()
    await closings.close(by_a_person(id_, clock))
    clock.pass_(minutes=1)
    await record.take([alert(starts_at=began, status="resolved", ends_at=clock.now())])
    incident = await record.incident(id_)
    assert (incident.firing, incident.resolved_at, incident.closed_at) == ((), closed_at, closed_at)


async def test_what_a_person_declared_ends_with_its_incident_and_what_fires_besides_is_told(record, clock, closings):
    id_ = await opened(record, clock, source=BY_HAND, fingerprint="declared", name="checkout fails")
    assert await opened(record, clock) == id_
    closed = await closings.close(by_a_person(id_, clock))
    assert closed.firing == ("HighErrorRate",)
    ended = {one.name: (one.status, one.ends_at) for one in (await record.incident(id_)).alerts}
    assert ended == {"checkout fails": ("resolved", clock.now()), "HighErrorRate": ("firing", None)}


async def test_an_opening_that_is_past_is_not_closed(record, clock, closings):
    id_ = await over(record, clock)
    assert await closings.close(by_a_person(id_, clock, opening=2)) is None
    assert await closings.closing(id_, 2) is None


async def test_it_opens_again_and_can_be_closed_again(record, clock, closings, database):
    id_ = await over(record, clock)
    await record.keep_channel(id_, Channel("C1", "inc"))
    await record.keep_message(id_, Posted("C1", "1.1"))
    await closings.close(by_a_person(id_, clock))
    clock.pass_(days=3)
    assert await closings.reopen(Reopening(id_, 1, "U2", clock.now(), "it is back")) == 2
    again = await record.incident(id_)
    assert (again.status, again.opening, again.closed_at, again.message) == ("open", 2, None, None)
    assert again.channel == Channel("C1", "inc")
    assert (await closings.close(by_a_person(id_, clock, opening=2))).opening == 2
    kinds = [entry.kind for entry in await SqlEntries(database).of_incident(id_)]
    assert kinds == ["resolved", "closed", "reopened", "resolved", "closed"]


async def test_an_open_incident_is_not_opened_again_nor_beside_another_of_its_service(record, clock, closings):
    id_ = await over(record, clock)
    again = Reopening(id_, 1, "U2", clock.now())
    clock.pass_(hours=2)
    other = await opened(record, clock, fingerprint="another")
    with pytest.raises(NotReopenedError, match=f"{other} of the same service is open"):
        await closings.reopen(again)
    with pytest.raises(NotReopenedError, match="It is open"):
        await closings.reopen(Reopening(other, 1, "U2", clock.now()))


async def two_of_one_service(record, clock, closings):
    """Both over; the older one is open again, and the newer one ended before that."""
    older = await over(record, clock)
    clock.pass_(hours=3)
    assert await over(record, clock) != older
    clock.pass_(minutes=10)
    await closings.reopen(Reopening(older, 1, "U1", clock.now()))
    return older


async def test_what_fires_joins_an_older_incident_that_people_opened_again(record, clock, closings):
    older = await two_of_one_service(record, clock, closings)
    for wait in (timedelta(minutes=1), timedelta(hours=2)):
        clock.pass_(seconds=wait.total_seconds())
        (joined, other) = await record.take(
            [alert(starts_at=clock.now()), alert("DiskFull", starts_at=clock.now(), labels={"service": "bank"})]
        )
        assert (joined.effect, joined.incident_id) == ("joined", older)
        assert other.effect in ("opened", "joined"), "the rest of the delivery is taken with it"


async def test_what_fires_again_reopens_the_incident_that_ended_last(record, clock, closings):
    older = await two_of_one_service(record, clock, closings)
    clock.pass_(hours=2)
    await closings.close(by_a_person(older, clock, opening=2))
    clock.pass_(minutes=30)
    (again,) = await record.take([alert(starts_at=clock.now())])
    assert (again.effect, again.incident_id, again.opening) == ("reopened", older, 3)


async def test_several_that_open_it_again_open_it_once(record, clock, closings):
    id_ = await over(record, clock)
    again = Reopening(id_, 1, "U2", clock.now())
    outcomes = await asyncio.gather(*(closings.reopen(again) for _ in range(4)), return_exceptions=True)
    assert sorted(map(str, outcomes)) == ["2", "It is open.", "It is open.", "It is open."]


async def test_a_proposal_is_made_once_and_turned_down_once(record, clock, closings):
    id_ = await over(record, clock)
    first = await closings.propose(Proposal(id_, 1, 1, clock.now()))
    stands = replace(first, at=clock.now() + timedelta(minutes=9), message=Posted("C1", "1.5"))
    assert await closings.propose(stands) == stands  # people have their time from when they could read it
    assert await closings.propose(replace(first, at=clock.now() + timedelta(hours=1))) == stands
    assert await closings.unsettled() == []
    assert await closings.keep_open(id_, 1, "U1", clock.now())
    assert not await closings.keep_open(id_, 1, "U2", clock.now())
    assert await closings.unsettled() == [replace(stands, kept_by="U1")]
    await closings.settle(stands)
    assert await closings.unsettled() == []
    assert await closings.unwrapped() == [Over(id_, 1, clock.now(), False, 1, clock.now(), stands.at, stands=True)]


@pytest.mark.parametrize("ends", ["closed", "fired again"])
async def test_a_proposal_whose_opening_is_not_over_any_more_is_found_and_cannot_be_turned_down(
    record, clock, closings, ends
):
    id_ = await over(record, clock)
    asked = await closings.propose(Proposal(id_, 1, 1, clock.now(), Posted("C1", "1.5")))
    if ends == "closed":
        await closings.close(by_a_person(id_, clock))
        assert await closings.unsettled() == []  # its story is to say so
        await closings.keep_wrapped(id_, 1)
    else:
        await opened(record, clock, fingerprint="another")
    assert await closings.unsettled() == [asked]
    assert not await closings.keep_open(id_, 1, "U1", clock.now())


async def test_a_channel_is_put_away_once_nobody_uses_it_any_more(record, clock, closings):
    id_ = await over(record, clock)
    await record.keep_channel(id_, Channel("C1", "inc"))
    await closings.close(by_a_person(id_, clock))
    assert await closings.to_archive(clock.now()) == ()
    clock.pass_(days=8)
    (due,) = await closings.to_archive(clock.now() - timedelta(days=7))
    assert due.id == id_
    other = await opened(record, clock, fingerprint="another")
    await record.keep_channel(other, Channel("C1", "inc"))  # told in the same channel
    assert await closings.to_archive(clock.now() - timedelta(days=7)) == ()
    await record.take([alert(fingerprint="another", starts_at=clock.now(), status="resolved", ends_at=clock.now())])
    await closings.close(by_a_person(other, clock, at=clock.now() - timedelta(days=7, seconds=1)))
    await closings.keep_archived(id_, clock.now())
    assert [one.id for one in await closings.to_archive(clock.now() - timedelta(days=7))] == [other]


async def test_a_postmortem_is_kept_once_for_each_opening_with_where_it_stands(record, clock, database):
    id_, kept = await over(record, clock), SqlPostmortems(database)
    assert await kept.newest(id_) is None
    await kept.write(Written(id_, 1, "first", clock.now()))
    await kept.keep_message(id_, 1, Posted("C1", "1.2"))
    await kept.keep_url(id_, 1, "https://github.example/1")
    clock.pass_(minutes=1)
    await kept.write(Written(id_, 1, "better", clock.now(), "claude"))
    again = await kept.written(id_, 1)
    assert again == Written(id_, 1, "better", clock.now(), "claude", Posted("C1", "1.2"), "https://github.example/1")
    await kept.write(Written(id_, 2, "second", clock.now()))
    assert (await kept.newest(id_)).text == "second"
    assert (await kept.published(id_)).text == "better"
