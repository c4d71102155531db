"""Every finding that a room can tell of: no secret in any of its texts survives, and nothing else in it changes."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.guard.redact import redact, redact_finding, redact_lines
from integrations.contract import (
    Change,
    Facts,
    Finding,
    History,
    LogLine,
    Logs,
    OnCall,
    OpenAlert,
    RunbookMatch,
    Series,
    Service,
    Similar,
)
from tests.guard.made import JWT, KEYS, PASSWORD, PLACES, pem

NOW = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)
TIMES = tuple(float(at) for at in range(500))
HOLDERS = {
    Series: lambda text: Series(text, "latency_p99", TIMES, TIMES, text, text, TIMES, text),
    Logs: lambda text: Logs((LogLine(NOW, "api", "fine"), LogLine(NOW, text, text, text, text)), 9, text, NOW),
    Change: lambda text: Change(
        text, "merge", NOW, text, text, text, text, ("a.py", text), (text,), ("pod-1", text), text
    ),
    Similar: lambda text: Similar("INC-1", NOW, text, text, text, text, 11.0, 0.5, text, text),
    History: lambda _text: History(17),
    RunbookMatch: lambda text: RunbookMatch("rollback", text, text, 0.9),
    OnCall: lambda text: OnCall(1, text, text, NOW, text),
    OpenAlert: lambda text: OpenAlert(text, text, text, NOW, "INC-2", "C1"),
    Facts: lambda text: Facts(
        Service(
            text,
            owner=text,
            tier=1,
            repo=text,
            namespace=text,
            dashboards={"Overview": text, text: "https://grafana.internal/d/1"},
            depends_on=("db", text),
            oncall=text,
            slack_group=text,
            metrics={"latency_p99": text},
        ),
        known=True,
    ),
}
"""Each type of finding with one text wherever it can hold one."""
PLANTED = [secret for _, secret in KEYS.values()] + [place.text() for place in PLACES]
SECRET_OF = {secret: secret for _, secret in KEYS.values()} | {
    place.text(): place.secret or PASSWORD for place in PLACES
}


def texts(value):
    """Every text within, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for pair in value.items():
            yield from texts(pair)
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from texts(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts(getattr(value, field.name))


def test_every_type_of_finding_is_held_here():
    assert set(HOLDERS) == set(get_args(Finding))


@given(
    kind=st.sampled_from(list(HOLDERS)),
    planted=st.sampled_from(PLANTED),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
    between=st.sampled_from([" ", "\n", "  ", "\t"]),
)
@settings(max_examples=400, deadline=None)
def test_a_planted_secret_survives_in_no_text_of_any_finding(kind, planted, before, after, between):
    told = redact_finding(HOLDERS[kind](f"{before}{between}{planted}{between}{after}"))
    assert type(told) is kind
    assert not [text for text in texts(told) if SECRET_OF[planted] in text]


@pytest.mark.parametrize("kind", HOLDERS)
def test_a_finding_without_a_secret_is_the_same_object(kind):
    finding = HOLDERS[kind]("password reset ok, token bucket empty, 9f1c2d3e4b5a69788796a5b4c3d2e1f001122334")
    assert redact_finding(finding) is finding


@pytest.mark.parametrize("kind", HOLDERS)
def test_only_texts_change(kind):
    """Numbers, times and words of the contract are the very same; masking twice changes nothing more."""
    finding = HOLDERS[kind](f"password={PASSWORD}")
    told = redact_finding(finding)
    for field in fields(finding):
        old, new = getattr(finding, field.name), getattr(told, field.name)
        assert new is old or list(texts(new)) != list(texts(old)), field.name
    assert redact_finding(told) == told


def test_a_value_is_masked_for_the_name_it_stands_under():
    service = Service("api", dashboards={"db_password": PASSWORD, "Overview": "https://grafana.internal/d/1"})
    told = redact_finding(Facts(service, known=True)).service.dashboards
    assert told == {"db_password": "[redacted: password]", "Overview": "https://grafana.internal/d/1"}


def test_a_key_over_many_log_lines_is_masked_in_each_of_them():
    body = pem(lines=60).split("\n")
    lines = tuple(LogLine(NOW, "api", message) for message in ["before", *body, "after"])
    told = redact_finding(Logs(lines, len(lines))).lines
    assert [line.message for line in told] == ["before", *["[redacted: private key]"] * len(body), "after"]
    assert (told[0] is lines[0], told[-1] is lines[-1]) == (True, True)


@given(
    lines=st.lists(
        st.sampled_from([*PLANTED, "", "health check ok", "GET / 200", pem(lines=2)]) | st.text(), max_size=120
    )
)
@settings(max_examples=60, deadline=None)
def test_lines_keep_their_number_and_their_order(lines):
    numbered = [f"{number} | {line}" for number, line in enumerate(lines)]
    told = redact_lines(numbered)
    assert [line.partition(" | ")[0] for line in told] == [str(number) for number in range(len(lines))]
    for line, was in zip(told, lines, strict=True):
        assert was not in SECRET_OF or SECRET_OF[was] not in line


@given(
    parts=st.lists(
        st.sampled_from(
            [*PLANTED, JWT, pem(lines=2), "[redacted: password]", "[redacted: x", "password", ": ", "=", '"']
        )
        | st.text(max_size=6),
        max_size=10,
    )
)
@settings(max_examples=300, deadline=None)
def test_masking_twice_masks_no_more(parts):
    once = redact("".join(parts))
    assert redact(once) == once
