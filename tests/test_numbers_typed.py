"""A number that a command cannot take is refused in a sentence that names its option and says what it takes."""

import pytest
from typer.testing import CliRunner

from bot.__main__ import app


def told(*words):
    done = CliRunner().invoke(app, words, env={"COLUMNS": "200", "TERMINAL_WIDTH": "200"})
    return done.exit_code, " ".join(done.output.replace("│", " ").split())


@pytest.mark.parametrize("value", ["x", "0", "1.5", "-1", "3661", "²", "1" * 5_000])
@pytest.mark.parametrize("command", ["spend", "learn"])
def test_days_that_are_none(monkeypatch, tmp_path, command, value):
    monkeypatch.chdir(tmp_path)
    code, said = told(command, f"--days={value}")
    assert code == 2
    assert "'--days': takes a whole number of days, 1 to 3660" in said


@pytest.mark.parametrize("value", ["x", "nan", "inf", "-inf"])
def test_dollars_that_are_none(monkeypatch, tmp_path, value):
    monkeypatch.chdir(tmp_path)
    code, said = told("replay", str(tmp_path), "--model", f"--most-dollars={value}")
    assert (code, said) == (1, f"first-responder: --most-dollars: an amount such as 1.00, not {value}")
