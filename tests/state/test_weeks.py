"""A week as the tables have it: what was opened and fired in it, what people did, what it cost."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.digest import Fired, digest_of
from bot.domain.entry import Entry
from bot.domain.incident import Posted, Severity
from bot.domain.memory import Memory
from bot.domain.money import Money
from bot.state.entries import SqlEntries
from bot.state.links import SqlLinks
from bot.state.memories import SqlMemories
from bot.state.tables import incidents
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


async def test_the_severity_that_people_set_last_counts(database, record, clock):
    cart, bank = await opened(record, clock, "cart"), await opened(record, clock, "bank")
    for number, value in enumerate(("SEV4", "SEV2")):
        said = Entry(cart, f"severity:{number}", clock.now(), "severity", "U1", value=value)
        await SqlEntries(database).append(said)
    by_alerts = (await record.incident(bank)).severity
    clock.moment += timedelta(days=1)
    week = await of_week(database, clock)
    assert {course.id: course.severity for course in week.courses} == {cart: Severity.SEV2, bank: by_alerts}
    assert digest_of(week).worst[Severity.SEV2] == 1


async def test_the_first_response_is_what_was_said_first_wherever_that_went(database, record, clock):
    first, before = await opened(record, clock, "cart"), await opened(record, clock, "bank")
    began = clock.now()

    def then(seconds):
        return Posted("C1", f"{began.timestamp() + seconds:.6f}")

    old = {"message_channel": "C1", "message_ts": then(3).ts}  # as a version that kept nothing else left it
    await database.write(lambda c: c.execute(incidents.update().where(incidents.c.id == before).values(old)).close())
    await record.keep_message(first, then(2))
    for one in (first, before):
        await record.keep_message(one, then(840))
        await record.keep_message(one, then(900))
    clock.moment += timedelta(days=1)
    week = await of_week(database, clock)
    said = {course.id: course.said_at for course in week.courses}
    assert said == {first: began + timedelta(seconds=2), before: began + timedelta(seconds=3)}
    assert digest_of(week).response_s == 2.5
    assert (await record.incident(first)).message == then(900)


async def test_what_stands_where_it_stood_before_the_first_word_was_kept_counts_from_there(database, record, clock):
    one, began = await opened(record, clock, "cart"), clock.now()
    old = {"message_channel": "C1", "message_ts": f"{began.timestamp() + 4:.6f}"}
    await database.write(lambda c: c.execute(incidents.update().where(incidents.c.id == one).values(old)).close())
    clock.moment += timedelta(days=1)
    assert [course.said_at for course in (await of_week(database, clock)).courses] == [began + timedelta(seconds=4)]


async def acknowledge(database, id_, clock):
    await SqlEntries(database).append(Entry(id_, "acknowledged:1:0", clock.now(), "acknowledged", "U1"))


async def test_an_alert_of_an_incident_from_before_the_week_was_heeded_if_that_was(database, record, clock):
    cart, bank = await opened(record, clock, "cart"), await opened(record, clock, "bank")
    await acknowledge(database, cart, clock)
    clock.moment += timedelta(days=8)
    for number in range(3):
        await opened(record, clock, "cart", "Slow", f"later {number}")
        await opened(record, clock, "bank", "Full", f"later {number}")
    clock.moment += timedelta(hours=1)
    week = await of_week(database, clock)
    assert week.courses == ()
    assert {(one.incident_id, one.acknowledged) for one in week.fired} == {(cart, True), (bank, False)}
    assert [noise.name for noise in digest_of(week).noisy] == ["Full"]


async def test_who_acknowledged_a_lead_has_what_is_told_with_it(database, record, clock):
    lead, told, alone = [await opened(record, clock, service) for service in ("cart", "bank", "mail")]
    for number in range(3):
        await opened(record, clock, "bank", "Full", f"more {number}")
    await SqlLinks(database).merge(told, lead, "U1")
    clock.moment += timedelta(minutes=3)
    await acknowledge(database, lead, clock)
    acknowledged_at = clock.now()
    clock.moment += timedelta(hours=1)

    week = await of_week(database, clock)
    taken = {course.id: course.acknowledged_at for course in week.courses}
    assert taken == {lead: acknowledged_at, told: acknowledged_at, alone: None}
    digest = digest_of(week)
    assert (digest.unacknowledged, digest.acknowledge_s, digest.noisy) == (1, 180, ())


async def test_an_alert_that_fires_again_counts_in_the_week_in_which_it_came(database, record, clock):
    came = clock.now()
    one = alert("Slow", source="pagerduty", starts_at=came, labels={"service": "cart"})
    (first,) = await record.take([one])
    await record.take([replace(one, status="resolved", ends_at=came + timedelta(minutes=5))])
    clock.moment += timedelta(days=1)
    before = await of_week(database, clock)
    assert digest_of(before).alerts == 1

    clock.moment += WEEK
    again = clock.now() - timedelta(hours=1)
    (later,) = await record.take([replace(one, reopened_at=again)])
    assert (first.effect, later.effect) == ("opened", "opened")
    clock.moment += timedelta(hours=1)
    week = SqlWeeks(database)
    assert digest_of(await week.week(before.since, before.until)).alerts == 1
    assert digest_of(await of_week(database, clock)).alerts == 0
    fired_by = SqlEntries(database).fired_by
    assert await fired_by(later.incident_id, "pagerduty", again) == []
    assert await fired_by(later.incident_id, "pagerduty", clock.now()) == [one.fingerprint]
