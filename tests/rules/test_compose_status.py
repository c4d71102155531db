"""A status drafted from what is known; customers read none of what is inside."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.analysis import SignalState
from bot.domain.entry import Entry
from bot.domain.plain import as_text
from bot.life.compose_status import STATES, asking, draft, for_customers
from bot.life.lifecycle import Standing
from tests.stories.incident_sample import ALERTED, FOUND, NO_CAUSE, NOW, REPORT, incident


def entry(kind, text="", value=""):
    return Entry("INC-1", "k", NOW, kind, "U1", text, value, number=7)


@pytest.mark.parametrize(
    ("report", "now", "acted", "state"),
    [
        (None, Standing(), (), "investigating"),
        (NO_CAUSE, Standing(), (), "investigating"),
        (REPORT, Standing(), (), "identified"),
        (NO_CAUSE, Standing(cause=entry("cause", "the pool")), (), "identified"),
        (REPORT, Standing(), ("Roll back",), "monitoring"),
        (NO_CAUSE, Standing(status=entry("status", value="monitoring")), (), "monitoring"),
        (NO_CAUSE, Standing(status=entry("status", value="resolved")), (), "investigating"),
    ],
)
def test_the_state_is_what_is_known_and_never_falls_behind_what_was_said(report, now, acted, state):
    assert draft(incident(), report, now, acted).state == state


def test_what_is_over_is_drafted_as_over():
    assert draft(incident(status="resolved"), REPORT, Standing(), ()).state == "resolved"


def test_the_draft_tells_figures_with_the_time_they_were_measured_cause_and_what_was_done():
    told = draft(incident(), REPORT, Standing(), ("Roll payment-service back",)).text
    assert "Measured 03:42 UTC: Errors 23.4 % (normal 0.3 %), p99 2,340 ms (normal 180 ms)." in told
    assert "Likely cause (high): v2.34.1, deployed 03:27 by alice" in told
    assert "Done: Roll payment-service back." in told


def test_the_draft_of_what_is_over_says_when_and_that_its_figures_are_of_before():
    over = incident(status="resolved", resolved_at=NOW + timedelta(minutes=10), alerts=())
    told = draft(over, REPORT, Standing(), ()).text
    assert told.startswith("Resolved 03:52 UTC. Last measured 03:42 UTC, before that: Errors 23.4 % (normal 0.3 %)")
    assert draft(over, None, Standing(), ()).text == "Resolved 03:52 UTC."


def test_the_draft_of_what_was_closed_while_it_fires_says_that_it_still_does():
    over = NOW + timedelta(minutes=10)
    closed = incident(status="resolved", resolved_at=over, closed_at=over)
    told = draft(closed, REPORT, Standing(), ()).text
    assert told.startswith("Closed 03:52 UTC, 3 alerts still firing. Last measured 03:42 UTC, before that: ")


def test_a_person_knows_the_cause_better():
    assert "Cause: the pool" in draft(incident(), REPORT, Standing(cause=entry("cause", "the pool")), ()).text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("investigating", "Since 03:27 UTC something may not work as it should. Some requests fail. Some requests take "
                          "longer than usual. We are looking into it. Next update by 04:12 UTC."),
        ("resolved", "From 03:27 UTC something did not work as it should. It is over. We are sorry for the trouble. "
                     "Next update by 04:12 UTC."),
    ],
)  # fmt: skip
def test_customers_read_what_they_notice(state, said):
    assert for_customers(incident(), REPORT, state, NOW + timedelta(minutes=30), NOW) == said


INSIDE = st.text(min_size=4).map(lambda text: f"Q{text}Q")


@given(INSIDE, INSIDE, INSIDE, st.sampled_from(STATES))
def test_whatever_is_inside_customers_read_none_of_it(service, signal, cause, state):
    found = replace(
        FOUND,
        signals=(SignalState(service, signal, 5.0, 1.0, bad=True), *FOUND.signals),
        causes=(replace(FOUND.causes[0], text=cause, service=service),),
    )
    told = for_customers(incident(service=service, title=cause), replace(REPORT, analysis=found), state, None, NOW)
    harmless = for_customers(incident(), REPORT, state, None, NOW)
    assert told == harmless


def test_a_reminder_holds_the_draft_and_who_is_asked():
    reminder = entry("reminded", "the *pool* is <small>", "identified")
    told = asking(reminder, "U1", timedelta(minutes=15), "words for outside")
    (drafted, outside) = told.sections
    assert told.headline == "<@U1> no status for 15 min."
    assert drafted.lines == ("the ∗pool∗ is &lt;small&gt;",)
    assert [button.value for button in drafted.buttons] == ["INC-1 7"] * 2
    assert outside.lines == ("words for outside",)
    assert "`/incident lead`" in as_text(asking(reminder, "", timedelta(minutes=15), ""))


def test_an_incident_that_began_before_the_alert_began_then_for_customers_too():
    late = replace(REPORT, analysis=replace(FOUND, onset=None))
    assert for_customers(incident(), late, "identified", None, NOW).startswith(f"Since {ALERTED:%H:%M} UTC")
