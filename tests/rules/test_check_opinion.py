"""A model's opinion is held against the evidence: a table of what it may change, and what always holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.analysis import Analysis, Cause, Fact, FirstStep
from bot.domain.opinion import Opinion, Step, Suspect
from bot.questions.check_opinion import join

FACTS = (
    Fact(1, "prometheus", "payment", "error rate 23 %"),
    Fact(2, "elasticsearch", "payment", "1,204 × connection refused"),
    Fact(3, "github", "gateway", "v2 deployed"),
    Fact(4, "prometheus", "gateway", "latency up"),
)
SERVICES = frozenset({"payment", "gateway", "orders"})
RANK = {"unknown": 0, "low": 1, "medium": 2, "high": 3}
LEVELS = list(RANK)


def found(confidence="medium", service="payment"):
    causes = (Cause(service, "own fault", "It fails.", confidence, (1,)),) if confidence != "unknown" else ()
    return Analysis(causes, None, FACTS, (), first_steps=(FirstStep("Look"),))


def says(service="payment", confidence="high", facts=(1,), **more):
    suspect = Suspect(service, "It is this one.", confidence, tuple(facts), "")
    return Opinion(**{"summary": "", "causes": (suspect,), "first_steps": (), "affected": ()} | more)


def joined(analysis, opinion):
    return join(analysis, opinion, FACTS, SERVICES, "m")


def confidence_in(analysis, service):
    return next((cause.confidence for cause in analysis.causes if cause.service == service), None)


@pytest.mark.parametrize(
    ("engine", "model", "facts", "after"),
    [
        ("high", "high", (1,), "high"),
        ("high", "low", (1,), "low"),  # it may lower
        ("high", "unknown", (1,), "unknown"),
        ("medium", "high", (1,), "medium"),  # and raise to medium at most
        ("low", "high", (1,), "medium"),
        ("low", "medium", (1, 2), "medium"),
        ("low", "high", (2,), "low"),  # never on what was written alone
        ("unknown", "high", (1,), "medium"),
        ("unknown", "low", (1,), "low"),
        ("unknown", "high", (2,), "unknown"),
        ("unknown", "low", (2,), "unknown"),
    ],
)
def test_what_the_model_may_change(engine, model, facts, after):
    assert confidence_in(joined(found(engine), says(confidence=model, facts=facts)), "payment") == after


@pytest.mark.parametrize(
    ("service", "facts"),
    [
        ("payment", ()),  # rests on nothing
        ("payment", (99,)),  # on what does not exist
        ("payment", (1, 99)),
        ("payment", (3, 4)),  # on what speaks of another service
        ("elsewhere", (1,)),  # of a service that is none of ours
    ],
)
def test_a_claim_that_nothing_supports_is_dropped(service, facts):
    after = joined(found("unknown"), says(service, "high", facts))
    assert after.causes == ()
    assert after.opinion[-1] == "1 claim of it left out: nothing that was found supports it."


def test_what_the_engine_found_stays_where_the_model_does_not_speak_of_it():
    after = joined(found("medium"), says("gateway", "medium", (4,)))
    assert [cause.service for cause in after.causes] == ["gateway", "payment"]
    assert confidence_in(after, "payment") == "medium"


def test_a_lowered_confidence_is_said():
    assert (
        "It lowers the confidence in payment from high to low." in joined(found("high"), says(confidence="low")).opinion
    )


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("kubectl get pods -n payments", FirstStep("Do (second opinion)", "kubectl get pods -n payments")),
        ("kubectl delete pod x", FirstStep("Do (second opinion): kubectl delete pod x (not checked)")),
        ("kubectl get pods; rm -rf /", FirstStep("Do (second opinion): kubectl get pods; rm -rf / (not checked)")),
        ("", FirstStep("Do (second opinion)")),
    ],
)
def test_only_safe_commands_are_commands(command, shown):
    after = joined(found(), says(first_steps=(Step("Do", command),)))
    assert after.first_steps == (FirstStep("Look"), shown)


def test_affected_is_only_what_a_finding_speaks_of():
    after = joined(found(), says(facts=(1, 3), affected=("payment", "gateway", "orders")))
    assert "Affected: payment, gateway" in after.opinion
    assert not any("Affected" in line for line in joined(found(), says(affected=("payment", "orders"))).opinion)


def test_a_summary_that_cites_what_does_not_exist_is_left_out():
    after = joined(found(), says(summary="Errors rose [1]. It was Bob [9]."))
    assert after.opinion[0] == "Errors rose [1]."


suspects = st.builds(
    Suspect,
    st.sampled_from(["payment", "gateway", "orders", "elsewhere", ""]),
    st.text(max_size=30),
    st.sampled_from(LEVELS),
    st.lists(st.integers(-1, 6), max_size=4).map(tuple),
    st.text(max_size=20),
)
opinions = st.builds(
    Opinion,
    st.text(max_size=60),
    st.lists(suspects, max_size=5).map(tuple),
    st.lists(st.builds(Step, st.text(max_size=20), st.text(max_size=30)), max_size=4).map(tuple),
    st.lists(st.text(max_size=10), max_size=4).map(tuple),
)


@given(st.sampled_from(LEVELS), opinions)
def test_whatever_it_says_no_confidence_goes_beyond_what_the_evidence_bears(engine, opinion):
    before, after = found(engine), joined(found(engine), opinion)
    for cause in after.causes:
        most = max(RANK[confidence_in(before, cause.service) or "unknown"], RANK["medium"])
        assert RANK[cause.confidence] <= most
        assert cause.facts
        assert set(cause.facts) <= {fact.id for fact in FACTS}
        assert cause.service in SERVICES
    assert {cause.service for cause in before.causes} <= {cause.service for cause in after.causes}
