"""`first-responder runbooks`: every fault by file and line, and each step as it would run."""

import pytest
from typer.testing import CliRunner

from bot.__main__ import app

BOOK = """id: back
title: Roll back
risk: high
parameters:
  - {name: service, description: name of the deployment}
  - {name: namespace, default: shop}
steps:
  - name: look
    action: exec
    command: find /var/log/{{service}} -name '*.gz'
    parse: {line: first_file}
  - name: keep it
    action: exec
    command: find /var/log/{{service}} -name {{first_file}} -delete
    approval: required
    verify: {command: df -h /var/log, wait: 5s}
  - name: if it is worth it
    action: conditional
    condition: "{{disk_percent}} > 90"
    then: [{action: exec, command: find /tmp -name x -delete}]
"""


@pytest.fixture
def bot(tmp_path, monkeypatch):
    """The command line in an empty folder, with nothing set but what is given."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "RUNBOOKS_DIR",
        "RUNBOOK_ALLOWED_PROGRAMS",
        "RUNBOOK_ALLOWED_HOSTS",
        "RUNBOOK_ENV",
        "AUTONOMY_PROFILE",
    ):
        monkeypatch.delenv(name, raising=False)

    def call(*args, **env):
        done = CliRunner().invoke(app, ["runbooks", *args], env={"APPROVERS": "U1,S2", **env})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return call


@pytest.fixture
def books(tmp_path):
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "back.yaml").write_text(BOOK)
    return folder


def test_a_good_folder_is_counted(bot, books):
    assert bot("lint", str(books)) == (0, "1 runbook, no fault\n")
    assert bot("lint", RUNBOOKS_DIR=str(books)) == (0, "1 runbook, no fault\n")


def test_every_fault_has_its_file_and_line(bot, books):
    (books / "bad.yaml").write_text("id: bad\nstesp: 1\nsteps:\n  - {action: exec, command: sh -c 'ls | wc'}\n")
    code, text = bot("lint", str(books))
    assert code == 1
    assert f"{books}/bad.yaml:2: unknown key `stesp`; did you mean `steps`?" in text
    assert f"{books}/bad.yaml:4: `sh` is a shell" in text
    assert "fault" in text.splitlines()[-1]


def test_lint_needs_no_program_to_be_installed_but_to_be_listed(bot, books):
    (books / "bad.yaml").write_text("id: a\nsteps: [{action: exec, command: helm list}]")
    assert "RUNBOOK_ALLOWED_PROGRAMS" in bot("lint", str(books))[1]
    assert bot("lint", str(books), RUNBOOK_ALLOWED_PROGRAMS="helm,df,find")[0] == 0


def test_the_library_that_comes_with_the_bot_has_no_fault_and_says_what_it_needs_here(bot):
    code, text = bot("lint")
    assert code == 0
    assert "runbooks, no fault" in text
    assert "before it can run here · dependency-down.yaml: " in text


def test_a_folder_that_is_none_is_a_fault(bot, tmp_path):
    assert bot("lint", str(tmp_path / "none"))[0] == 1


def test_each_step_is_shown_as_it_would_run(bot, books):
    given = ("--param", "service=api", "--param", "disk_percent=95", "--param", "first_file=a.gz")
    code, text = bot("dry-run", "back", "--dir", str(books), *given)
    assert code == 0
    assert "find /var/log/api -name '*.gz'" in text
    assert "runs unasked" in text
    assert "find /var/log/api -name a.gz -delete" in text
    assert "asks one of U1, S2 · risk high: the runbook asks for approval" in text
    assert "then checks after 5 s: df -h /var/log" in text
    assert text.endswith("nothing was run\n")


def test_what_an_earlier_step_leaves_is_no_reason_to_fail(bot, books):
    code, text = bot("dry-run", "back", "--dir", str(books), "--param", "service=api", "--param", "disk_percent=10")
    assert code == 0
    assert "known only then: first_file (step 1)" in text
    assert "left out: " in text


def test_what_nobody_gave_is_named_and_fails(bot, books):
    code, text = bot("dry-run", "back", "--dir", str(books), "--param", "service=api")
    assert code == 1
    assert "needs to know `disk_percent`: --param disk_percent=…" in text


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nothing",), "no runbook is called `nothing`; there are back"),
        (("back", "--param", "sevrice=api"), "`back` has no `sevrice`; it knows service, "),
        (("back", "--param", "service"), "write it as name=value"),
    ],
)
def test_what_cannot_be_is_said(bot, books, args, words):
    code, text = bot("dry-run", *args, "--dir", str(books))
    assert code == 1
    assert words in text


def test_a_value_that_does_not_fit_is_refused(bot, books):
    code, text = bot("dry-run", "back", "--dir", str(books), "--param", "service=$(id)", "--param", "disk_percent=95")
    assert code == 1
    assert "would be refused: `service` must be" in text


def test_a_profile_that_runs_nothing_says_so(bot, books):
    given = ("--param", "service=api", "--param", "disk_percent=95")
    assert "not in this house" in bot("dry-run", "back", "--dir", str(books), *given, AUTONOMY_PROFILE="observe")[1]
