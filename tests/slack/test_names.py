"""A channel's name keeps Slack's rules, whatever the service is called."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.names import LONGEST, channel_name, numbered, told_apart
from playground.slack import limits

AT = datetime(2026, 11, 21, 3, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("payment-service", "inc-payment-service-1121-0342"),
        ("Payment Service", "inc-payment-service-1121-0342"),
        ("acme/pay_api.v2", "inc-acme-pay_api-v2-1121-0342"),
        ("--x--", "inc-x-1121-0342"),
        ("Größe café", "inc-groe-cafe-1121-0342"),
        ("🔥🔥", "inc-service-1121-0342"),
        ("支付", "inc-service-1121-0342"),
        ("", "inc-service-1121-0342"),
        ("x" * 300, f"inc-{'x' * 62}-1121-0342"),
    ],
)
def test_a_service_becomes_a_name(service: str, name: str) -> None:
    assert channel_name(service, AT) == name


def test_the_time_is_told_in_utc() -> None:
    assert channel_name("a", AT.astimezone(timezone(timedelta(hours=5, minutes=30)))) == "inc-a-1121-0342"
    with pytest.raises(ValueError, match="time zone"):
        channel_name("a", AT.replace(tzinfo=None))


ODD = st.sampled_from(
    ["🔥", "支付", "الدفع", "\u202e", "\u200b", "İ", "ß", "ǅ", ".", "/", " ", "-", "_", "A" * 300, "\x00", "\ud800"]
)
SERVICES = st.one_of(st.text(max_size=400), st.lists(st.one_of(ODD, st.text(max_size=8))).map("".join))


@given(SERVICES, st.text(max_size=60))
@settings(max_examples=400, deadline=None)
def test_every_name_is_one_that_slack_takes(service: str, some_id: str) -> None:
    name = channel_name(service, AT)
    for one in (name, numbered(name, 999), told_apart(name, some_id), told_apart(numbered(name, 5), "INC-ABCDEFGHIJ")):
        assert limits.channel_name(one) == one
        assert re.fullmatch(r"inc-[a-z0-9_-]+", one)
        assert len(one) <= LONGEST


@given(st.sampled_from(["pay", "x" * 300, "", "支付"]), st.integers(0, 10**6), st.integers(0, 10**6))
def test_where_numbers_are_taken_two_incidents_still_have_two_names(service: str, one: int, other: int) -> None:
    name = channel_name(service, AT)
    names = {told_apart(name, f"INC-{number:010d}") for number in (one, other)}
    assert len(names) == (1 if one == other else 2)
