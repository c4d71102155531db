"""Which words close an incident as a false alarm, and what else they say."""

import pytest

from bot.domain.closing import false_alarm


@pytest.mark.parametrize(
    ("typed", "rest"),
    [
        ("false alarm", ""),
        ("  False  Alarm.  ", ""),
        ("FALSE ALARM: the probe was wrong", "the probe was wrong"),
        ("false alarm, the probe was wrong.", "the probe was wrong."),
        ("false alarm — the probe was wrong", "the probe was wrong"),
        ("false alarm the probe was wrong", "the probe was wrong"),
        ("false alarm\n(the probe)", "(the probe)"),
        ("false alarm `kubectl get pods` shows it", "`kubectl get pods` shows it"),
        ("false alarms hid it, rolled back", None),
        ("false alarm's cause put right", None),
        ("false alarm-rule removed", None),
        ("no false alarm: rolled back", None),
        ("rolled back", None),
        ("false", None),
        ("", None),
    ],
)
def test_the_first_words_say_it_as_whole_words(typed, rest):
    assert false_alarm(typed) == rest
