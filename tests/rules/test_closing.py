"""Which words close an incident as a false alarm, and what else they say."""

import pytest

from bot.domain.closing import false_alarm, nearly_a_false_alarm


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


@pytest.mark.parametrize(
    ("words", "nearly"),
    [
        ("flase alarm", True),
        ("fasle alarm: the probe was wrong", True),
        ("false alram", True),
        ("false, alarn", True),
        ("fals alarms", True),
        ("falsealarm", True),
        ("False-alarm the probe was wrong", True),
        ("false alert", True),
        ("false positive of the probe", True),
        ("false alarms hid it, rolled back", False),
        ("false alarm's cause put right", False),
        ("false alarm-rule removed", False),
        ("raised the alarm's threshold", False),
        ("fixed alarm", False),
        ("alarm", False),
        ("rolled back", False),
        ("", False),
    ],
)
def test_what_is_only_spelled_otherwise_is_nearly_one(words, nearly):
    assert nearly_a_false_alarm(words) is nearly
