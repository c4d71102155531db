"""Rules of the whole engine that hold for any evidence, whatever it is of."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.analyse import analyse
from bot.domain.analysis import Analysis
from bot.domain.context import Context
from integrations.contract import Change, Logs
from tests.evidence import bent
from tests.evidence.made import at, context, figures, logs, said, spread

NAMES = ("front", "cart", "stock", "vault", "stranger")
CALLS = {"front": ("cart", "stock"), "cart": ("stock", "vault"), "vault": ("cart",), "stranger": ()}
LEVELS = ("unknown", "low", "medium", "high")
UNITLESS = ("disk_read", "disk_write", "mystery")

figure = st.builds(
    lambda service, signal, then, since, seed: figures(service, signal, 10.0, then, since=since, seed=seed),
    st.sampled_from(NAMES),
    st.sampled_from(
        ["error_rate", "availability", "latency_p99", "requests", "cpu", "memory", "instances_up", *UNITLESS]
    ),
    st.sampled_from([0.0, 4.0, 9.9, 13.0, 30.0, 90.0]),
    st.integers(-30, 1),
    st.integers(0, 9),
)
edge = st.builds(
    lambda caller, place, kind, then: figures(
        caller if kind.startswith("client") else CALLS[caller][place], kind, 0.02, then,
        edge=f"{caller}->{CALLS[caller][place]}",
    ),
    st.sampled_from(["front", "cart"]), st.integers(0, 1),
    st.sampled_from(["client_latency_p50", "latency_p50"]), st.sampled_from([0.02, 0.4]),
)  # fmt: skip
change = st.builds(
    lambda service, minute: Change(service, "deployment", at(minute), f"v{-minute}", "v0", "ann", f"Try {minute}"),
    st.sampled_from(NAMES),
    st.integers(-60, 3),
)
line = st.builds(
    lambda writer, named, since, level: said(
        writer, f"call to {named} failed after {{n}}", level, spread(since, 1, 40)
    ),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.integers(-90, -2),
    st.sampled_from(["ERROR", "WARN", ""]),
)
quiet_lines = said("front", "served {n}", "INFO", spread(-100, 1, 200))
incident = st.builds(
    lambda series, edges, changes, lines: context(
        *series, *edges, *changes, *([logs(quiet_lines, *lines)] if lines else []), calls=CALLS
    ),
    st.lists(figure, max_size=9), st.lists(edge, max_size=4), st.lists(change, max_size=2), st.lists(line, max_size=3),
)  # fmt: skip


def level(found: Analysis) -> int:
    return LEVELS.index(found.confidence)


def places(found: Analysis) -> list[tuple[float, str, str, str]]:
    """The causes, equals in the order of their names: who of two equals comes first is nobody's claim."""
    return sorted((-cause.score, cause.service, cause.kind, cause.confidence) for cause in found.causes)


def once(one: Context) -> Context:
    """Without second figures of what has one already: which of two that contradict each other holds is not said."""
    kept = {
        (getattr(f, "service", ""), getattr(f, "signal", ""), getattr(f, "edge", ""), f.kind): f for f in one.findings
    }
    return replace(one, findings=tuple(kept.values()))


@settings(max_examples=80, deadline=None)
@given(incident.map(once), st.randoms(use_true_random=False))
def test_the_order_of_findings_and_of_the_catalogue_changes_nothing(one, random: Random):
    findings = list(one.findings)
    random.shuffle(findings)
    first, *rest = one.scope.services.items()
    random.shuffle(rest)
    shuffled = replace(one, findings=tuple(findings), scope=replace(one.scope, services=dict([first, *rest])))
    assert analyse(shuffled) == analyse(one)


@settings(max_examples=60, deadline=None)
@given(incident.map(once))
def test_other_names_give_the_same_answer_under_those_names(one):
    names = {name: f"svc-{name[::-1]}" for name in NAMES}
    found, other = analyse(one), analyse(bent.renamed(one, lambda name: names.get(name, name)))
    under = [(score, names[service], kind, sure) for score, service, kind, sure in places(found)]
    assert places(other) == sorted(under)
    assert other.onset == found.onset


@settings(max_examples=60, deadline=None)
@given(incident.map(once), st.sampled_from([0.001, 0.5, 7.0, 1024.0]))
def test_a_signal_of_no_known_unit_may_come_in_any(one, factor):
    found, other = analyse(one), analyse(bent.scaled(one, factor, lambda signal: signal in UNITLESS))
    assert places(other) == places(found)
    assert [(s.signal, s.moved) for s in other.signals] == [(s.signal, s.moved) for s in found.signals]
    assert other.onset == found.onset


@settings(max_examples=60, deadline=None)
@given(incident.map(once), st.sampled_from([10.0, 1000.0]))
def test_all_latencies_in_a_finer_unit_say_the_same(one, factor):
    one = replace(one, findings=(*one.findings, figures("front", "latency_p50", 0.3)))
    found, other = analyse(one), analyse(bent.scaled(one, factor, lambda signal: "latency" in signal))
    assert [(c.service, c.kind, c.confidence) for c in other.causes] == [
        (c.service, c.kind, c.confidence) for c in found.causes
    ]


@settings(max_examples=80, deadline=None)
@given(incident)
def test_one_more_service_that_is_well_makes_nothing_surer(one):
    found, other = analyse(one), analyse(bent.with_a_stranger(one))
    assert level(other) <= level(found)
    before = {cause.service: cause.score for cause in found.causes}
    assert all(cause.score <= before.get(cause.service, 0.0) for cause in other.causes)


@settings(max_examples=60, deadline=None)
@given(incident, st.sampled_from([-86_400.0, 37.0, 30.0, 3601.0, 7 * 86_400.0]))
def test_at_another_time_it_is_the_same_incident(one, seconds):
    found, other = analyse(one), analyse(bent.later(one, seconds))
    assert places(other) == places(found)


@settings(max_examples=40, deadline=None)
@given(incident)
def test_without_any_evidence_nothing_is_known(one):
    found = analyse(replace(one, findings=()))
    assert (found.causes, found.onset, found.facts, found.confidence) == ((), None, (), "unknown")
    assert found.next_look


@settings(max_examples=80, deadline=None)
@given(incident, st.sampled_from(["gaps", "unknown", "short", "resets", "no edges", "cut lines"]))
def test_whatever_is_lost_there_is_an_answer_that_cites_what_it_rests_on(one, how):
    bends = {
        "gaps": bent.with_gaps,
        "unknown": bent.unknown_signals,
        "short": lambda c: bent.without_history(c, 4),
        "resets": bent.with_resets,
        "no edges": bent.without_edges,
        "cut lines": lambda c: bent.logs_end(c, 3),
    }
    found = analyse(bends[how](one))
    assert all(cause.facts and cause.text.endswith(".") for cause in found.causes)
    assert all(0 < cause.score <= 1 for cause in found.causes)


@settings(max_examples=60, deadline=None)
@given(incident)
def test_silence_is_no_vote(one):
    """Lines that say nothing leave every cause where no lines leave it."""
    without = bent.without(one, Logs)
    silent = replace(without, findings=(*without.findings, logs(quiet_lines)))
    assert places(analyse(silent)) == places(analyse(without))
