"""What alerts do to the record, as people on call see it: one incident a service, nothing twice, nothing lost."""

import asyncio
import base64
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.incident import Posted, Severity
from bot.state.database import migrate, open_database
from bot.state.journal import journal
from integrations.contract import Alert

START = datetime(2026, 11, 21, 3, 40, tzinfo=UTC)


def alert(fingerprint="f1", *, service="checkout", status="firing", starts_at=START, severity="critical", **more):
    labels = {"service": service, "env": "production"}
    return Alert(
        "alertmanager", fingerprint, "HighErrorRate", status, starts_at, severity=severity, labels=labels, **more
    )


async def test_an_alert_opens_an_incident_and_its_repetition_nothing(record):
    (opened,) = await record.take([alert()])
    (again,) = await record.take([alert()])

    assert (opened.effect, again.effect) == ("opened", "repeated")
    assert opened.incident_id == again.incident_id
    incident = await record.incident(opened.incident_id)
    assert (incident.service, incident.env, incident.severity) == ("checkout", "production", Severity.SEV1)
    assert [a.fingerprint for a in incident.alerts] == ["f1"]


async def test_a_second_alert_of_the_service_joins_and_raises_the_severity(record):
    (opened,) = await record.take([alert("f1", severity="warning")])
    (joined,) = await record.take([alert("f2", severity="page")])

    assert joined.effect == "joined"
    incident = await record.incident(opened.incident_id)
    assert incident.severity is Severity.SEV1
    assert [a.fingerprint for a in incident.alerts] == ["f1", "f2"]


async def test_of_what_is_to_be_shown_the_open_and_the_most_severe_come_first(record):
    ids = {}
    for service, severity in (("over", "page"), ("minor", "info"), ("worst", "page")):
        (taken,) = await record.take([alert(service, service=service, severity=severity)])
        await record.keep_message(taken.incident_id, Posted("C1", "1.0"))
        await record.keep_briefed(taken.incident_id, 1)
        ids[service] = taken.incident_id
    await record.take([alert("over", service="over", severity="page", status="resolved", ends_at=START)])
    assert await record.stale() == tuple(ids[service] for service in ("worst", "minor", "over"))


async def test_other_services_and_environments_have_their_own_incidents(record):
    taken = await record.take([alert("f1"), alert("f2", service="billing")])
    staging = replace(alert("f3"), labels={"service": "checkout", "env": "staging"})
    taken += await record.take([staging])

    assert [t.effect for t in taken] == ["opened"] * 3
    assert len({t.incident_id for t in taken}) == 3


async def test_resolution_is_kept_for_each_alert_and_never_inferred(record):
    (opened, _) = await record.take([alert("f1"), alert("f2")])
    await record.take([alert("f1", status="resolved", ends_at=START + timedelta(minutes=5))])

    incident = await record.incident(opened.incident_id)
    assert incident.status == "open", "f2 was left out of the payload, not resolved"
    assert [a.fingerprint for a in incident.firing] == ["f2"]

    await record.take([alert("f2", status="resolved")])
    assert (await record.incident(opened.incident_id)).status == "resolved"


async def test_a_refire_within_the_window_reopens_the_same_incident(record, clock):
    (opened,) = await record.take([alert()])
    await record.take([alert(status="resolved")])
    clock.pass_(minutes=59)
    (again,) = await record.take([alert(starts_at=START + timedelta(hours=1))])

    assert (again.effect, again.incident_id, again.opening) == ("reopened", opened.incident_id, 2)
    assert [i.id for i in await record.unbriefed()] == [opened.incident_id]
    assert (await record.incident(opened.incident_id)).reopened_at == clock.now()


async def test_after_the_window_a_new_incident_links_to_the_old_one(record, clock):
    (opened,) = await record.take([alert()])
    await record.take([alert(status="resolved")])
    clock.pass_(minutes=61)
    (again,) = await record.take([alert(starts_at=START + timedelta(hours=2))])

    assert again.effect == "opened"
    assert again.incident_id != opened.incident_id
    assert (await record.incident(again.incident_id)).previous == opened.incident_id
    old = await record.incident(opened.incident_id)
    assert (old.status, len(old.alerts)) == ("resolved", 1), "after the window an incident takes no more alerts"


async def test_a_late_firing_after_its_own_resolution_opens_nothing(record):
    (first,) = await record.take([alert(status="resolved")])
    (late,) = await record.take([alert()])

    assert (first.effect, late.effect) == ("unmatched", "repeated")
    assert await record.open_incidents() == ()


async def test_a_late_repetition_of_the_firing_does_not_reopen(record):
    (opened,) = await record.take([alert()])
    await record.take([alert(status="resolved")])
    (late,) = await record.take([alert()])

    assert late.effect == "repeated"
    assert (await record.incident(opened.incident_id)).status == "resolved"


async def test_a_sender_that_says_reopened_reopens_under_the_first_start(record, clock):
    (opened,) = await record.take([alert()])
    await record.take([alert(status="resolved", ends_at=clock.now())])
    clock.pass_(minutes=10)
    (again,) = await record.take([alert(reopened_at=clock.now())])

    assert (again.effect, again.incident_id, again.opening) == ("reopened", opened.incident_id, 2)

    await record.take([alert(status="resolved", ends_at=clock.now())])
    clock.pass_(hours=3)
    (new,) = await record.take([alert(reopened_at=clock.now())])
    assert new.effect == "opened"
    assert new.incident_id != opened.incident_id
    assert (await record.incident(new.incident_id)).previous == opened.incident_id


async def test_two_webhooks_at_once_open_one_incident(record):
    taken = await asyncio.gather(*(record.take([alert(f"f{n}")]) for n in range(20)))

    assert sorted(t.effect for (t,) in taken) == ["joined"] * 19 + ["opened"]
    (incident,) = await record.open_incidents()
    assert len(incident.alerts) == 20


async def test_an_alert_without_a_service_label_falls_back_along_the_list(record):
    by_job = replace(alert("f1"), labels={"job": "node", "team": "blue"})
    by_name = replace(alert("f2"), labels={"team": "blue"})
    (one, other) = await record.take([by_job, by_name])

    assert (await record.incident(one.incident_id)).service == "node"
    assert (await record.incident(other.incident_id)).service == "HighErrorRate"


async def test_every_change_that_people_should_see_raises_the_revision(record):
    (opened,) = await record.take([alert()])
    before = await record.revision(opened.incident_id)
    await record.take([alert()])
    assert await record.revision(opened.incident_id) == before, "a repetition shows nothing new"
    await record.take([alert("f2")])
    await record.take([alert(status="resolved")])
    assert await record.revision(opened.incident_id) == before + 2


async def test_an_alert_without_a_start_is_the_one_that_fires_now(record, clock):
    def undated(status="firing"):
        return alert(starts_at=clock.now(), dated=False, status=status)

    (opened,) = await record.take([undated()])
    clock.pass_(minutes=5)
    (again,) = await record.take([undated()])
    clock.pass_(minutes=90)
    (resolved,) = await record.take([undated("resolved")])
    clock.pass_(minutes=5)
    (refired,) = await record.take([undated()])

    assert [t.effect for t in (opened, again, resolved, refired)] == ["opened", "repeated", "resolved", "reopened"]


async def test_two_resolutions_at_once_end_the_incident(record):
    for n in range(20):
        (opened, _) = await record.take([alert(f"{n}a", service=f"s{n}"), alert(f"{n}b", service=f"s{n}")])
        await asyncio.gather(
            *(record.take([alert(f"{n}{k}", service=f"s{n}", status="resolved")]) for k in ("a", "b")),
        )
        assert (await record.incident(opened.incident_id)).status == "resolved", f"round {n}"


async def test_an_alert_that_comes_while_the_last_one_resolves_fires_in_an_open_incident(record):
    for n in range(20):
        await record.take([alert(f"{n}a", service=f"s{n}")])
        (_, (came,)) = await asyncio.gather(
            record.take([alert(f"{n}a", service=f"s{n}", status="resolved")]),
            record.take([alert(f"{n}b", service=f"s{n}")]),
        )
        incident = await record.incident(came.incident_id)
        assert (incident.status, [a.fingerprint for a in incident.firing]) == ("open", [f"{n}b"]), f"round {n}"


async def test_deliveries_that_name_the_same_services_in_crossed_order_are_all_taken(record):
    for n in range(20):
        services = [f"s{n}-{k}" for k in range(4)]
        await record.take([alert(f"{s}/0", service=s) for s in services])
        there, back = await asyncio.gather(
            record.take([alert(f"{s}/1", service=s) for s in services]),
            record.take([alert(f"{s}/2", service=s) for s in reversed(services)]),
        )
        assert {t.effect for t in there + back} == {"joined"}, f"round {n}"
    assert {len(i.alerts) for i in await record.open_incidents()} == {3}


async def test_a_service_of_any_length_is_taken_and_two_long_ones_stay_two(record):
    noise = base64.b85encode(random.Random(7).randbytes(16_000)).decode()  # what does not compress fills an index
    good, one, other = await record.take(
        [alert("f1"), alert("f2", service=noise + "a"), alert("f3", service=noise + "b")]
    )

    assert [t.effect for t in (good, one, other)] == ["opened"] * 3
    assert len({i.service for i in await record.open_incidents()}) == 3


async def test_an_alert_that_moves_to_a_later_incident_joins_it_last(record, clock):
    (old,) = await record.take([alert("f1")])
    await record.take([alert("f1", status="resolved", ends_at=clock.now())])
    clock.pass_(hours=3)
    (new, _) = await record.take([alert("f2", starts_at=clock.now()), alert("f3", starts_at=clock.now())])
    await record.take([alert("f1", reopened_at=clock.now())])

    moved = await record.incident(new.incident_id)
    assert [a.fingerprint for a in moved.alerts] == ["f2", "f3", "f1"]
    assert (await record.incident(old.incident_id)).alerts == (), "it is one alert, and stands in one incident"


_EVENTS = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from("xy"), st.integers(0, 2), st.sampled_from(["firing", "resolved"])
    ),
    max_size=25,
)


@given(events=_EVENTS, minutes=st.lists(st.integers(0, 90), min_size=25, max_size=25))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_whatever_comes_there_is_one_open_incident_a_service_and_each_alert_in_one(
    events, minutes, tmp_path_factory, clock
):
    url = f"sqlite:///{tmp_path_factory.mktemp('intake') / 'test.sqlite'}"

    async def run():
        migrate(url)
        engine = open_database(url)
        record = journal(engine, clock, (("service",), ("env",), 3600))
        firing = set()
        for (fingerprint, service, hour, status), wait in zip(events, minutes, strict=False):
            clock.pass_(minutes=wait)
            starts_at = START + timedelta(hours=hour)
            key = (fingerprint + service, starts_at)
            (taken,) = await record.take([alert(key[0], service=service, starts_at=starts_at, status=status)])
            if taken.effect in ("opened", "joined", "reopened"):
                firing.add(key)
            if taken.effect == "resolved":
                firing.remove(key)
        open_now = await record.open_incidents()
        await engine.dispose()
        return open_now, firing

    open_now, firing = asyncio.run(run())
    assert len({i.service for i in open_now}) == len(open_now)
    assert all(i.firing for i in open_now)
    seen = [(a.fingerprint, a.starts_at) for i in open_now for a in i.firing]
    assert sorted(seen) == sorted(firing)
