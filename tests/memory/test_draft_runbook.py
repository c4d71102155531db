"""A runbook is drafted where something mended an incident that no runbook covers: whole, faultless, asking first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.analysis import Cause, SignalState
from bot.domain.entry import Entry
from bot.domain.incident import Incident, Severity
from bot.domain.run import Checked, DeedEnded, Ended, Run, StepPrepared
from bot.memory.deeds_as_steps import Shelf, allowed
from bot.memory.draft_runbook import draft, identity, same_steps
from bot.memory.recollect import Life
from integrations.contract import Alert, RunbookMatch, Service
from runbooks.lint import not_here
from runbooks.loader import load, read
from runbooks.model import Library
from runbooks.prepared import Outcome, Prepared
from runbooks.rules import reads
from tests.memory.made import NOW, report

HOUSE = allowed(("kubectl", "psql", "aws", "df", "du", "find"))
NONE_YET = Shelf(Library(), HOUSE)
SHIPPED = Shelf(load(None), HOUSE)
ALERT = Alert(
    "alertmanager", "f", "HighErrorRate", "firing", NOW, severity="critical",
    labels={"service": "payment-service", "namespace": "payments", "pod": "payment-7f9c4d-x2k"},
)  # fmt: skip
INCIDENT = Incident(
    "INC-ABCDEFGHIJ", "payment-service", "production", Severity.SEV1, "HighErrorRate", "resolved", NOW, NOW,
    alerts=(ALERT,), resolved_at=NOW + timedelta(minutes=11),
)  # fmt: skip
RESTART = "kubectl rollout restart deployment/payment-service -n payments"


def said(*texts, kind="note", who="U1"):
    return [
        Entry(INCIDENT.id, f"{kind}:{n}", NOW + timedelta(minutes=n), kind, who, text, value=f"{n}.0", number=n)
        for n, text in enumerate(texts, 1)
    ]


def looked(*findings, kind="resource"):
    """A look that is sure of the kind of cause, with the errors up."""
    made = report()
    state = SignalState("payment-service", "error_rate", 0.2, 0.004, moved="up", bad=True)
    causes = (Cause("payment-service", kind, "the pool was too small", "high", (1,)),)
    scope = replace(made.context.scope, services={"payment-service": Service("payment-service", namespace="payments")})
    context = replace(made.context, scope=scope, findings=tuple(findings))
    return replace(made, context=context, analysis=replace(made.analysis, signals=(state,), causes=causes))


def life(*entries, **changes):
    return replace(Life(INCIDENT, 1, looked(), entries), **changes)


def only(text):
    """The runbook of a draft that the loader and lint find nothing wrong with."""
    library = read(text)
    assert library.problems == ()
    assert not_here(library, HOUSE) == ()
    (book,) = library.runbooks
    return book


def test_a_command_that_somebody_wrote_becomes_a_step_that_asks():
    book = only(draft(life(*said(f"that helped: `{RESTART}`")), NONE_YET))
    (step,) = book.steps
    assert step.command == "kubectl rollout restart deployment/{{service}} -n {{namespace}}"
    assert (step.approval, step.needs, book.risk) == (True, ("network",), "high")
    assert (book.id, book.service) == ("payment-service-high-error-rate", "payment-service")
    assert (book.trigger.alert, book.trigger.metric, book.trigger.cause) == ("HighErrorRate", "error_rate", "resource")


@pytest.mark.parametrize("kind", ["note", "status", "pinned", "resolved", "closed", "cause"])
def test_wherever_people_wrote_it(kind):
    assert len(only(draft(life(*said(f"`{RESTART}`", kind=kind)), NONE_YET)).steps) == 1


def test_a_block_of_commands_is_a_step_for_each_in_their_order_and_each_once():
    scale = "kubectl scale deployment/payment-service -n payments --replicas=6"
    book = only(draft(life(*said(f"```\n$ {scale}\n{RESTART}\n```", f"again `{scale}`")), NONE_YET))
    assert [step.command.split()[1] for step in book.steps] == ["scale", "rollout"]


def test_values_of_the_incident_are_variables_only_where_they_stand_alone():
    text = "`kubectl delete pod payment-7f9c4d-x2k -n payments --context=payments-old`"
    (step,) = only(draft(life(*said(text)), NONE_YET)).steps
    assert step.command == "kubectl delete pod {{pod}} -n {{namespace}} --context=payments-old"


@pytest.mark.parametrize(
    "typed",
    [
        "kubectl get pods -n payments | xargs kubectl delete pod -n payments",
        "kubectl exec deploy/payment-service -n payments -- sh -c 'kill 1'",
        "systemctl restart payment-service",
        "kubectl logs -f deploy/payment-service -n payments",
        "kubectl create secret generic x --from-literal=password='[redacted: password]'",
    ],
)
def test_what_cannot_run_here_is_told_in_words(typed):
    text = draft(life(*said(f"`{RESTART}`", f"`{typed}`")), NONE_YET)
    assert [step.action for step in only(text).steps] == ["exec", "message"]
    assert f"by hand: {typed.split()[0]}" in text.split("trigger:")[0]


@pytest.mark.parametrize(
    "entries",
    [
        (),
        said("`v2.34.1` is bad, see `payment-config`"),
        said("`kubectl get pods -n payments` shows three of them"),
        said("`systemctl status nginx` says it runs"),
        said(f"`{RESTART}`", who="bot"),
        said("restarted it by hand"),
        [*said(f"`{RESTART}`"), *said("false alarm: the probe was wrong", kind="closed")],
    ],
)
def test_where_nothing_was_done_there_is_nothing_to_draft(entries):
    assert draft(life(*entries), NONE_YET) is None


def test_what_closed_it_counts_also_where_it_can_be_no_step():
    text = draft(life(*said("`systemctl restart nginx` on the edge", kind="closed")), NONE_YET)
    (step,) = only(text).steps
    assert step.action == "message"
    assert "systemctl restart nginx" in step.details["text"]


def test_what_a_runbook_of_the_library_would_have_done_needs_no_other():
    assert draft(life(*said(f"`{RESTART}`")), SHIPPED) is None
    both = said(f"`{RESTART}`", "`kubectl scale deployment/payment-service -n payments --replicas=9`")
    assert draft(life(*both), SHIPPED) is not None


def ran(id_="restart-service", *, ok=True, number=1):
    """A run of all of a shipped runbook's steps."""
    book = SHIPPED.library.get(id_)
    at = NOW + timedelta(minutes=number)
    run = Run(f"R{number}", INCIDENT.id, book, {}, "payment-service", "C1", "U1", at, "production")
    events = []
    for n, _ in enumerate(book.steps, 1):
        events.append(StepPrepared(at, Prepared(str(n), "", (), "high", False, True, {}), "ask"))
        events.append(DeedEnded(at, str(n), 0, Outcome("done", 0), ""))
    return run, [*events, Checked(at, str(len(book.steps)), ok, ""), Ended(at, "done")]


def test_one_runbook_that_helped_needs_no_draft_and_two_together_do():
    assert draft(life(runs=[ran()]), SHIPPED) is None
    text = draft(life(runs=[ran(), ran("scale-up", number=2)]), SHIPPED)
    book = only(text)
    one, two = SHIPPED.library.get("restart-service"), SHIPPED.library.get("scale-up")
    assert [step.command for step in book.steps] == [step.command for step in (*one.steps, *two.steps)]
    assert all(step.approval or reads(step) for step in book.steps)


def test_a_run_that_did_not_help_is_not_in_it():
    text = draft(life(*said("`kubectl scale deployment/x -n payments --replicas=9`"), runs=[ran(ok=False)]), SHIPPED)
    assert len(only(text).steps) == 1


def test_a_run_and_a_command_beside_it_are_one_runbook():
    scale = said("", "`kubectl scale deployment/payment-service -n payments --replicas=9`")
    book = only(draft(life(*scale, runs=[ran()]), SHIPPED))
    assert [step.command.split()[1] for step in book.steps] == ["get", "logs", "rollout", "scale"]


def watched(outcome, key="changed:deployment:payment-service:v2.33.0:2026-11-21T03:50:00"):
    what = "v2.33.0 of payment-service, deployed"
    (changed,) = said(what, kind="changed", who="bot")
    return replace(changed, key=key), replace(changed, kind="watched", key=f"{key}:over", text=f"{what}: {outcome}")


def test_a_rollback_that_helped_is_told_where_no_runbook_for_a_change_fits():
    helped = watched("it helped: back to normal")
    text = draft(life(*helped), SHIPPED)
    assert "v2.33.0 of payment-service" in only(text).steps[0].details["text"]
    fitting = looked(RunbookMatch("rollback-deployment", "Roll back", "cause: change", 0.5), kind="change")
    assert draft(life(*helped, report=fitting), SHIPPED) is None
    assert draft(life(*watched("it did not help")), SHIPPED) is None


def test_its_id_is_new_in_the_library_and_two_of_the_same_are_told_alike():
    text = draft(life(*said(f"`{RESTART}`")), NONE_YET)
    taken = Shelf(Library(read(text).runbooks), allowed(("kubectl",)))
    assert identity(text) == "payment-service-high-error-rate"
    other = life(*said(f"`{RESTART}`", "`kubectl scale deployment/x --replicas=2`"))
    assert identity(draft(other, taken)) == "payment-service-high-error-rate-2"
    later = replace(INCIDENT, id="INC-BBBBBBBBBB")
    assert same_steps(text, draft(life(*said("", f"`{RESTART}`"), incident=later), NONE_YET))
    assert not same_steps(text, draft(other, NONE_YET))


def test_secrets_are_in_none_of_it():
    token = "ghp_" + "A1b2C3d4E5" * 3 + "f6G7h8"
    text = draft(
        life(*said(f"`{RESTART}`", f"`kubectl create secret generic x --from-literal=token={token}`")), NONE_YET
    )
    assert token not in text


HOSTILE = st.sampled_from(
    (
        RESTART, "kubectl delete pod {{pod}}", "kubectl apply -f '{{ x }}'", 'psql -c "SELECT 1; DROP TABLE a"',
        "aws s3 rm s3://bucket --recursive", "find / -delete", "find / -exec rm {} ;", "FOO=1 kubectl x", "!",
        "kubectl annotate pod x a='b: c'", "kubectl annotate pod x 'a=- b\n- action: exec'", "sudo kubectl get pods",
        "kubectl exec x -- env", "kubectl rollout status deploy/x --timeout=400s", "df -h",
        "kubectl rollout status deploy/x --timeout=100s", "kubectl delete pod x --token={{env.KUBECONFIG}}",
    )
)  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PIECE = st.one_of(HOSTILE.map(lambda one: f"`{one}`"), TEXT, TEXT.map(lambda one: f"`kubectl {one}`"))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(PIECE, max_size=4).map(" ".join), max_size=4), TEXT, st.sampled_from(["note", "closed"]))
def test_whatever_people_write_a_draft_has_no_fault_and_changes_nothing_unasked(texts, name, kind):
    alert = replace(ALERT, name=name or "x", labels=ALERT.labels | {"pod": name})
    incident = replace(INCIDENT, service=name.strip() or "x", alerts=(alert,), title=name)
    text = draft(life(*said(*texts, kind=kind), incident=incident, runs=[ran()]), SHIPPED)
    if text is not None:
        assert all(step.approval or reads(step) for step in only(text).steps)
