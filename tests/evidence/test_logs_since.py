"""A source that says from when it looked: silence before the first line is knowledge, not ignorance."""

from datetime import UTC, datetime, timedelta

from bot.evidence.log_patterns import growths
from integrations.contract import LogLine, Logs

ONSET = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)


def test_errors_that_begin_with_the_onset_have_grown_when_the_hour_before_was_looked_at():
    lines = tuple(
        LogLine(ONSET + timedelta(seconds=n), "checkout", "connection refused: gateway", "ERROR") for n in range(600)
    )
    until = (ONSET + timedelta(minutes=10)).timestamp()
    looked = Logs(lines, len(lines), since=ONSET - timedelta(hours=1))

    assert [g.pattern.count for g in growths(looked, ONSET.timestamp(), until)] == [600]
    assert growths(Logs(lines, len(lines)), ONSET.timestamp(), until) == ()
