"""What a postmortem tells of alerts: those that fired in its opening, and no other. A person may have begun it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.incident import BY_HAND, DECLARED_BY
from tests.rules.postmortems import CLOSED, CLOSING, INCIDENT, OVER, chapter, entry, text
from tests.stories.incident_sample import ALERTED, BEGAN, NOW, REPORT, alert

AGAIN = CLOSED + timedelta(days=3)
SECOND = {
    "incident": replace(INCIDENT, opening=2, reopened_at=AGAIN, resolved_at=AGAIN + timedelta(minutes=20)),
    "closing": replace(CLOSING, opening=2, at=AGAIN + timedelta(minutes=20)),
    "report": replace(REPORT, analysis=replace(REPORT.analysis, onset=AGAIN - timedelta(minutes=40))),
}


def people(*more):
    """A person opens it again, and takes it on."""
    minutes = (AGAIN - NOW).total_seconds() / 60
    again = entry("reopened", "customers complain", number=7, minutes=minutes)
    return [again, entry("acknowledged", number=8, minutes=minutes + 5), *more]


def by_hand(**changes):
    made = {"source": BY_HAND, "url": None, "annotations": {DECLARED_BY: "U0DANA123"}, "status": "resolved"}
    return alert(**(made | {"ends_at": CLOSED} | changes))


def test_what_a_person_opened_again_is_counted_from_then_and_no_alert_is_told_to_have_fired():
    whole = text(**SECOND, entries=people())
    assert "It began 40 min before it was opened again, at 04:22 UTC." in whole
    assert "It was acknowledged 5 min after it was opened again." in whole
    assert "Went well: somebody took it on 5 min after it was opened again." in whole
    assert "Went badly: it went on for 40 min before it was opened again." in whole
    assert "first alert" not in whole and "first one fired" not in whole
    assert "Alert earlier" not in whole and "The last alert" not in whole


def test_what_an_alert_opened_again_is_counted_from_that_alert():
    fired = alert(
        "HighLatency", status="resolved", starts_at=AGAIN - timedelta(seconds=30), ends_at=AGAIN + (OVER - NOW)
    )
    incident = replace(SECOND["incident"], alerts=(*INCIDENT.alerts, fired))
    whole = text(**(SECOND | {"incident": incident}), entries=people()[1:])
    assert "It began 40 min before the first alert, which fired 04:22 UTC." in whole
    assert "It was acknowledged 5 min after the first alert." in whole
    assert "Went well: somebody took it on 5 min after the alert." in whole
    assert "Alert earlier: HighErrorRate fired 40 min after it began." in whole
    assert "before an alert told of it" in whole


def test_an_alert_that_fired_after_a_person_opened_it_again_is_told_when_it_ended():
    ended = AGAIN + timedelta(minutes=12)
    fired = alert("HighLatency", status="resolved", starts_at=AGAIN + timedelta(minutes=3), ends_at=ended)
    incident = replace(SECOND["incident"], alerts=(*INCIDENT.alerts, fired))
    told = chapter(text(**(SECOND | {"incident": incident}), entries=people()), "Resolution")
    assert "The last alert was resolved at 04:34 UTC, 12 min after it was opened again." in told


@pytest.mark.parametrize("opening", [1, 2])
def test_what_a_person_declared_is_counted_from_then(opening):
    """Again, where the first was long over: a declaration opens it as an alert does."""
    began = ALERTED if opening == 1 else AGAIN
    closing = replace(CLOSING, opening=opening, at=began + timedelta(minutes=40))
    made = by_hand(starts_at=began - timedelta(seconds=opening - 1), ends_at=closing.at)
    incident = replace(
        INCIDENT,
        alerts=(made,) if opening == 1 else (*INCIDENT.alerts, made),
        opening=opening,
        reopened_at=None if opening == 1 else AGAIN,
        resolved_at=closing.at,
    )
    report = replace(REPORT, analysis=replace(REPORT.analysis, onset=began - (ALERTED - BEGAN)))
    whole = text(incident=incident, closing=closing, report=report)
    assert "before it was declared, at " in whole
    assert "Went badly: it went on for 15 min before it was declared." in whole
    assert "Alert earlier" not in whole and "The last alert" not in whole


def test_of_what_an_alert_opened_and_a_person_declared_too_the_alert_counts():
    declared = by_hand(name="Customers cannot pay", starts_at=ALERTED + timedelta(minutes=4))
    incident = replace(INCIDENT, alerts=(*INCIDENT.alerts, declared), resolved_at=CLOSED)
    whole = text(incident=incident)
    assert "before the first alert, which fired 03:42 UTC." in whole
    assert "The last alert was resolved at 04:12 UTC, 30 min after the first one fired." in whole


def test_an_end_of_a_later_opening_is_none_of_this_one():
    """The first one's story waited for Slack; meanwhile it fired again, and ended again."""
    again = CLOSED + timedelta(minutes=20)
    fired = alert("Again", status="resolved", starts_at=again, ends_at=again + timedelta(minutes=9))
    incident = replace(
        INCIDENT, opening=2, reopened_at=again, resolved_at=fired.ends_at, alerts=(*INCIDENT.alerts, fired)
    )
    told = chapter(text(incident=incident), "Resolution")
    assert "The last alert was resolved at 04:12 UTC, 30 min after the first one fired." in told


def test_where_no_alert_of_it_is_known_to_have_ended_none_is_told():
    moved = replace(INCIDENT, alerts=())
    assert "The last alert" not in text(incident=moved)


@pytest.mark.parametrize("ends_at", [None, CLOSED + timedelta(minutes=5)])
def test_while_one_fires_on_no_end_is_the_last_one(ends_at):
    """A draft that is asked for before the end; and one written late, of what was closed meanwhile."""
    on = alert("HighLatency", status="resolved" if ends_at else "firing", ends_at=ends_at)
    incident = replace(INCIDENT, alerts=(INCIDENT.alerts[0], on), status="open", resolved_at=None)
    draft = replace(CLOSING, how="not closed", by="bot", words="")
    assert "The last alert" not in text(incident=incident, closing=draft)
