"""A channel's name keeps Slack's rules, whatever the service is called."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.names import LONGEST, channel_name, numbered

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


@given(st.text(max_size=400))
@settings(max_examples=300, deadline=None)
def test_every_name_is_one_that_slack_takes(service: str) -> None:
    for name in (channel_name(service, AT), numbered(channel_name(service, AT), 999)):
        assert re.fullmatch(r"inc-[a-z0-9_-]+", name)
        assert len(name) <= LONGEST
