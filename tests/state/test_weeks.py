"""A week as the tables have it: what was opened and fired in it, what people did, what it cost."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.digest import Fired
from bot.domain.entry import Entry
from bot.domain.incident import Posted, Severity
from bot.domain.memory import Memory
from bot.domain.money import Money
from bot.state.entries import SqlEntries
from bot.state.memories import SqlMemories
from bot.state.weeks import SqlWeeks
from tests.stories.incident_sample import alert

WEEK = timedelta(days=7)


async def opened(record, clock, service, name="Slow", fingerprint="f1"):
    one = alert(name, fingerprint=f"{service} {fingerprint}", starts_at=clock.now(), labels={"service": service})
    (taken,) = await record.take([one])
    return taken.incident_id


async def of_week(database, clock):
    return await SqlWeeks(database).week(clock.now() - WEEK, clock.now())


async def test_a_week_without_anything_is_one_without_anything(database, clock):
    week = await of_week(database, clock)
    assert (week.courses, week.fired, week.liked, week.disliked, week.spent) == ((), (), 0, 0, Money(0))


async def test_alerts_are_counted_by_name_and_incident(database, record, clock):
    cart = await opened(record, clock, "cart")
    for number in range(2):
        await opened(record, clock, "cart", "Errors, «many»", f"e{number}")
    bank = await opened(record, clock, "bank")
    clock.moment += timedelta(days=1)
    week = await of_week(database, clock)
    fired = [Fired("Errors, «many»", cart, 2), Fired("Slow", bank), Fired("Slow", cart)]
    assert sorted(week.fired, key=lambda one: (one.name, one.incident_id != bank)) == fired
    clock.moment += WEEK
    assert (await of_week(database, clock)).fired == ()


async def test_a_course_has_the_moments_that_came(database, record, clock):
    first, second = await opened(record, clock, "cart"), await opened(record, clock, "bank")
    began = clock.now()
    await record.keep_message(first, Posted("C1", f"{began.timestamp() + 2:.6f}"))
    entry = Entry(first, "acknowledged:1:0", began + timedelta(minutes=3), "acknowledged", "U1")
    await SqlEntries(database).append(entry)
    await SqlEntries(database).append(replace(entry, key="acknowledged:1:1", at=began + timedelta(minutes=9)))
    memory = Memory(
        id=second,
        incident_id=second,
        opening=1,
        service="bank",
        env="",
        title="Slow",
        opened_at=began,
        false_alarm=True,
    )
    await SqlMemories(database).keep(memory)
    clock.moment += timedelta(days=1)

    courses = {course.id: course for course in (await of_week(database, clock)).courses}
    assert (courses[first].said_at, courses[first].acknowledged_at) == (
        began + timedelta(seconds=2),
        began + timedelta(minutes=3),
    )
    assert courses[first].severity in Severity
    assert not courses[first].false_alarm
    assert courses[second].false_alarm
    assert courses[second].said_at is None
