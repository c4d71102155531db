"""What a wrong setting is told: its name and what it takes, in a line, and never its value."""

import pytest

from bot.settings import SettingsError, load


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("STORM_THRESHOLD", "many", "takes a whole number"),
        ("STORM_THRESHOLD", "1.5", "takes a whole number"),
        ("REOPEN_WINDOW_S", "-5", "takes 0 or more"),
        ("HTTP_PORT", "70000", "takes 65535 or less"),
        ("SOURCE_TIMEOUT_S", "soon", "takes a number"),
        ("SOURCE_TIMEOUT_S", "0", "takes more than 0"),
        ("APPROVAL_TIMEOUT_S", "inf", "takes a number"),
        ("BUDGET_DAY", "cheap", "takes a number"),
        ("BUDGET_DAY", "nan", "takes a number"),
        ("AUTO_RESOLVE", "perhaps", "takes true or false"),
        ("RUNBOOK_SANDBOX", "box", "takes 'none' or 'bwrap'"),
    ],
)
def test_a_wrong_setting_is_told_what_it_takes(monkeypatch, tmp_path, name, value, told):
    monkeypatch.chdir(tmp_path)  # where no .env is
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as wrong:
        load()
    assert str(wrong.value) == f"{name}: {told}"


def test_each_wrong_setting_has_a_line(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORM_THRESHOLD", "many")
    monkeypatch.setenv("AUTO_RESOLVE", "perhaps")
    with pytest.raises(SettingsError) as wrong:
        load()
    assert len(str(wrong.value).splitlines()) == 2
