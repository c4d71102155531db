"""What each sender's payload becomes, the good and the bad, and that nothing else than Malformed is ever raised."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.alertmanager import alerts as alertmanager
from integrations.contract import Malformed
from integrations.generic import alerts as generic
from integrations.grafana import alerts as grafana
from integrations.pagerduty import alerts as pagerduty

NOW = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)
PARSERS = {
    "alertmanager": alertmanager.parse,
    "grafana": grafana.parse,
    "pagerduty": pagerduty.parse,
    "generic": lambda payload: generic.parse(payload, NOW),
}


def am(*alerts, **more):
    return {"version": "4", "status": "firing", "receiver": "r", "groupKey": "{}", "alerts": list(alerts)} | more


def firing(**more):
    labels = {"alertname": "HighErrorRate", "service": "checkout", "severity": "critical"}
    entry = {"status": "firing", "labels": labels, "annotations": {"summary": "23 % errors"}, "fingerprint": "f1"}
    times = {"startsAt": "2026-11-21T03:40:00.123456789Z", "endsAt": "0001-01-01T00:00:00Z"}
    return entry | times | {"generatorURL": "http://prometheus:9090/graph?g0.expr=x"} | more


def test_an_alert_of_alertmanager_is_read_whole():
    (alert,) = alertmanager.parse(am(firing())).alerts

    assert (alert.source, alert.fingerprint, alert.name, alert.severity) == (
        "alertmanager",
        "f1",
        "HighErrorRate",
        "critical",
    )
    assert alert.starts_at == datetime(2026, 11, 21, 3, 40, 0, 123456, tzinfo=UTC)
    assert (alert.ends_at, alert.status, alert.summary) == (None, "firing", "23 % errors")
    assert alert.url.startswith("http://prometheus:9090")


def test_a_resolved_one_has_its_end():
    (alert,) = alertmanager.parse(am(firing(status="resolved", endsAt="2026-11-21T03:50:00+01:00"))).alerts
    assert alert.ends_at == datetime(2026, 11, 21, 2, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "check"),
    [
        ({"startsAt": "2026-11-21T03:40:00"}, lambda a: a.starts_at == datetime(2026, 11, 21, 3, 40, tzinfo=UTC)),
        ({"startsAt": "2999-01-01T00:00:00Z"}, lambda a: a.starts_at.year == 2999),
        ({"labels": {}}, lambda a: a.name == "alert without a name"),
        ({"labels": None, "annotations": None}, lambda a: a.labels == {}),
        ({"fingerprint": ""}, lambda a: len(a.fingerprint) == 16),
        ({"labels": {"alertname": "x\x00y\ud800"}}, lambda a: a.name == "x\ufffdy\ufffd"),
        ({"labels": {"alertname": "n", "big": "x" * 10_000}}, lambda a: len(a.labels["big"]) == 10_000),
        ({"labels": {"alertname": "n", "big": "x" * 100_000}}, lambda a: len(a.labels["big"]) == 16_384),
        (
            {"labels": {"alertname": "<!channel>", "n": 5, "b": True}},
            lambda a: a.labels["n"] == "5" and a.labels["b"] == "true",
        ),
        ({"generatorURL": "javascript:alert(1)"}, lambda a: a.url is None),
        ({"generatorURL": "http://h/a|b> \ud800\x00<c%20d"}, lambda a: a.url == "http://h/a%7Cb%3E%20%3Cc%20d"),
        ({"generatorURL": "http://h/" + "x" * 4000}, lambda a: a.url is None),
        ({"endsAt": "whenever"}, lambda a: a.ends_at is None),
    ],
)
def test_odd_alerts_are_kept(more, check):
    (alert,) = alertmanager.parse(am(firing(**more))).alerts
    assert check(alert)


@pytest.mark.parametrize(
    ("bad", "where"),
    [
        ({"startsAt": "yesterday"}, "alerts[0].startsAt"),
        ({"startsAt": "0001-01-01T00:00:00Z"}, "alerts[0].startsAt"),
        ({"startsAt": 5}, "alerts[0].startsAt"),
        ({"startsAt": "9999-12-31T23:59:59-12:00"}, "alerts[0].startsAt"),
        ({"status": "resolved", "endsAt": "whenever"}, "alerts[0].endsAt"),
        ({"status": "pending"}, "alerts[0].status"),
        ({"labels": []}, "alerts[0].labels"),
        ({"labels": {"a": {}}}, "alerts[0].labels.a"),
    ],
)
def test_a_bad_alert_is_named_by_its_path_and_the_good_ones_are_kept(bad, where):
    with pytest.raises(Malformed) as told:
        alertmanager.parse(am(firing(**bad)))
    assert where in str(told.value)

    delivery = alertmanager.parse(am(firing(**bad), firing()))
    assert (len(delivery.alerts), [r.where for r in delivery.rejected]) == (1, [where])


@pytest.mark.parametrize("parse", [alertmanager.parse, grafana.parse])
def test_what_the_sender_left_out_is_told(parse):
    (told,) = parse(am(firing(), truncatedAlerts=3)).rejected
    assert told.where == "truncatedAlerts"
    assert "left out by the sender: 3" in told.reason
    assert parse(am(firing(), truncatedAlerts=0)).rejected == ()


def test_a_delivery_of_very_many_is_bounded_and_says_so():
    bad = alertmanager.parse(am(firing(), *[1] * 300)).rejected
    assert (len(bad), bad[-1].reason) == (101, "200 more could not be read")
    many = alertmanager.parse(am(*[firing()] * 5_001))
    assert len(many.alerts) == 5_000
    assert many.rejected[0].reason.startswith("1 more were not looked at")


@pytest.mark.parametrize("version", ["3", [], {}, json.loads("[" * 900 + "]" * 900)])
def test_another_version_is_refused(version):
    with pytest.raises(Malformed, match="version"):
        alertmanager.parse(am(firing()) | {"version": version})


def test_grafana_without_a_service_label_keeps_its_name_values_and_best_link():
    entry = firing(labels={"alertname": "Memory", "team": "blue"}, values={"B": 44.2, "C": [1]}, panelURL="https://g/p")
    (alert,) = grafana.parse({"alerts": [entry], "version": "1"}).alerts

    assert (alert.name, alert.url) == ("Memory", "https://g/p")
    assert alert.annotations["value B"] == "44.2"
    assert "value C" not in alert.annotations


def event(kind="incident.triggered", **data):
    incident = {"id": "PX1", "type": "incident", "title": "API is down", "created_at": "2026-11-21T03:40:00Z"}
    incident |= {"service": {"summary": "API"}, "priority": {"summary": "P1"}, "urgency": "high", "incident_key": "k"}
    return {"event": {"event_type": kind, "occurred_at": "2026-11-21T03:41:00Z", "data": incident | data}}


def note(content):
    """As PagerDuty's documentation has it: of the incident only a reference."""
    incident = {"id": "PX1", "type": "incident_reference", "html_url": "https://acme.pagerduty.com/incidents/PX1"}
    made = event("incident.annotated", incident=incident, content=content, trimmed=False, type="incident_note", id="N1")
    made["event"]["data"].pop("incident_key")
    return made


def did(kind, **data):
    made = event(f"incident.{kind}", **data)
    made["event"] |= {"id": "E1", "agent": {"id": "P1", "type": "user_reference", "summary": "Dana Demir"}}
    return pagerduty.parse(made)


@pytest.mark.parametrize(
    ("kind", "told"),
    [("acknowledged", "acknowledged"), ("unacknowledged", "unacknowledged"), ("resolved", "resolved"),
     ("escalated", "escalated"), ("reassigned", "reassigned"), ("delegated", "reassigned")],
)  # fmt: skip
def test_what_people_do_in_pagerduty_comes_with_who_did_it(kind, told):
    delivery = did(kind, assignees=[{"summary": "Ben Best"}, {"summary": "Ann"}], html_url="https://pd.example/PX1")
    (act,) = delivery.acts
    assert (act.id, act.source, act.fingerprint, act.kind, act.who) == ("E1", "pagerduty", "PX1", told, "Dana Demir")
    assert act.at == datetime(2026, 11, 21, 3, 41, tzinfo=UTC)
    assert act.url == "https://pd.example/PX1"
    assert act.text == ("to Ben Best, Ann" if told in ("escalated", "reassigned") else "")
    assert len(delivery.alerts) == (kind == "resolved")


def test_a_note_of_pagerduty_comes_with_its_words_and_the_incident_it_is_of():
    (act,) = pagerduty.parse(note("I restarted it")).acts
    assert (act.fingerprint, act.kind, act.text, act.who) == ("PX1", "note", "I restarted it", "")


@pytest.mark.parametrize("bad", [{"data": None}, {"occurred_at": "yesterday"}, {"data": {"id": ""}}])
def test_an_act_that_cannot_be_read_is_refused_with_its_field_but_a_resolution_still_resolves(bad):
    made = event("incident.acknowledged")
    made["event"] |= bad
    with pytest.raises(Malformed, match="event\\."):
        pagerduty.parse(made)
    resolved = event("incident.resolved")
    resolved["event"]["agent"] = 7
    assert pagerduty.parse(resolved).alerts


def test_pagerduty_is_keyed_by_incident_and_creation():
    (alert,) = pagerduty.parse(event()).alerts
    (resolved,) = pagerduty.parse(event("incident.resolved")).alerts
    (again,) = pagerduty.parse(event("incident.reopened")).alerts

    assert len({(a.fingerprint, a.starts_at) for a in (alert, resolved, again)}) == 1
    assert (alert.labels, alert.severity, alert.status) == ({"service": "API"}, "P1", "firing")
    assert resolved.ends_at == again.reopened_at == datetime(2026, 11, 21, 3, 41, tzinfo=UTC)
    assert pagerduty.parse(event(priority=None)).alerts[0].severity == "high"


@pytest.mark.parametrize(
    "payload",
    [
        event("incident.priority_updated"),
        event(incident_key="first-responder:INC-1"),
        event("incident.acknowledged", incident_key="first-responder:INC-1"),
        note("[INC-ABCDEFGHIJ #3] U0DANA in Slack, noted: the pool"),
    ],
)
def test_what_is_not_for_us_is_ignored_with_a_reason(payload):
    delivery = pagerduty.parse(payload)
    assert (delivery.alerts, bool(delivery.ignored)) == ((), True)


def test_a_signature_holds_for_the_raw_body_and_while_a_secret_is_rotated():
    def sign(body, secret):
        return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()

    good = sign(b"body", "s")
    assert pagerduty.verify(b"body", good, "s")
    assert pagerduty.verify(b"body", f"{sign(b'body', 'old')}, {good}", "s")
    assert not pagerduty.verify(b"body2", good, "s")
    assert not pagerduty.verify(b"body", sign(b"body", "old"), "s")
    for header in ("", "v1=", "v2=" + good[3:], good.removeprefix("v1="), "v1=é"):
        assert not pagerduty.verify(b"body", header, "s")


def test_our_own_form_needs_a_title_only():
    (alert,) = generic.parse({"title": "Checkout is slow", "service": "checkout"}, NOW).alerts
    assert (alert.starts_at, alert.dated, alert.labels) == (NOW, False, {"service": "checkout"})
    (same,) = generic.parse([{"name": "Checkout is slow", "service": "checkout", "status": "resolved"}], NOW).alerts
    assert same.fingerprint == alert.fingerprint
    told = {"title": "t", "environment": "prod", "message": "m", "fingerprint": "x", "startsAt": "2026-11-21T03:00Z"}
    (alike,) = generic.parse(told, NOW).alerts
    assert (alike.labels, alike.summary, alike.fingerprint, alike.dated) == ({"env": "prod"}, "m", "x", True)
    (other,) = generic.parse({"alerts": [{"title": "Checkout is slow", "service": "billing"}]}, NOW).alerts
    assert other.fingerprint != alert.fingerprint


@pytest.mark.parametrize(
    "payload",
    [{}, [], "x", 1, None, {"alerts": [{}]}, {"title": " "}, {"title": {}}, {"title": "x", "status": "broken"}],
)
def test_our_own_form_says_what_is_missing(payload):
    if payload == []:
        assert generic.parse(payload, NOW).alerts == ()
        return
    with pytest.raises(Malformed):
        generic.parse(payload, NOW)


def test_what_is_told_of_a_bad_payload_can_be_sent():
    odd = "\ud800\x00"
    (rejected,) = alertmanager.parse(am(firing(), firing(labels={odd: {}}))).rejected
    rejected.where.encode()
    pagerduty.parse(event(odd)).ignored.encode()
    with pytest.raises(Malformed) as told:
        generic.parse({"title": "t", "status": odd, "starts_at": odd}, NOW)
    told.value.reason.encode()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_WORDS = ["firing", "resolved", "incident.triggered", "http://h/\x00\ud800", "\ud800", "0001-01-01T00:00:00+14:00"]
_KEYS = [
    "status",
    "labels",
    "annotations",
    "startsAt",
    "endsAt",
    "fingerprint",
    "values",
    "title",
    "data",
    "event_type",
    "generatorURL",
    "url",
]
_ENTRY = st.dictionaries(st.sampled_from(_KEYS), _JSON | st.sampled_from(_WORDS))


@pytest.mark.parametrize("sender", PARSERS)
@given(entries=st.lists(_ENTRY | st.just(firing()), max_size=3), loose=_JSON)
@settings(max_examples=60, deadline=None)
def test_any_json_is_read_or_refused_and_what_is_kept_can_be_stored(sender, entries, loose):
    for payload in (loose, {"alerts": entries}, {"event": entries[0]} if entries else loose):
        try:
            delivery = PARSERS[sender](payload)
        except Malformed:
            continue
        for alert in delivery.alerts:
            assert alert.starts_at.tzinfo is UTC
            stored = json.dumps(
                [
                    alert.name,
                    alert.fingerprint,
                    alert.url,
                    alert.summary,
                    alert.severity,
                    dict(alert.labels),
                    dict(alert.annotations),
                ],
                ensure_ascii=False,
            )
            stored.encode()
            assert "\\u0000" not in json.dumps(stored)
