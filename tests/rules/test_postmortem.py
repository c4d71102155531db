"""What a postmortem says of an incident, chapter by chapter."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.closing.postmortem.impact import error_budget_share, failed_requests
from bot.closing.postmortem.roles import user_ids, without_names
from bot.domain.run import Checked, Ended, StepRefused
from integrations.contract import Alert, Gap, Series
from tests.rules.postmortems import CLOSED, CLOSING, INCIDENT, NOW, chapter, deed, entry, good_run, record, run, text
from tests.rules.runs import expired, opened
from tests.stories.incident_sample import CONTEXT, NO_CAUSE, REPORT, series


def report(*more, **changes):
    return replace(REPORT, context=replace(CONTEXT, findings=(*CONTEXT.findings, *more), **changes))


def test_the_summary_says_what_it_was_how_long_why_and_what_helped():
    told = chapter(text(), "Executive summary")
    assert "payment-service in production had a SEV1 incident, HighErrorRate, from 03:27 to 04:12 UTC (45 min)" in told
    assert "The evidence suspects, with high confidence: v2.34.1, deployed 03:27 by an engineer" in told
    assert "Step «step 2» of runbook restart-service helped: its check says so." in told


def test_what_people_confirmed_stands_before_what_the_evidence_suspects():
    whole = text(entries=[entry("cause", "the gateway's certificate ran out")])
    assert "The cause, confirmed by people: the gateway's certificate ran out." in chapter(whole, "Executive summary")
    causes = chapter(whole, "Root cause analysis")
    assert causes.index("Confirmed by people") < causes.index("Suspected, with high confidence")
    assert "Is that the cause?" not in causes
    assert "Is that the cause? Nobody confirmed one." in text()


def test_a_cause_that_was_rejected_is_none_that_people_confirmed():
    named = entry("cause", "the moon")
    rejected = replace(entry("cause", number=2), key=f"reviewed:cause:{INCIDENT.id}:1")
    whole = text(entries=[named, rejected])
    assert "onfirmed by people" not in whole
    assert "Is that the cause? Nobody confirmed one." in whole
    assert "**P0** Find the cause" in text(entries=[named, rejected], report=None)


def test_without_cause_or_cure_it_asks():
    whole = text(report=NO_CAUSE, runs=[], closing=replace(CLOSING, words=""))
    assert "> ❓ What was the cause? Neither evidence nor people have told." in whole
    assert "> ❓ What ended it? Nothing in the record says so." in whole
    assert "- **P0** Find the cause" in whole


def test_without_any_look_there_is_a_postmortem_all_the_same():
    whole = text(report=None, runs=[])
    assert "> ❓ What did the figures say? Nobody could look." in whole
    assert "It lasted 30 min" in whole


def test_a_false_alarm_is_one():
    whole = text(closing=replace(CLOSING, false_alarm=True), runs=[])
    assert "It was a false alarm." in chapter(whole, "Executive summary")
    assert "- **P1** Mend the rule behind HighErrorRate: it fired although nothing was wrong." in whole
    assert "**P0**" not in whole


def test_an_incident_that_nobody_reviewed_says_so():
    whole = text(closing=replace(CLOSING, how="not reviewed", by="bot", words=""), runs=[])
    assert "It recovered and was closed without review" in chapter(whole, "Executive summary")
    assert "> ❓ Is it really over? Nobody reviewed the recovery." in whole


def test_alerts_that_fire_at_the_closing_are_named():
    whole = text(closing=replace(CLOSING, firing=("HighLatency",)))
    assert "- **P0** Mend or silence HighLatency" in whole
    assert "The last alert was resolved" not in whole


def test_impact_has_the_worst_beside_the_normal_and_what_was_not_seen():
    told = chapter(text(), "Impact")
    assert "Errors of payment-service: 24.6 % at the worst" in told
    assert "its normal is 0.3 %" in told
    assert "It began 15 min before the first alert" in told
    assert "> ❓ What did they say between 03:42 and 04:12 UTC, the last 30 min?" in told


def test_requests_failed_and_the_error_budget_are_reckoned_by_the_formula_that_is_named():
    told = chapter(text(report=report(series("requests", 425, 410))), "Impact")
    assert "requests failed in the 14 min that were seen" in told
    assert (
        "of the error budget of 99.9 % over 30 days: (failed − usual) ÷ ((1 − SLO) × usual traffic × 30 days)" in told
    )
    without = chapter(text(report=report(series("requests", 425, 410)), slo=None), "Impact")
    assert "> ❓ What share of the error budget is that? `slo` of the service is not set in SERVICES_FILE." in without


@pytest.mark.parametrize(
    ("errors", "traffic", "failed", "seconds"),
    [
        (((0, 50), (60, 50), (120, 0)), ((0, 10),), 600, 120),
        (((0, 100), (60, 0), (120, 0)), ((0, 1), (60, 100)), 60, 120),  # the second minute has a hundred good ones
        (((0, 50), (1000, 50), (1060, 0)), ((0, 10),), 300, 60),  # nothing is assumed of a gap
        (((0, 50),), ((0, 10),), 0, 0),
        (((0, 50), (60, 50)), ((500, 10),), 0, 0),  # no traffic is known of that time
    ],
)
def test_failed_requests_are_added_up_figure_by_figure(errors, traffic, failed, seconds):
    def made(points):
        return Series("s", "x", tuple(float(t) for t, _ in points), tuple(float(v) for _, v in points))

    assert failed_requests(made(errors), made(traffic), 0.0) == pytest.approx((failed, seconds))


def test_the_error_budget_of_a_month():
    # 99.9 % of 100/s allow 0.1/s for 2,592,000 s: 259,200 failures
    assert error_budget_share(25_920, 99.9, 100) == pytest.approx(0.1)


def test_each_run_and_step_is_told_with_what_its_check_said():
    told = chapter(text(), "Resolution")
    assert "Runbook restart-service was begun for cart at 03:45 UTC by a responder and came to its end." in told
    assert "Step 2 («step 2») ran to its end; its check says that it helped: errors 0.4 %." in told
    assert "It was closed at 04:22 UTC by a responder." in told


@pytest.mark.parametrize(
    ("events", "item"),
    [
        ((*deed("failed", 1), Ended(NOW, "failed")), "**P1** Mend step 2 of restart-service: it failed (exit 1)."),
        ((StepRefused(NOW, "2", "kubectl is not there"),), "**P1** Mend step 2 of restart-service: it could not run"),
        (
            (deed()[0], opened(deed()[0]), expired(), Ended(NOW, "expired")),
            "**P1** Say who answers for step 2 of restart-service",
        ),
        ((*deed(), Checked(NOW, "2", ok=False, said="errors 9 %")), "**P1** Rethink step 2 of restart-service"),
        ((*deed(), Ended(NOW, "done")), "**P2** Say what undoes step 2 of restart-service: nothing does."),
    ],
)
def test_each_action_item_comes_from_a_fact(events, item):
    assert item in chapter(text(runs=[run(*events)]), "Action items")


def test_late_alerts_are_action_items():
    told = chapter(text(), "Action items")
    assert "**P1** Alert earlier: HighErrorRate fired 15 min after it began." in told


def test_what_was_not_seen_is_told_as_it_was_whether_a_source_was_silent_or_answered_with_too_little():
    gaps = (Gap("github", "no answer in 8 s"), Gap("elasticsearch", "no lines of cart", partial=True))
    whole = text(report=report(gaps=(*gaps, Gap("elasticsearch", "no field for the time", partial=True))))
    told = chapter(whole, "Action items")
    assert "**P1** Make sure that github can be read in an incident: nothing came from it (no answer in 8 s)." in told
    assert "**P2** Close the gap in what elasticsearch shows: no lines of cart." in told
    lessons = chapter(whole, "Lessons learned")
    assert "Went badly: nothing was seen of github, and not all of elasticsearch." in lessons


def test_what_a_watch_came_to_reads_as_a_sentence():
    came = entry("watched", "v2.34.2 of cart, deployed: it helped: back to normal", who="bot")
    whole = text(entries=[came])
    assert "The bot watched v2.34.2 of cart, deployed: it helped, back to normal." in chapter(whole, "Timeline (UTC)")
    assert "«v2.34.2 of cart, deployed» was watched: it helped, back to normal." in chapter(whole, "Resolution")


def test_each_moment_cites_its_own_entry_also_beside_others_of_that_moment():
    whole = text(entries=[entry("acknowledged"), entry("note", "the pool is full", number=2)])
    noted = next(line for line in whole.splitlines() if "noted: the pool" in line)
    cited = noted.rpartition("[")[2].rstrip("]")
    assert f"- [{cited}] record of {INCIDENT.id}, entry 2: note" in whole
    assert "A responder acknowledged it." in whole


def test_people_are_named_where_that_is_asked_for():
    whole = text(named=True, names={"U0DANA123": "Dana Dale", "U0LEE4567": "Lee"})
    assert "It was closed at 04:22 UTC by Dana Dale." in whole
    assert "It names people." in whole


def test_whoever_was_handed_the_incident_is_named_too():
    handed = entry("handoff", "watch the pool, <@U0LEE4567>", value="U0ERIN111")
    assert {"U0DANA123", "U0ERIN111"} <= set(user_ids(record(entries=[handed])))
    names = {"U0DANA123": "Dana Dale", "U0LEE4567": "Lee", "U0ERIN111": "Erin"}
    told = chapter(text(entries=[handed], named=True, names=names), "Timeline (UTC)")
    assert "Dana Dale handed over to Erin: watch the pool, Lee." in told


def test_somebody_who_is_mentioned_has_one_role():
    noted = [entry("note", "ask <@U0LEE4567> or <@U0NOBODY1>"), entry("handoff", "the pool", value="U0ERIN111")]
    told = chapter(text(entries=noted), "Timeline (UTC)")
    assert "A responder noted: ask a responder or somebody." in told
    assert "A responder handed over to a responder: the pool." in told


def test_a_reopened_incident_counts_from_its_present_opening():
    again = replace(INCIDENT, opening=2, reopened_at=NOW + timedelta(minutes=20))
    whole = text(incident=again, closing=replace(CLOSING, opening=2), report=None, runs=[])
    assert "version 2" in whole
    assert "It lasted 10 min" in whole


AGAIN = {
    "incident": replace(INCIDENT, opening=2, reopened_at=NOW + timedelta(minutes=20)),
    "closing": replace(CLOSING, opening=2, words=""),
}


def test_who_took_an_earlier_opening_on_did_not_take_this_one_on():
    first = entry("acknowledged")
    whole = text(**AGAIN, entries=[first])
    assert "It was acknowledged" not in whole and "somebody took it on" not in whole
    whole = text(**AGAIN, entries=[first, entry("acknowledged", number=2, minutes=25)])
    assert "It was acknowledged 5 min after the first alert." in whole
    assert "Went well: somebody took it on 5 min after the alert." in whole


def test_what_was_run_in_an_earlier_opening_did_not_end_this_one():
    watched = entry("watched", "restarted it: it helped")
    whole = text(**AGAIN, runs=[good_run()], entries=[watched])
    assert "What ended it? Nothing in the record says so." in chapter(whole, "Executive summary")
    done = chapter(whole, "Resolution")
    assert "restart-service" not in done and "restarted it" not in done
    assert "What made it recover?" in done
    assert "Went well: a step of a runbook helped" not in whole
    assert "asked for runbook restart-service" in chapter(whole, "Timeline (UTC)")


def test_what_is_told_of_the_opening_after_it_was_closed_counts():
    assert "It helped" in chapter(text(entries=[entry("watched", "v2.34.0: It helped", minutes=50)]), "Resolution")


def test_what_was_done_in_a_later_opening_is_no_part_of_this_one():
    later = replace(INCIDENT, opening=2, reopened_at=CLOSED + timedelta(minutes=20))
    much_later = run(*good_run()[1], asked_at=CLOSED + timedelta(minutes=30))
    done = [entry("closed", minutes=40), entry("acknowledged", number=2, minutes=65)]
    whole = text(incident=later, closing=replace(CLOSING, words=""), runs=[much_later], entries=done)
    assert "It was acknowledged" not in whole
    assert "What ended it? Nothing in the record says so." in whole


def test_the_same_record_gives_the_same_text():
    assert text() == text()
    assert record().closing.at == CLOSED


def stormy(names, alerts=10_000):
    """That many alerts within a minute."""
    made = (
        Alert("alertmanager", f"f{n}", names[n % len(names)], "firing", NOW + timedelta(milliseconds=n))
        for n in range(alerts)
    )
    found = tuple(made)
    return {
        "incident": replace(INCIDENT, alerts=found),
        "closing": replace(CLOSING, firing=tuple(one.name for one in found)),
    }


def test_after_a_storm_of_alerts_what_happened_again_is_told_once():
    whole = text(**stormy(["PodDown", "DiskFull"]))
    told = chapter(whole, "Timeline (UTC)")
    assert told.count("PodDown") <= 2
    assert "Alert PodDown fired (no severity), 5,000 times. [" in told
    assert chapter(whole, "Action items").count("Mend or silence") == 2
    assert chapter(whole, "Impact").count("still fired") == 2


def test_of_very_many_moments_the_first_and_the_last_are_told():
    last = replace(entry("closed", CLOSING.words), at=CLOSED)
    whole = text(**stormy([f"Alert{n}" for n in range(2_000)]), entries=[last])
    told = chapter(whole, "Timeline (UTC)")
    assert "moments in between: `/incident timeline` has all of them. [1]" in told
    assert "Alert0 fired" in told
    assert "rolled back to v2.34.0" in told
    assert len(whole) < 65_000  # as much as an issue on GitHub holds


@pytest.mark.parametrize("made", ["_", "a.", "U0A", "<@", "<@U1|", "<!subteam^", "@a", "-"])
def test_who_is_meant_is_read_out_of_any_text_at_once(made):
    """Read again from each place, these would take an hour."""
    assert without_names(record(), made * 500_000)


def test_the_timeline_has_everything_that_happened_until_it_was_closed_each_with_its_source():
    noted = entry("note", "the gateway answers only from inside", number=1)
    closed = [
        replace(entry(kind, "rolled back", number=n), at=CLOSED) for n, kind in enumerate(("resolved", "closed"), 2)
    ]
    told = chapter(text(entries=[noted, *closed, entry("note", "too late", number=4, minutes=90)]), "Timeline (UTC)")
    times = [line[: len("- **03:27**")] for line in told.splitlines() if line]
    assert times == sorted(times)
    assert "- **03:44** A responder noted: the gateway answers only from inside." in told
    assert "- **03:45** A responder asked for runbook restart-service on cart, run R4MZ81." in told
    assert "An approver" not in told
    assert "Errors of payment-service left its normal" not in told
    assert told.count("rolled back") == 1
    assert "too late" not in told
