"""What a step's program finds when it starts, and what is made of what it leaves."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
from pathlib import Path

import pytest

from tests.runbooks.running.bench import Bench, appears

TELL = "import json, os, sys; print(json.dumps({}))"


async def told(bench: Bench, expression: str, *arguments: str, **deed):
    outcome = await bench.python(TELL.format(expression), *arguments, **deed)
    assert outcome.result == "done", outcome
    return json.loads(outcome.output)


async def test_every_argument_arrives_as_it_is_and_no_shell_reads_it(bench, tmp_path):
    arguments = ("a b", "'", '"', "; touch owned", "$(touch owned)", "`id`", "*", "line\nbreak", "", "-rf", "наук🚨")
    assert await told(bench, "sys.argv[1:]", *arguments) == list(arguments)
    assert not list(tmp_path.rglob("owned"))


async def test_the_environment_holds_what_is_named_and_nothing_else(make_bench):
    bench = make_bench(env=("KUBECONFIG", "NOT_SET"))
    bench.environ |= {"SLACK_BOT_TOKEN": "xoxb-secret", "KUBECONFIG": "/etc/kube", "LD_PRELOAD": "/evil.so"}
    found = await told(bench, "dict(os.environ)", env={"PGOPTIONS": "-c default_transaction_read_only=on"})
    assert {name for name in found if name != "LC_CTYPE"} == {
        *("PATH", "LANG", "HOME", "TMPDIR"),
        *("KUBECONFIG", "PGOPTIONS"),
    }
    assert found["LANG"] == "C.UTF-8"
    assert found["KUBECONFIG"] == "/etc/kube"


async def test_folders_of_the_path_that_depend_on_where_one_stands_are_left_out(bench):
    bench.environ["PATH"] = f".:{bench.folder}::relative:/usr/bin"
    assert await told(bench, "os.environ['PATH']") == f"{bench.folder}:/usr/bin"


async def test_a_step_has_nothing_to_read(bench):
    assert await told(bench, "sys.stdin.read()") == ""


async def test_no_descriptor_is_inherited(bench, tmp_path):
    with (tmp_path / "open").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        outcome = await bench.run("ls", "/proc/self/fd")
    # 3 is the folder that `ls` is reading.
    assert outcome.output.split() == ["0", "1", "2", "3"]


async def test_the_working_folder_is_its_own_and_is_removed_even_when_it_was_shut(bench):
    (bench.folder / "left").mkdir()
    found = await told(
        bench,
        "[os.getcwd(), os.environ['HOME'], os.environ['TMPDIR'], os.stat('.').st_mode, os.mkdir('d'),"
        " open('d/f', 'w').close(), os.chmod('d', 0o500), os.chmod('.', 0o500), os.umask(0)]",
    )
    folder, home, temporary, mode, *_, umask = found
    assert folder == home == temporary
    assert stat.S_IMODE(mode) == 0o700
    assert umask == 0o077
    assert not Path(folder).parent.exists()


async def test_it_has_a_session_and_a_group_of_its_own(bench):
    """So that a key pressed in the bot's terminal is not for it."""
    session, leads = await told(bench, "[os.getsid(0), os.getpgid(0) == os.getpid()]")
    assert session != os.getsid(0)
    assert leads


async def test_each_step_has_a_folder_of_its_own(bench):
    assert await told(bench, "os.getcwd()") != await told(bench, "os.getcwd()")


async def test_exit_code_output_and_errors_come_back(bench):
    outcome = await bench.python("import sys; print('so far'); print('no such table', file=sys.stderr); sys.exit(3)")
    assert (outcome.result, outcome.exit, outcome.output, outcome.errors) == (
        *("failed", 3),
        *("so far\n", "no such table\n"),
    )
    assert not outcome.ok
    assert 0 < outcome.seconds < 20


async def test_a_program_that_a_signal_ended_says_which(bench):
    outcome = await bench.python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert (outcome.result, outcome.exit) == ("failed", 128 + signal.SIGSEGV)
    assert outcome.note == "ended by SIGSEGV"


async def test_signals_mean_what_they_mean_in_a_shell(bench):
    """Python ignores SIGPIPE, and its children would too."""
    lines = (await bench.run("cat", "/proc/self/status")).output.splitlines()
    masks = [int(line.split()[1], 16) for line in lines if line.startswith(("SigBlk", "SigIgn"))]
    of_the_c_library = 1 << 31 | 1 << 32  # 32 and 33 are its own: no program can set them, and some leave them ignored
    assert [mask & ~of_the_c_library for mask in masks] == [0, 0]


async def test_ten_megabytes_are_read_and_one_is_kept(bench):
    outcome = await bench.python("import sys; sys.stdout.write('x' * 10_000_000); print('done', file=sys.stderr)")
    assert outcome.result == "done"
    assert outcome.cut
    assert outcome.output == "x" * (1 << 20)
    assert outcome.errors == "done\n"


async def test_a_flood_ends_by_the_limit(bench):
    outcome = await bench.run("yes")
    assert outcome.result == "failed"
    assert outcome.cut
    assert len(outcome.output) == 1 << 20
    assert outcome.note == "ended because it wrote more than 64 MiB; ask it for less"


async def test_bytes_that_are_no_text_become_text(bench):
    outcome = await bench.python(
        r"import sys; sys.stdout.buffer.write(b'\xff\xfe caf\xc3\xa9 \x00\x07 \x1b[31mred\x1b[0m')"
    )
    assert outcome.output == "\ufffd\ufffd café \ufffd\ufffd red"


async def test_a_secret_that_a_program_prints_does_not_come_back(make_bench):
    bench = make_bench(env=("PGPASSWORD", "PGHOST"))
    bench.environ |= {"PGPASSWORD": "hunter2-hunter2", "PGHOST": "db.internal"}
    outcome = await bench.python(
        'import os, sys; sys.exit(f\'{os.environ["PGPASSWORD"]} refused by {os.environ["PGHOST"]}\')'
    )
    assert outcome.errors == "{{env.PGPASSWORD}} refused by db.internal\n"


async def test_an_argument_that_the_system_does_not_take_is_refused(bench):
    outcome = await bench.run("echo", "x" * 1_000_000)
    assert outcome.result == "refused"
    assert "longer than the system takes" in outcome.note


@pytest.mark.parametrize("argument", ["a\0b", "\ud800"])
async def test_an_argument_that_no_call_could_carry_is_refused(bench, argument):
    outcome = await bench.run("echo", argument)
    assert outcome.result == "refused"
    assert outcome.note.endswith("mend the command")


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PATH", "PYTHONPATH", "BASH_ENV", "A=B", ""])
async def test_a_step_cannot_steer_what_a_program_loads(bench, name):
    outcome = await bench.run("true", env={name: "x"})
    assert outcome.result == "refused"
    assert "take it out of the runbook" in outcome.note


async def test_what_is_no_program_is_refused(bench):
    bench.script("text", "", first="nothing that a machine could run")
    outcome = await bench.run("text")
    assert outcome.result == "refused"
    assert "neither a program for this machine nor a script" in outcome.note


async def test_a_setuid_program_gains_nothing(bench):
    assert "NoNewPrivs:\t1" in (await bench.run("cat", "/proc/self/status")).output


async def test_it_leaves_no_core_and_is_the_first_to_go_when_memory_runs_out(bench):
    outcome = await bench.run("cat", "/proc/self/limits", "/proc/self/oom_score_adj")
    core = next(line for line in outcome.output.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
    assert outcome.output.splitlines()[-1] == "500"


async def test_steps_run_beside_each_other(bench, tmp_path):
    """Each waits for the other's sign, so one after the other would never end."""
    bench.script(
        "meet",
        "import pathlib, sys, time; ours, theirs = map(pathlib.Path, sys.argv[1:]); ours.write_text('here')\n"
        "while not theirs.exists(): time.sleep(0.01)",
    )
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    both = await asyncio.gather(bench.run("meet", one, two), bench.run("meet", two, one))
    assert [outcome.result for outcome in both] == ["done", "done"]
    assert await appears(tmp_path / "one") == "here"
