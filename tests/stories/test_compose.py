"""What the bot says: each part when there is something to say, nothing that a label could forge, the number first."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import compose, sections
from bot.domain.analysis import Cause, FirstStep, SignalState
from bot.domain.briefing import Briefing
from bot.domain.context import Report
from bot.domain.incident import Channel, Severity
from bot.domain.plain import as_text
from bot.slack.blocks import render
from integrations.contract import Change, Facts, Gap, History, OnCall, RunbookMatch, Service, Similar
from tests.stories.incident_sample import (
    ALERTED,
    BEGAN,
    CONTEXT,
    FOUND,
    NO_CAUSE,
    NOW,
    REPORT,
    SCOPE,
    SERVICE,
    alert,
    incident,
)

RESOLVED = incident(
    status="resolved",
    resolved_at=ALERTED + timedelta(minutes=28),
    alerts=tuple(replace(a, status="resolved") for a in incident().alerts),
)


def told(report: Report = REPORT, **changes: object) -> str:
    return as_text(compose.brief(incident(**changes), report, NOW))


def without(*kinds: type, **changes: object) -> Report:
    """The sample's report, less these findings."""
    kept = tuple(f for f in CONTEXT.findings if not isinstance(f, kinds))
    return replace(REPORT, context=replace(CONTEXT, findings=kept, **changes))


def line(text: str, start: str) -> str:
    """The one line that begins so."""
    found = [line for line in text.split("\n") if line.startswith(start)]
    assert len(found) == 1, f"{start!r}: {found}"
    return found[0]


# ── the headline ─────────────────────────────────────────────────────────────────────────────────


def test_the_first_second_says_what_fires_since_when_and_that_we_look() -> None:
    briefing = compose.headline(incident(), 8, NOW)
    assert as_text(briefing) == (
        "🚨 SEV1 · payment-service · HighErrorRate\n"
        "firing since 03:42 UTC · 3 alerts (also HighLatency, SLOBurn) · looking at 8 sources…"
    )
    assert briefing.sections == ()


def test_one_alert_is_not_counted() -> None:
    text = as_text(compose.headline(incident(alerts=(alert(),)), 1, NOW))
    assert text.split("\n")[1] == "firing since 03:42 UTC · looking at 1 source…"


def test_some_alerts_may_be_over_already() -> None:
    alerts = (alert(), alert("HighLatency", status="resolved"))
    assert "1 of 2 alerts firing (also HighLatency)" in as_text(compose.headline(incident(alerts=alerts), 8, NOW))


@pytest.mark.parametrize(
    ("severity", "sign"),
    [(Severity.SEV1, "🚨"), (Severity.SEV2, "🚨"), (Severity.SEV3, "🟠"), (Severity.SEV4, "🔵")],
)
def test_the_sign_tells_how_bad_it_is(severity: Severity, sign: str) -> None:
    assert as_text(compose.notice(incident(severity=severity))).startswith(f"{sign} {severity.name} · ")


@pytest.mark.parametrize(("env", "shown"), [("production", ""), ("", ""), ("PROD", ""), ("staging", " (staging)")])
def test_only_an_environment_that_is_not_production_is_named(env: str, shown: str) -> None:
    assert f"payment-service{shown} ·" in as_text(compose.headline(incident(env=env), 8, NOW))


def test_the_alert_links_back_to_its_sender() -> None:
    assert "<http://prometheus.example/graph?g0.expr=up|HighErrorRate>" in compose.headline(incident(), 8, NOW).headline


def test_a_day_that_is_not_today_is_named() -> None:
    tomorrow = NOW + timedelta(days=1)
    assert "firing since 21 Nov 03:42 UTC" in as_text(compose.headline(incident(), 8, tomorrow))


# ── the briefing ─────────────────────────────────────────────────────────────────────────────────


def test_it_tells_everything_in_the_order_in_which_it_is_needed() -> None:
    text = told()
    starts = (
        "🚨 SEV1",
        "Now (normal)",
        "Likely cause · confidence high",
        "Ruled out: ",
        "Changed recently",
        "Seen before",
        "Runbooks",
        "First steps",
        "⚠️ ",
        "Also firing",
        "On call",
        "Ask here, in the thread · `/incident-action`",
        "Sources: ",
    )
    places = [text.index(f"\n{start}" if at else start) for at, start in enumerate(starts)]
    assert places == sorted(places)


def test_it_says_when_it_began_and_how_long_before_the_alert() -> None:
    assert told().split("\n")[1].startswith("since 03:27 UTC (15 min before the alert)")


@pytest.mark.parametrize("onset", [None, ALERTED - timedelta(seconds=30), ALERTED + timedelta(minutes=2)])
def test_an_onset_that_says_nothing_new_is_not_told(onset: object) -> None:
    report = replace(REPORT, analysis=replace(FOUND, onset=onset))
    assert told(report).split("\n")[1].startswith("firing since 03:42 UTC · 3 alerts")


def test_each_figure_stands_beside_its_normal_and_bad_ones_are_bold() -> None:
    section = compose.brief(incident(), REPORT, NOW).sections[0]
    assert section.lines[0] == (
        "<http://prometheus.example/e|Errors> *23.4 %* (0.3 %) ▲ · p99 *2,340 ms* (180 ms) ▲"
        " · Traffic 410/s (425/s) · Instances 3/3"
    )


def test_long_addresses_do_not_push_the_figures_out() -> None:
    long = "http://prometheus.example/graph?g0.expr=" + "x" * 700
    signals = tuple(replace(s, url=long) for s in FOUND.signals)
    facts = tuple(replace(f, url=long) for f in FOUND.facts)
    briefing = compose.brief(incident(), replace(REPORT, analysis=replace(FOUND, signals=signals, facts=facts)), NOW)
    assert render(briefing).more == ()
    assert briefing.sections[0].lines[0].count("|") == 2
    assert "Instances 3/3" in as_text(briefing)


def test_a_claim_carries_its_sources_and_one_that_does_not_exist_is_not_cited() -> None:
    cause = replace(FOUND.causes[0], facts=(1, 3, 99))
    text = told(replace(REPORT, analysis=replace(FOUND, causes=(cause,))))
    assert line(text, "v2.34.1, deployed").endswith("before. [1] [3]")
    footer = compose.brief(incident(), REPORT, NOW).footer or ""
    assert "github <https://github.example/acme/payment-service/deployments/7|[1]>" in footer
    assert "elasticsearch <https://kibana.example/a?b=1&amp;c=2|[2]>" in footer


def test_a_cause_elsewhere_names_where() -> None:
    causes = (replace(FOUND.causes[0], service="ledger"),)
    text = told(replace(REPORT, analysis=replace(FOUND, causes=causes)))
    assert line(text, "Likely cause") == "Likely cause · confidence high · in ledger"


def test_a_weak_cause_is_called_possible() -> None:
    causes = (replace(FOUND.causes[0], confidence="low"),)
    text = told(replace(REPORT, analysis=replace(FOUND, causes=causes)))
    assert line(text, "Possible cause") == "Possible cause · confidence low"


def test_without_a_cause_it_says_so_and_what_was_looked_at() -> None:
    text = told(NO_CAUSE)
    assert line(text, "No clear cause yet") == "No clear cause yet · confidence unknown"
    assert line(text, "Looked at: ") == "Looked at: 8 signals of 2 services, 12,031 log lines"
    assert line(text, "Weak signs in: ") == "Weak signs in: ledger"
    assert line(text, "In the logs: 1,204 × `connection refused").endswith("(none seen in the hour before)")
    assert line(text, "Would tell most: ") == "Would tell most: p99 of ledger by endpoint"


def test_a_service_that_is_well_is_called_well() -> None:
    calm = tuple(replace(s, value=s.normal or s.value, moved="steady", bad=False) for s in FOUND.signals)
    report = replace(NO_CAUSE, analysis=replace(NO_CAUSE.analysis, signals=calm))
    well = "No figure of the service has clearly left its normal: a false alarm, or trouble that figures do not show."
    assert well in told(report)
    assert "No figure" not in told(NO_CAUSE)


@pytest.mark.parametrize(
    ("name", "value", "normal", "well"),
    [
        ("availability", 99.5, 100.0, True),
        ("availability", 95.1, 100.0, False),
        ("error_rate", 3.0, 0.2, False),
        ("latency_p99", 0.55, 0.5, True),
        ("latency_p99", 1.5, 0.96, False),
        ("latency_p99", 0.2, 0.96, True),
        ("cpu", 60.0, 40.0, True),
    ],
)
def test_nothing_that_looks_bad_is_called_normal(name: str, value: float, normal: float, well: object) -> None:
    signals = (SignalState("payment-service", name, value, normal, moved="steady"),)
    text = told(replace(NO_CAUSE, analysis=replace(NO_CAUSE.analysis, signals=signals)))
    assert ("No figure of the service" in text) is well


@pytest.mark.parametrize("steady", [(), (SignalState("payment-service", "cpu", 20.0, 20.0, moved="steady"),)])
def test_where_nothing_is_known_of_the_normal_nobody_is_called_well(steady: tuple[SignalState, ...]) -> None:
    unknown = SignalState("payment-service", "error_rate", 57.8, None)
    text = told(replace(NO_CAUSE, analysis=replace(NO_CAUSE.analysis, signals=(unknown, *steady))))
    assert "Errors 57.8 %" in text
    assert "No figure of the service" not in text


def test_an_uncertain_cause_says_what_would_tell_most() -> None:
    causes = (replace(FOUND.causes[0], confidence="low"),)
    report = replace(REPORT, analysis=replace(FOUND, causes=causes, next_look="errors of ledger by instance"))
    assert line(told(report), "Would tell most: ") == "Would tell most: errors of ledger by instance"
    waiting = replace(report, context=replace(CONTEXT, waiting=("elasticsearch",)))
    assert "Would tell most" not in told(waiting)
    assert "Would tell most" not in told()


def test_a_cause_elsewhere_that_is_not_certain_and_not_felt_here_says_what_speaks_against_it() -> None:
    calm = tuple(replace(s, value=s.normal or s.value, moved="steady", bad=False) for s in FOUND.signals)
    elsewhere = replace(FOUND.causes[0], service="ledger", confidence="medium")
    against = "Against it: no figure of payment-service itself has clearly left its normal."

    def with_(signals: tuple[SignalState, ...], *causes: Cause) -> str:
        return told(replace(REPORT, analysis=replace(FOUND, causes=causes, signals=signals)))

    assert against in with_(calm, elsewhere)
    assert "Against it" not in with_(calm, replace(elsewhere, confidence="high"))
    assert "Against it" not in with_(FOUND.signals, elsewhere)
    assert "Against it" not in with_((), elsewhere)
    assert "Against it" not in with_(calm, elsewhere, replace(elsewhere, service="payment-service"))


def test_the_share_that_succeeds_is_told_like_the_share_that_fails() -> None:
    steady = (SignalState("payment-service", "availability", 96.3, 100.0, moved="steady"),)
    assert "Success 96.3 % (100 %)" in told(replace(REPORT, analysis=replace(FOUND, signals=steady)))


def test_a_fact_names_its_service_where_its_words_do_not() -> None:
    listed = sections.evidence(REPORT)
    assert listed is not None
    assert listed.lines[2].endswith("prometheus: payment-service: errors 23.4 %")
    assert listed.lines[3].endswith("prometheus: ledger p99 240 ms")


def test_a_cause_of_unknown_confidence_is_no_cause() -> None:
    causes = (replace(FOUND.causes[0], confidence="unknown"),)
    briefing = compose.brief(incident(), replace(REPORT, analysis=replace(FOUND, causes=causes)), NOW)
    assert "No clear cause yet · confidence unknown\nCould be: v2.34.1" in as_text(briefing)
    assert "cause" not in briefing.plain


def test_while_a_source_is_awaited_it_says_so_and_claims_nothing_of_it() -> None:
    waiting = replace(NO_CAUSE, context=replace(NO_CAUSE.context, waiting=("elasticsearch", "github")))
    text = told(waiting)
    assert text.split("\n")[1].endswith(" · still looking: elasticsearch, github")
    assert line(text, "No clear cause yet") == "No clear cause yet · still looking"
    assert "Changed recently" not in text
    assert "Would tell most" not in text


def test_a_change_is_told_with_who_and_how_long_before() -> None:
    assert line(told(), "Changed recently") == (
        'Changed recently · v2.34.1 "Update payment gateway integration" by alice, 03:27, 40 s before it began [1]'
        " · nothing else in 24 h"
    )


def test_the_suspected_change_comes_first_and_the_rest_is_counted() -> None:
    others = tuple(
        Change("payment-service", "merge", BEGAN - timedelta(hours=hours), f"v{hours}") for hours in (20, 5, 1, 9)
    )
    report = replace(REPORT, context=replace(CONTEXT, findings=(*others, *CONTEXT.findings)))
    text = told(report)
    assert line(text, "Changed recently") == "Changed recently · the last 3 of 5 in 24 h"
    changed = [line for line in text.split("\n") if "it began" in line and line.startswith("• ")]
    assert [line.split()[1].rstrip(",") for line in changed] == ["v2.34.1", "v1", "v5"]
    assert changed[2] == "• v5, 5 h before it began (merge)"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Changed recently · nothing in 24 h"),
        ({"gaps": (Gap("github", "refused"),)}, None),
        ({"gaps": (Gap("github", "first 100 of 300", partial=True),)}, None),
        ({"took": {}, "off": ("github",)}, None),
        ({"waiting": ("github",)}, None),
    ],
)
def test_nothing_is_only_said_of_what_was_seen_in_full(changes: dict[str, object], said: str | None) -> None:
    text = told(without(Change, **changes))
    assert (said in text) if said else ("Changed recently" not in text)


def test_where_a_repository_is_not_known_nothing_is_not_said_of_all_services() -> None:
    services = {"payment-service": SERVICE, "ledger": Service("ledger"), "mailer": Service("mailer")}
    some = replace(CONTEXT, scope=replace(SCOPE, services=services))
    known = " (repositories known of 1 of 3 services)"
    assert line(told(replace(REPORT, context=some)), "Changed recently").endswith(f" · nothing else in 24 h{known}")
    none = replace(some, findings=tuple(f for f in CONTEXT.findings if not isinstance(f, Change)))
    assert line(told(replace(REPORT, context=none)), "Changed") == f"Changed recently · nothing in 24 h{known}"
    unknown = replace(SCOPE, services={name: replace(one, repo=None) for name, one in services.items()})
    assert "Changed recently" not in told(replace(REPORT, context=replace(none, scope=unknown)))


def test_what_happened_before_is_told_with_its_fix() -> None:
    assert line(told(), "Seen before") == (
        "Seen before · INC-892, 3 months ago: the gateway's address was wrong in a new version."
        " Fixed: rolled back to the version before (11 min). Alike: same alert, same log pattern."
    )


def test_what_nobody_looked_at_says_so_and_a_false_alarm_is_called_one() -> None:
    (past,) = REPORT.context.of(Similar)
    told_of = without(Similar)
    found = (*told_of.context.findings, replace(past, reviewed=False, false_alarm=True, resolution="", why=""))
    told_of = replace(told_of, context=replace(told_of.context, findings=found))
    assert line(told(told_of), "Seen before") == "Seen before · INC-892, 3 months ago: a false alarm. _(not reviewed)_"


def test_an_empty_memory_says_so() -> None:
    assert "Seen before · nothing like it remembered" in told(without(Similar))
    searched = without(Similar)
    searched = replace(searched, context=replace(searched.context, findings=(History(14),)))
    assert "Seen before · nothing like it in 14 past incidents" in told(searched)
    assert "Seen before" not in told(without(Similar, gaps=(Gap("chromadb", "no answer in 8 s"),)))


def test_gaps_stand_in_the_open() -> None:
    gaps = (Gap("elasticsearch", "no answer in 8 s"), Gap("github", "401"), Gap("prometheus", "3 of 9", partial=True))
    text = told(without(gaps=gaps))
    assert line(text, "⚠️ Could not look") == "⚠️ Could not look: elasticsearch (no answer in 8 s), github (401)"
    assert line(text, "⚠️ Saw only in part") == "⚠️ Saw only in part: prometheus (3 of 9)"
    assert "⚠️" not in told(without(gaps=()))


def test_sources_that_are_off_are_named_at_the_foot_and_are_no_gaps() -> None:
    text = told(without(gaps=(), off=("pagerduty", "github")))
    assert text.endswith("\nOff: pagerduty, github")
    assert "⚠️" not in text


def test_a_model_that_shared_in_it_is_named() -> None:
    assert "· 6.1 s · no model\n" in told()
    assert "· 6.1 s · with claude" in told(replace(REPORT, analysis=replace(FOUND, model="claude")))


@pytest.mark.parametrize(
    ("kinds", "gone"),
    [((RunbookMatch,), "Runbooks"), ((OnCall, Facts), "On call"), ((Similar, History), "INC-892")],
)
def test_a_part_with_nothing_to_say_is_left_out(kinds: tuple[type, ...], gone: str) -> None:
    assert gone in told()
    assert gone not in told(without(*kinds))


def test_without_anybody_on_call_the_owner_is_named() -> None:
    assert line(told(without(OnCall)), "Owner") == "Owner · payments"
    assert line(told(), "On call") == "On call · Dana Dale (level 1 until 09:00) · owner payments"


def test_commands_can_be_pasted_as_they_stand() -> None:
    two_lines = "for p in a b; do\n  echo \"`hostname`\" > /tmp/$p && cat <<< '<x>'\ndone"
    steps = (FirstStep("Look:", "kubectl get  pods -l 'a in (b,c)' | grep '<none>'"), FirstStep("Then", two_lines))
    briefing = compose.brief(incident(), replace(REPORT, analysis=replace(FOUND, first_steps=steps)), NOW)
    text = as_text(briefing)
    assert "1. Look: `kubectl get  pods -l 'a in (b,c)' | grep '<none>'`" in text
    assert f"2. Then:\n{two_lines}" in text
    section = next(section for section in briefing.sections if section.title == "First steps")
    assert [line for line in section.lines if line == "```"] == ["```", "```"]


def test_an_address_in_a_step_can_be_followed() -> None:
    steps = (FirstStep("Read what v2 changed: https://g.example/pull/7?a=1&b=*2*"),)
    briefing = compose.brief(incident(), replace(REPORT, analysis=replace(FOUND, first_steps=steps)), NOW)
    section = next(section for section in briefing.sections if section.title == "First steps")
    shown = "<https://g.example/pull/7?a=1&amp;b=%2A2%2A|https://g.example/pull/7?a=1&amp;b=∗2∗>"
    assert section.lines == (f"1. Read what v2 changed: {shown}",)


def test_an_incident_that_follows_another_links_to_it() -> None:
    briefing = compose.brief(incident(previous="INC-OLD"), REPORT, NOW, Channel("C0OLD", "inc-old"))
    assert " · follows INC-OLD <#C0OLD>" in briefing.headline
    assert " · follows INC-OLD" in compose.brief(incident(previous="INC-OLD"), REPORT, NOW).headline


# ── afterwards ───────────────────────────────────────────────────────────────────────────────────


def test_a_resolved_incident_says_when_and_after_how_long_and_asks_for_nothing() -> None:
    text = as_text(compose.brief(RESOLVED, REPORT, NOW + timedelta(minutes=28)))
    assert text.startswith(
        "✅ SEV1 · payment-service · HighErrorRate\nresolved 04:10 UTC, 42 min after it began · 3 alerts"
    )
    assert "Measured 03:42 UTC (normal)" in text
    assert "Likely cause" in text
    assert not {"First steps", "Runbooks", "Also firing", "On call"} & set(text.replace(" ·", "\n").split("\n"))


def test_a_resolved_incident_without_a_cause_says_that_none_was_found() -> None:
    assert "No clear cause found" in as_text(compose.brief(RESOLVED, NO_CAUSE, NOW))


def test_one_line_in_the_channel_says_that_it_is_over() -> None:
    assert as_text(compose.resolved(RESOLVED)).startswith("✅ Resolved 04:10 UTC, 28 min after the alert · 3 alerts")


def test_an_incident_that_fires_again_says_so() -> None:
    again = incident(opening=2, reopened_at=ALERTED + timedelta(hours=1))
    for briefing in (
        compose.headline(again, 8, NOW),
        compose.brief(again, NO_CAUSE, NOW),
    ):
        assert as_text(briefing).startswith(
            "🔁 SEV1 · payment-service · HighErrorRate\nfired again 04:42 UTC, for the 2nd time"
        )
    assert "fired again 04:42 UTC" in compose.topic(again)
    over = replace(again, status="resolved", resolved_at=ALERTED + timedelta(minutes=80))
    assert "resolved 05:02 UTC, 20 min after the alert" in as_text(compose.notice(over))


def test_the_notice_is_one_line_with_the_way_to_the_channel() -> None:
    notice = compose.notice(incident())
    assert notice.headline.count("\n") == 0
    assert notice.headline.endswith(" · firing since 03:42 UTC · <#C0INC>")
    assert compose.notice(incident(channel=None)).headline.endswith("03:42 UTC")
    assert compose.moved(incident()).headline.endswith("moved to its own channel · <#C0INC>")


def test_the_topic_holds_what_matters_in_250_characters() -> None:
    assert compose.topic(incident()) == "SEV1 · HighErrorRate · firing since 03:42 UTC"
    assert compose.topic(incident(), REPORT) == "SEV1 · HighErrorRate · since 03:27 UTC · likely v2.34.1 (high)"
    elsewhere = replace(
        FOUND, causes=(replace(FOUND.causes[0], service="ledger", version=None, text="CPU 99 % (8 %)."),)
    )
    assert compose.topic(incident(), replace(REPORT, analysis=elsewhere)).endswith(
        "likely ledger: CPU 99 % (8 %) (high)"
    )
    assert compose.topic(RESOLVED, REPORT).startswith("SEV1 · HighErrorRate · resolved 04:10 UTC")
    long = replace(FOUND.causes[0], version=None, text="very " * 500)
    report = replace(REPORT, analysis=replace(FOUND, causes=(long,)))
    assert len(compose.topic(incident(title="&<>" * 300), report)) <= compose.TOPIC_LIMIT


def test_the_notification_tells_without_being_opened() -> None:
    assert compose.brief(incident(), REPORT, NOW).plain == (
        "🚨 SEV1 payment-service: HighErrorRate, firing since 03:42 UTC."
        " Likely cause (high): v2.34.1, deployed 03:27 by alice, 40 s before errors began."
    )


# ── what comes from outside ──────────────────────────────────────────────────────────────────────

HOSTILE = [
    "<!channel> <!here> <@U123> <#C1> <https://evil.example|click>",
    "a*b* _c_ ~d~ `e` ```f```",
    "one\ntwo\r\n*SEV4 · all is well*\u2028three\u0085four",
    "\u202eesrever\u202c \u200bz\u200de\ufeffro \x00\x1b[31mred",
    "> quoted",
    ":white_check_mark: resolved",
    "&amp; &lt;!channel&gt;",
    "\ud800 broken",
    "x" * 10_000,
    "𝕏" * 5_000,
    "Z" + "\u0301" * 5_000,
]


def hostile_briefings(text: str) -> list[Briefing]:
    """Every text of an incident and of a report replaced by one from outside."""
    service = replace(SERVICE, name=text, owner=text, dashboards={text: f"https://d.example/{text}"})
    change = Change(text, "deployment", BEGAN, text, author=text, title=text, files=(text,), url=f"https://g/{text}")
    past = Similar(text, BEGAN, text, text, text, text, 5, 1.0, text, url=text)
    findings = (change, past, RunbookMatch(text, text, text, 1.0), Facts(service, known=True))
    findings += (OnCall(1, text, text, None, url=text),)
    context = replace(
        CONTEXT, findings=findings, gaps=(Gap(text, text), Gap(text, text, partial=True)), off=(text,), waiting=(text,)
    )
    analysis = replace(
        FOUND,
        causes=tuple(replace(c, text=text, service=text, version=text) for c in FOUND.causes),
        facts=tuple(replace(f, source=text, text=text, url=f"https://f/{text}") for f in FOUND.facts),
        signals=tuple(replace(s, signal=text) for s in FOUND.signals[:2]),
        patterns=tuple(replace(p, template=text) for p in FOUND.patterns),
        ruled_out=tuple(replace(r, text=text) for r in FOUND.ruled_out),
        first_steps=(FirstStep(text, " ".join(text.replace("`", "").split())),),
        looked_at=(text,),
        suspects=(text,),
        next_look=text,
        model=text,
    )
    made = incident(
        service=text, env=text, title=text, previous=text, alerts=(alert(text, url=f"https://a/{text}"), alert(text))
    )
    return [
        compose.headline(made, 8, NOW),
        compose.brief(made, Report(context, analysis), NOW),
        compose.brief(made, Report(replace(context, waiting=()), replace(analysis, causes=())), NOW),
        compose.notice(made),
        compose.moved(made),
        compose.resolved(replace(made, status="resolved", resolved_at=NOW)),
    ]


def lines_of(briefing: Briefing) -> list[str]:
    return [briefing.plain, *briefing.headline.split("\n"), *(briefing.footer or "").split("\n")] + [
        line for section in briefing.sections for line in section.text
    ]


UNSEEN = set("\u202e\u202c\u200b\u200d\ufeff\x00\x1b\u2028\u0085\n\r\ud800")


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_no_text_from_outside_pings_formats_or_makes_lines(text: str) -> None:
    for calm, briefing in zip(hostile_briefings("calm"), hostile_briefings(text), strict=True):
        lines = lines_of(briefing)
        own = [line for line in lines if "addresses the assistant: `" not in line]  # our words, about such a text
        assert len(own) == len(lines_of(calm))
        for one in lines:
            assert not any(ping in one for ping in ("<!", "<@", "<#C1"))
            assert not set(one) & UNSEEN
            assert one.count("`") % 2 == 0
            shown = re.sub(r"<https?://[^|>]*\||`[^`]*`", "", one)  # neither addresses nor code are formatted
            assert not any(forged in shown for forged in ("*b*", "_c_", "~d~", "*SEV4", ":white_check_mark:"))
            assert len(one) < 12_000
            one.encode()


def test_a_command_cannot_break_out_of_its_fence() -> None:
    steps = (FirstStep("Look", "a\n```\n<!channel> *b*\x00\n``` c"),)
    briefing = compose.brief(incident(), replace(REPORT, analysis=replace(FOUND, first_steps=steps)), NOW)
    section = next(section for section in briefing.sections if section.title == "First steps")
    assert section.lines == ("1. Look:", "```", "a", "ˋˋˋ", "&lt;!channel&gt; *b*", "ˋˋˋ c", "```")


def test_a_bare_address_that_is_none_is_only_its_label() -> None:
    briefing = compose.headline(incident(alerts=(alert(url="javascript:alert(1)"),)), 8, NOW)
    assert "<" not in briefing.headline
