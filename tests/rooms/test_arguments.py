"""What a model gives is read at the door: used as it was meant, or refused with what to give instead."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.arguments import Arguments, one_of, spec, text, whole
from integrations.contract import Alert, Refused, Scope, Service, Window

NOW = datetime(2026, 3, 3, 3, 42, tzinfo=UTC)
TOLD = spec(
    "look_up", "Looks.", service=text("Whose."), minutes=whole("How far."), level=one_of(("", "error"), "Which.")
)
GIVEN = {"service": "cart", "minutes": 5, "level": ""}


def scope(*names):
    services = {name: Service(name) for name in names or ("cart", "stock")}
    alert = Alert("test", "f", "X", "firing", NOW)
    return Scope("INC-1", "prod", (alert,), services, Window(NOW - timedelta(hours=1), NOW))


def arguments(at=None, **given):
    return Arguments("room", TOLD, GIVEN | given, at or scope())


def test_a_spec_is_strict():
    assert TOLD.parameters == {
        "type": "object",
        "properties": {
            "service": {"type": "string", "description": "Whose."},
            "minutes": {"type": "integer", "description": "How far."},
            "level": {"type": "string", "enum": ["", "error"], "description": "Which."},
        },
        "required": ["service", "minutes", "level"],
        "additionalProperties": False,
    }


def test_what_can_be_used():
    given = arguments(service=" cart ", minutes=30.0, level="error")
    assert given.service() == Service("cart")
    assert given.whole("minutes", 0, 60) == 30
    assert given.choice("level", ("", "error")) == "error"
    assert [one.name for one in arguments(service="").services()] == ["cart", "stock"]


def test_a_refusal_offers_as_many_services_as_fit():
    many = [f"service-{n}-{'x' * 30}" for n in range(40)]
    with pytest.raises(Refused) as refused:
        arguments(scope(*many), service="other").service()
    assert refused.value.reason.endswith(" or one of 38 more")
    assert len(refused.value.reason) < 240


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(), inner, max_size=3), max_leaves=4
)  # fmt: skip


@settings(deadline=None)
@given(service=ANYTHING, minutes=ANYTHING, level=ANYTHING, name=st.text())
def test_whatever_is_given_is_used_or_refused_on_one_short_line(service, minutes, level, name):
    try:
        given = Arguments("room", TOLD, {"service": service, "minutes": minutes, "level": level}, scope())
        assert given.service().name in ("cart", "stock")
        assert 0 <= given.whole("minutes", 0, 60) <= 60
        assert given.choice("level", ("", "error")) in ("", "error")
    except Refused as refused:
        assert refused.source == "room"
        assert "\n" not in refused.reason
        assert len(refused.reason) < 240
        refused.reason.encode()
    if name not in GIVEN:
        with pytest.raises(Refused):
            Arguments("room", TOLD, GIVEN | {name: 1}, scope())
