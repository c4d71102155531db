"""What a wrong setting is told: its name and what it takes, in a line, and never its value."""

import os
import subprocess
import sys
import traceback

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
        ("BUDGET_DAY", "1e30", "takes 3153600000 or less"),
        ("MEMORY_DAYS", "999999", "takes 36500 or less"),
        ("CLOSE_AFTER_S", "999999999999", "takes 3153600000 or less"),
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


@pytest.mark.parametrize(
    "name",
    [
        *("SLACK_API_URL", "PROMETHEUS_URL", "ELASTICSEARCH_URL", "KIBANA_URL", "GITHUB_API_URL", "PAGERDUTY_API_URL"),
        *("CHROMA_URL", "EMBEDDER_URL", "ANTHROPIC_BASE_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    ],
)
@pytest.mark.parametrize("value", ["http://[", "http://bot:pa55/word@host", "http://host:pa55"])
def test_an_address_that_cannot_be_taken_apart_is_refused_and_no_piece_of_it_told(monkeypatch, tmp_path, name, value):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as wrong:
        load()
    assert str(wrong.value).startswith(f"{name}: takes an address such as https://")
    assert "pa55" not in "".join(traceback.format_exception(wrong.value))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-s3cret", "SLACK_APP_TOKEN"),
        ("SLACK_APP_TOKEN", "xoxb-1-s3cret", "SLACK_BOT_TOKEN"),
        ("SLACK_APP_TOKEN", "xoxe.xoxb-1-s3cret", "SLACK_BOT_TOKEN"),
    ],
)
def test_of_swapped_tokens_it_is_said_where_each_belongs(monkeypatch, tmp_path, name, value, told):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as wrong:
        load()
    assert str(wrong.value).startswith(f"{name}: takes ")
    assert told in str(wrong.value)
    assert "s3cret" not in "".join(traceback.format_exception(wrong.value))


@pytest.mark.parametrize(
    "name",
    ["APPROVERS", "APPROVERS_LOW", "APPROVERS_MEDIUM", "APPROVERS_HIGH", "APPROVERS_CRITICAL", "EMERGENCY_APPROVERS"],
)
@pytest.mark.parametrize("value", ["@dana", "U0DANA,payments-oncall", "dana@example.com", "<@U0DANA>", "u0dana"])
def test_approvers_who_are_no_ids_are_refused_before_slack_is_asked(monkeypatch, tmp_path, name, value):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as wrong:
        load()
    assert str(wrong.value) == f"{name}: takes ids that Slack gives (U… a person, S… a user group) and oncall"


def test_ids_of_people_and_groups_and_whoever_is_on_call_can_approve(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("APPROVERS", "U0DANA, W0LEE,S0PAY,oncall")
    assert load().approvers == ("U0DANA", "W0LEE", "S0PAY", "oncall")


def test_each_wrong_setting_has_a_line(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORM_THRESHOLD", "many")
    monkeypatch.setenv("AUTO_RESOLVE", "perhaps")
    with pytest.raises(SettingsError) as wrong:
        load()
    assert len(str(wrong.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("EXTRA_CA_FILE", "nowhere.pem", "EXTRA_CA_FILE must name a readable PEM file"),
        ("HTTP_HOST", "no address", "HTTP_HOST and HTTP_PORT: nothing can be served there"),
    ],
)
def test_what_serve_cannot_start_with_is_a_sentence_that_names_the_setting(tmp_path, name, value, told):
    env = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "PATH": os.environ["PATH"], name: value}
    done = subprocess.run([sys.executable, "-m", "bot", "serve"], env=env, cwd=tmp_path, capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if line.startswith("first-responder: ")]
    assert (done.returncode, len(said)) == (1, 1), done.stderr
    assert told in said[0]
    assert "Traceback" not in done.stderr
