"""A week is told once, beside the week before; what nobody heeds is called noise."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.digest import Course, Fired, Week, digest_of
from bot.domain.incident import Severity
from bot.domain.money import Money
from bot.life.compose_digest import digest as words
from bot.life.digest import LATE, When, look_at_week
from bot.measures import Measures
from bot.ports import ChatError, JournalDown

MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


def course(id_, *, said=None, acknowledged=None, resolved=None, severity=Severity.SEV2, false_alarm=False):
    opened = MONDAY - timedelta(days=2)
    after = [None if s is None else opened + timedelta(seconds=s) for s in (said, acknowledged, resolved)]
    return Course(id_, severity, opened, *after, false_alarm)


def week(*courses, fired=(), liked=0, disliked=0, micros=0, until=MONDAY):
    return Week(until - WEEK, until, courses, tuple(Fired(*one) for one in fired), liked, disliked, Money(micros))


def said(briefing):
    return "\n".join((briefing.headline, *(line for section in briefing.sections for line in section.lines)))


def test_times_are_medians_of_what_there_is():
    found = digest_of(
        week(course("a", said=1, acknowledged=60), course("b", said=3, resolved=600), course("c", said=2))
    )
    assert (found.response_s, found.acknowledge_s, found.resolve_s) == (2, 60, 600)
    assert found.unacknowledged == 2


def test_an_alert_is_noise_when_it_fires_often_and_nobody_heeds_it():
    fired = [("Cpu", "a")] * 4 + [("Disk", "b")] * 4 + [("Disk", "before", 1, True)] + [("Latency", "a")] * 2
    found = digest_of(week(course("a"), course("b"), fired=fired))
    assert [(noise.name, noise.times) for noise in found.noisy] == [("Cpu", 4)]


def test_the_message_has_each_figure_beside_the_week_before():
    now = week(course("a", said=1.2, acknowledged=240, resolved=1380, severity=Severity.SEV1),
               fired=[("Cpu <!channel>", "a")] * 3, liked=8, disliked=2, micros=3_200_000)  # fmt: skip
    text = said(words(digest_of(now), digest_of(week(until=MONDAY - WEEK))))
    assert "*The week 23 Nov to 30 Nov* · 1 incident (0)" in text
    assert "First response *1.2 s* (–) · acknowledged *4 min* (–) · resolved *23 min* (–)" in text
    assert "Answers: 👍 8 of 10" in text
    assert "Models *$3.20* ($0.00)" in text
    assert "<!channel>" not in text


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(["mon 08:00", "sun 23:59", "wed 00:00"]))
def test_the_last_moment_is_within_the_week_before_and_on_its_day(now, text):
    when = When.read(text)
    if now.year > 1:
        last = when.last(now)
        assert now - WEEK < last <= now
        assert (last.weekday(), last.hour, last.minute) == (when.day, when.hour, when.minute)


@pytest.mark.parametrize("text", ["", "monday 8", "mon 24:00", "mon 08:00:00", "08:00"])
def test_a_time_that_is_none_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="mon 08:00"):
        When.read(text)


class World:
    """A desk, a record and a Slack, as little of them as a digest needs."""

    def __init__(self, now, found=None):
        self.now_is, self.found, self.posted, self.done, self.taken = now, found, {}, set(), set()
        self.slack_is_down = self.record_is_down = False
        self.desk = SimpleNamespace(clock=self, measures=Measures(), incidents_channel="C1", chat=self)

    def now(self):
        return self.now_is

    async def week(self, since, until):
        if self.record_is_down:
            raise JournalDown
        return self.found or week(course("a", said=1), until=until)

    async def undertake(self, key):
        return key not in self.done

    async def said(self, key):
        self.done.add(key)

    async def stand(self, channel, message, *, key):
        if self.slack_is_down:
            raise ChatError("missing_scope", passing=False)
        self.posted.setdefault(key, message)

    async def look(self, when="mon 08:00"):
        await look_at_week(self.desk, self, self, When.read(when))


async def test_it_is_told_once_and_the_figures_are_there_all_the_time():
    world = World(MONDAY + timedelta(minutes=3))
    await world.look()
    await world.look()
    assert list(world.posted) == ["digest:2026-11-30"]
    assert world.desk.measures.registry.get_sample_value("week_count", {"what": "incidents"}) == 1
    assert world.desk.measures.registry.get_sample_value("week_seconds", {"what": "response"}) == 1


async def test_one_that_was_posted_but_not_noted_is_not_posted_again():
    world = World(MONDAY)
    world.posted["digest:2026-11-30"] = "stands"
    await world.look()
    assert world.posted == {"digest:2026-11-30": "stands"}
    assert world.done


@pytest.mark.parametrize(
    ("now", "when", "found"),
    [
        (MONDAY + LATE + timedelta(minutes=1), "mon 08:00", None),
        (MONDAY, "off", None),
        (MONDAY, "mon 08:00", week()),
    ],
)
async def test_too_late_switched_off_or_with_nothing_to_tell_it_is_quiet(now, when, found):
    world = World(now, found)
    await world.look(when)
    assert world.posted == {}


async def test_a_slack_that_refuses_and_a_record_that_is_away_are_tried_again():
    world = World(MONDAY)
    world.slack_is_down = True
    await world.look()
    world.slack_is_down, world.record_is_down = False, True
    await world.look()
    assert world.posted == {}
    world.record_is_down = False
    await world.look()
    assert list(world.posted) == ["digest:2026-11-30"]
