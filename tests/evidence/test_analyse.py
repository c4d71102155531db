"""From context to analysis: whole with any part missing, and nothing said that was not seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.analyse import analyse
from bot.domain.context import Context
from integrations.contract import Change, Logs, Series, Service
from tests.evidence.made import ALERT, at, context, figures, logs, said, spread

CALLS = {"front": ("cart", "stock"), "cart": ("stock",)}
ROLLOUT = Change(
    "front",
    "deployment",
    at(-6),
    "v2.1",
    "v2.0",
    "alice",
    "Move the gateway",
    ("config/gateway.yaml",),
    url="https://git",
)
BAD_DEPLOY = (
    figures("front", "error_rate", 0.3, 24.0),
    figures("front", "latency_p99", 0.18, 2.3),
    figures("front", "requests", 400.0),
    *(figures(name, signal, 0.2) for name in ("cart", "stock") for signal in ("error_rate", "latency_p99")),
    ROLLOUT,
    logs(
        said("front", "paid {n}", "INFO", spread(-100, 1, 300)),
        said("front", "connection refused: gateway.internal:8443", "ERROR", spread(-5, 1, 400)),
    ),
)
NORMAL = tuple(figures(n, s, 0.2) for n in ("front", "cart", "stock") for s in ("error_rate", "latency_p99"))


def whole(*findings, **more) -> Context:
    return context(*(findings or BAD_DEPLOY), calls=CALLS, **more)


def test_a_bad_deployment_reads_as_a_person_would_say_it():
    found = analyse(whole())
    cause = found.causes[0]
    assert (cause.service, cause.kind, cause.version, cause.confidence) == ("front", "change", "v2.1", "high")
    assert cause.text == (
        "v2.1, deployed 11:54 by alice, 60 s before errors began. It changed `config/gateway.yaml`; since then "
        "400 × `connection refused: gateway.internal:8443`, none seen in the hour before."
    )
    assert found.onset == at(-5)
    assert {found.facts[id_ - 1].source for id_ in cause.facts} == {"github", "prometheus", "elasticsearch"}


def test_what_is_innocent_is_said():
    ruled = analyse(whole()).ruled_out
    assert [out.text for out in ruled] == ["dependencies steady", "traffic as usual"]
    assert all(out.facts for out in ruled)


def test_a_change_after_it_began_is_ruled_out_by_name():
    late = replace(ROLLOUT, service="cart", at=at(0.5), version="v9")
    ruled = analyse(whole(*BAD_DEPLOY, late)).ruled_out
    assert any("v9 of cart" in out.text and "after it began" in out.text for out in ruled)


def test_no_change_is_ruled_out_only_where_the_source_of_changes_has_answered():
    without = tuple(f for f in BAD_DEPLOY if not isinstance(f, Change))
    said_so = [out.text for out in analyse(whole(*without, took={"github": 0.2})).ruled_out]
    assert "no change in 24 h" in said_so
    assert "no change in 24 h" not in [out.text for out in analyse(whole(*without)).ruled_out]
    assert "no change in 24 h" not in [out.text for out in analyse(whole(took={"github": 0.2})).ruled_out]
    late = whole(*without, took={"github": 0.2}, waiting=("github",))
    assert "no change in 24 h" not in [out.text for out in analyse(late).ruled_out]


def test_the_status_is_of_the_alerting_service_errors_first_each_beside_its_normal():
    states = analyse(whole()).signals
    assert [s.signal for s in states] == ["error_rate", "latency_p99", "requests"]
    assert {s.service for s in states} == {"front"}
    errors, _, traffic = states
    assert errors.normal == pytest.approx(0.3, abs=0.05)
    assert (errors.moved, errors.bad, errors.since) == ("up", True, at(-5))
    assert (traffic.moved, traffic.bad) == ("steady", False)


def test_a_signal_that_went_the_good_way_or_traffic_is_moved_but_not_bad():
    faster = (figures("front", "latency_p99", 2.0, 0.2), figures("front", "requests", 50.0, 150.0))
    assert [(s.moved, s.bad) for s in analyse(whole(*faster)).signals] == [("down", False), ("up", False)]


def test_a_healthy_system_gets_no_cause_but_what_was_looked_at_and_the_one_look_that_would_tell():
    found = analyse(whole(*NORMAL, logs(said("front", "paid {n}", "INFO", spread(-100, 1, 300)))))
    assert found.causes == ()
    assert found.confidence == "unknown"
    assert found.onset is None
    assert found.looked_at == ("6 signals of 3 services", "300 log lines")
    assert "front by endpoint" in found.next_look


def test_a_deployment_just_before_a_false_alarm_is_no_more_than_a_weak_suspicion():
    assert analyse(whole(*NORMAL, ROLLOUT)).confidence in ("low", "unknown")


@pytest.mark.parametrize("minutes", [-2.5, -1, 0.5])
def test_where_nobody_saw_it_begin_no_change_is_said_to_have_come_after(minutes):
    found = analyse(whole(replace(ROLLOUT, at=at(minutes)), *NORMAL))
    assert found.onset is None
    assert not [out.text for out in found.ruled_out if "v2.1" in out.text]


STARTING = logs(
    said("front", "paid {n}", "INFO", spread(-100, 1, 300)),
    said("front", "started worker pool, warmed cache", "INFO", spread(-3.5, -1, 400)),
)
SLOW_UPSTREAM = logs(
    said("front", "paid {n}", "INFO", spread(-100, 1, 300)),
    said("front", "slow upstream {n}", "WARN", spread(-3, 1, 60)),
)


@pytest.mark.parametrize("besides", [(), NORMAL], ids=["no figures", "figures at their normal"])
def test_what_a_new_version_says_when_it_starts_is_no_support_and_no_error(besides):
    (cause,) = analyse(whole(ROLLOUT, STARTING, *besides)).causes
    assert cause.confidence == "low"
    assert cause.text == "v2.1, deployed 11:54 by alice, 6 min before the alert: nothing else points at it."


def test_lines_that_are_no_errors_are_not_called_errors():
    (cause,) = analyse(whole(ROLLOUT, SLOW_UPSTREAM)).causes
    assert cause.text.startswith("v2.1, deployed 11:54 by alice, 6 min before the alert. It changed ")
    assert "since then 60 × `slow upstream 1000`" in cause.text


def test_and_not_where_it_is_known_when_it_began():
    lines = logs(
        said("front", "paid {n}", "INFO", spread(-100, 1, 300)),
        said("front", "slow upstream {n}", "WARN", spread(-5, 1, 500)),
        said("mail", "refused {n}", "ERROR", spread(-5, 1, 40)),
    )
    found = analyse(context(ROLLOUT, lines))
    assert found.onset == at(-5)
    told = next(cause.text for cause in found.causes if cause.service == "front")
    assert told.startswith("v2.1, deployed 11:54 by alice, 60 s before log lines grew. It changed ")


@pytest.mark.parametrize("missing", [Series, Logs, Change])
def test_any_part_may_be_missing(missing):
    rest = tuple(f for f in BAD_DEPLOY if not isinstance(f, missing))
    found = analyse(whole(*rest))
    assert found.causes[0].service == "front"


def test_with_only_the_alert_there_is_an_answer_that_says_what_is_missing():
    found = analyse(context())
    assert found.causes == ()
    assert found.next_look.startswith("Figures of front")
    assert found.looked_at == ()


def test_without_a_call_graph_the_alerting_service_is_all_there_is():
    found = analyse(context(*BAD_DEPLOY))
    assert found.causes[0].service == "front"


def test_while_sources_are_still_out_nothing_is_certain():
    assert analyse(whole()).confidence == "high"
    assert analyse(whole(waiting=("elasticsearch",))).confidence == "medium"


def test_empty_series_and_empty_logs_are_nothing():
    assert analyse(whole(Series("front", "cpu", (), ()), logs())).causes == ()


def test_a_counter_that_begins_anew_is_no_trouble_by_itself():
    series = figures("front", "requests", 400.0)
    dip = tuple(0.0 if place == len(series.values) - 3 else value for place, value in enumerate(series.values))
    assert analyse(whole(replace(series, values=dip))).causes == ()


def test_steps_can_be_pasted_and_name_only_what_is_known():
    steps = analyse(whole()).first_steps
    assert steps[0].command == "git diff v2.0 v2.1 -- config/gateway.yaml"
    assert steps[1].command == "kubectl rollout history deployment -n shop"
    assert not any("/incident-action" in (step.command or "") for step in steps)


def killed(*by_pod):
    """Commands of the first steps where memory ran full and something was killed; as much of it as is known by pod."""
    of_all = figures("front", "memory", 40.0, 97.0, since=-20), figures("front", "restarts", 0.0, 1.0, since=-4)
    steps = analyse(context(*of_all, figures("front", "error_rate", 0.2, 20.0), *by_pod)).first_steps
    return [step.command for step in steps]


def by_pod(signal, normal, **then):
    return [figures("front", signal, normal, then.get(pod), since=-4, instance=f"front-{pod}") for pod in "abc"]


def test_the_log_from_before_a_restart_is_read_of_the_pod_that_was_restarted():
    told = killed(*by_pod("memory", 90.0), *by_pod("restarts", 0.0, c=1.0))
    assert told[0] == "kubectl logs front-c -n shop --tail=200 --previous"


def test_where_nobody_knows_which_pod_was_restarted_no_log_from_before_is_asked_for():
    told = killed(*by_pod("memory", 90.0))
    assert told[:2] == ["kubectl get pods -n shop -o wide", "kubectl logs front-a -n shop --tail=200"]


def test_a_restarted_pod_that_is_gone_by_now_has_no_log_to_read():
    gone = figures("front", "restarts", 0.0, 1.0, since=-60, until=-50, instance="front-old")
    assert not any("front-old" in command for command in killed(*by_pod("memory", 90.0), gone))


def test_without_a_namespace_no_name_is_made_up():
    bare = whole()
    services = {name: Service(name) for name in bare.scope.services}
    steps = analyse(replace(bare, scope=replace(bare.scope, services=services))).first_steps
    assert not any("-n " in (step.command or "") for step in steps)


def test_what_comes_from_outside_is_quoted_in_a_command():
    nasty = replace(ROLLOUT, previous="v2.0; rm -rf /", files=("a b.yaml",))
    rest = tuple(f for f in BAD_DEPLOY if not isinstance(f, Change))
    assert analyse(whole(*rest, nasty)).first_steps[0].command == "git diff 'v2.0; rm -rf /' v2.1 -- 'a b.yaml'"


def test_before_the_alert_by_a_quarter_of_an_hour_is_still_when_it_began():
    early = (
        figures("front", "error_rate", 0.3, 24.0, since=-15),
        figures("front", "latency_p99", 0.18, 2.3, since=-15),
    )
    assert analyse(whole(*early)).onset == at(-15)


SOME = st.lists(
    st.builds(
        lambda service, signal, then, since: figures(service, signal, 10.0, then, since=since),
        st.sampled_from(["front", "cart", "stock", "nobody"]),
        st.sampled_from(["error_rate", "latency_p99", "requests", "cpu", "memory", "instances_up", "mystery"]),
        st.sampled_from([0.0, 9.9, 10.1, 30.0, 90.0]),
        st.integers(-30, 1),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(SOME, st.booleans(), st.booleans())
def test_every_claim_cites_facts_that_exist_numbered_from_one_as_they_are_cited(series, rolled, spoke):
    extra = [ROLLOUT] * rolled + [BAD_DEPLOY[-1]] * spoke
    found = analyse(whole(*(series + extra), took={"github": 0.1}) if series + extra else context())
    claims = [*found.causes, *found.ruled_out]
    assert all(claim.facts for claim in claims)
    cited = list(dict.fromkeys(id_ for claim in claims for id_ in claim.facts))
    assert cited == [fact.id for fact in found.facts] == list(range(1, len(cited) + 1))
    scores = [cause.score for cause in found.causes]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert not found.causes or found.causes[0].confidence != "unknown"
    assert all(cause.text.endswith(".") and len(cause.text) > 20 for cause in found.causes)


@settings(max_examples=40, deadline=None)
@given(SOME, st.permutations(["front", "cart", "stock", "nobody"]))
def test_names_do_not_matter(series, other):
    """The same figures under other names give the same ranking under those names."""
    names = dict(zip(["front", "cart", "stock", "nobody"], [f"svc-{name}" for name in other], strict=True))
    renamed = [replace(one, service=names[one.service]) for one in series]
    calls = {names[caller]: tuple(names[name] for name in called) for caller, called in CALLS.items()}
    before, after = analyse(context(*series, calls=CALLS)), analyse(context(*renamed, calls=calls))
    assert [(names[c.service], c.kind, c.confidence, c.score) for c in before.causes] == [
        (c.service, c.kind, c.confidence, c.score) for c in after.causes
    ]


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(len(BAD_DEPLOY))))
def test_the_order_in_which_findings_come_does_not_matter(order):
    found = analyse(whole(*(BAD_DEPLOY[place] for place in order)))
    assert found.causes[0].text == analyse(whole()).causes[0].text


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_quiet_figures_accuse_nobody(seed):
    quiet = [
        figures(name, signal, 20.0, seed=seed, noise=0.1)
        for name in ("front", "cart", "stock")
        for signal in ("error_rate", "latency_p99", "cpu", "requests")
    ]
    assert analyse(whole(*quiet)).confidence in ("unknown", "low")


def test_the_alert_alone_has_the_time_zone_of_the_alert():
    assert analyse(whole()).onset.utcoffset() == ALERT.utcoffset()


def test_where_only_a_change_speaks_the_sentence_says_so():
    causes = analyse(whole(*NORMAL, replace(ROLLOUT, at=at(-3.5)))).causes
    assert [c.text for c in causes] == [
        "v2.1, deployed 11:56 by alice, 4 min before the alert: nothing else points at it."
    ]
    assert causes[0].confidence == "low"
