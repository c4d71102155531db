"""What runs is what was approved: the very file, which nobody else could have changed."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess

import pytest

from runbooks.commands import NotAllowedError, Program
from runbooks.running.place import place
from runbooks.running.programs import open_approved
from tests.runbooks.running.bench import PYTHON

SAYS = "import sys; print({!r})"


def refusal(bench, name: str) -> str:
    with pytest.raises(NotAllowedError) as refused:
        bench.hands.program(name)
    return refused.value.reason


def test_a_program_is_its_real_path_and_the_digest_of_its_file(bench):
    real = bench.script("tool-1.2", SAYS.format("1.2"))
    (bench.folder / "tool").symlink_to("tool-1.2")
    found = bench.hands.program("tool")
    assert found == Program(str(real), hashlib.sha256(real.read_bytes()).hexdigest())


async def test_a_program_that_was_replaced_after_it_was_shown_does_not_run(bench, tmp_path):
    bench.script("tool", SAYS.format("good"))
    deed = bench.deed("tool")
    bench.script("other", f"open({str(tmp_path / 'ran')!r}, 'w')")
    (bench.folder / "other").rename(bench.folder / "tool")
    outcome = await bench.hands.perform(deed, asyncio.Event())
    assert outcome.result == "refused"
    assert "is not the file that was shown" in outcome.note
    assert not (tmp_path / "ran").exists()


async def test_a_program_that_was_changed_in_place_does_not_run(bench):
    path = bench.script("tool", SAYS.format("good"))
    deed = bench.deed("tool")
    path.write_text(path.read_text() + "print('and more')\n")
    assert (await bench.hands.perform(deed, asyncio.Event())).result == "refused"


async def test_a_link_that_leads_elsewhere_now_does_not_run(bench):
    bench.script("tool-1", SAYS.format("1"))
    bench.script("tool-2", SAYS.format("1"))
    link = bench.folder / "tool"
    link.symlink_to("tool-1")
    deed = bench.deed("tool")
    link.unlink()
    link.symlink_to("tool-2")
    outcome = await bench.hands.perform(deed, asyncio.Event())
    assert outcome.result == "refused"
    assert "tool-1 when it was shown" in outcome.note
    assert "tool-2 now" in outcome.note


def test_a_swap_between_the_check_and_the_start_changes_nothing(bench):
    """Once checked, it is started by its open descriptor, whatever stands at its path by then."""
    path = bench.script("tool", SAYS.format("checked"))
    handle = open_approved("tool", bench.hands.program("tool"), bench.settings)
    try:
        bench.script("other", SAYS.format("swapped")).rename(path)
        with place() as own:
            started = own.link("tool", handle)
            found = subprocess.run([str(started)], executable=started, pass_fds=[handle], capture_output=True)
    finally:
        os.close(handle)
    assert found.stdout == b"checked\n"


@pytest.mark.parametrize("name", ["one", "two"])
async def test_a_program_with_many_names_finds_the_one_that_it_was_called_by(bench, name):
    """As Debian's psql, pg_dump and others do, and busybox."""
    bench.script("many", "import os, sys; print(os.path.basename(sys.argv[0]))")
    (bench.folder / name).symlink_to("many")
    assert (await bench.run(name)).output == f"{name}\n"


async def test_a_script_finds_its_true_place_by_its_own_name(bench):
    path = bench.script("tool", "import os, sys; print(os.path.realpath(sys.argv[0]))")
    assert (await bench.run("tool")).output == f"{path}\n"


async def test_a_script_that_env_looks_up_runs(bench):
    (bench.folder / PYTHON.name).symlink_to(PYTHON)
    bench.script("tool", SAYS.format("found"), first=f"#!/usr/bin/env {PYTHON.name}")
    assert (await bench.run("tool")).output == "found\n"


def test_a_program_that_is_not_listed_is_refused(bench):
    assert refusal(bench, "sh") == "`sh` is not in RUNBOOK_ALLOWED_PROGRAMS; add it there, or take another program"


@pytest.mark.parametrize("name", ["", "/", ".", "./tool", "sub/tool", "/bin/sh/../tool"])
def test_only_a_name_or_its_whole_path_is_a_program(bench, name):
    bench.script("tool", "")
    assert "RUNBOOK_ALLOWED_PROGRAMS" in refusal(bench, name)


def test_a_listed_program_may_be_written_with_its_path(bench):
    path = bench.script("tool", "")
    assert bench.hands.program(str(path)) == bench.hands.program("tool")
    other = bench.folder.parent / "tool"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o700)
    assert "not in RUNBOOK_ALLOWED_PROGRAMS" in refusal(bench, str(other))


def test_a_program_that_is_listed_by_its_path_has_a_name_too(make_bench, tmp_path):
    path = tmp_path / "tool"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o700)
    assert make_bench(programs=(str(path),)).hands.program("tool").path == str(path)


def test_a_listed_program_that_is_not_installed_says_so(make_bench):
    assert "`kubectl-of-nobody` is not installed here" in refusal(
        make_bench(programs=("kubectl-of-nobody",)), "kubectl-of-nobody"
    )


@pytest.mark.parametrize(("mode", "who"), [(0o777, "everybody"), (0o702, "everybody")])
def test_a_program_that_others_may_write_to_is_refused(bench, mode, who):
    bench.script("tool", "").chmod(mode)
    reason = refusal(bench, "tool")
    assert f"can be changed by {who}" in reason
    assert reason.endswith("chmod go-w it")


if os.geteuid() == 0:  # nobody else can give a file away

    def test_a_program_that_is_another_user_s_is_refused(bench):
        path = bench.script("tool", "")
        os.chown(path, 4242, -1)
        assert "belongs to another user" in refusal(bench, "tool")
        os.chown(path, 0, 4242)
        path.chmod(0o770)
        assert "can be changed by its group" in refusal(bench, "tool")


def test_a_program_in_a_folder_that_others_may_write_to_is_refused(bench):
    bench.script("tool", "")
    bench.folder.chmod(0o777)
    assert f"{bench.folder} can be changed by everybody" in refusal(bench, "tool")


def test_so_is_one_that_only_a_link_in_such_a_folder_leads_to(make_bench, tmp_path):
    bench = make_bench()
    bench.script("tool", "")
    loose = tmp_path / "loose"
    loose.mkdir()
    loose.chmod(0o777)
    (loose / "tool").symlink_to(bench.folder / "tool")
    bench.environ["PATH"] = str(loose)
    assert f"{loose} can be changed by everybody" in refusal(bench, "tool")


def test_so_is_a_script_whose_interpreter_others_may_write_to(bench):
    loose = bench.folder.parent / "python"
    loose.write_text("#!/bin/sh\n")
    loose.chmod(0o777)
    bench.script("tool", "", first=f"#!{loose}")
    assert f"{loose} can be changed by everybody" in refusal(bench, "tool")


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ("#!python", "does not name its interpreter by a whole path"),
        ("#!/usr/bin/env python-of-nobody", "needs `python-of-nobody`, which is not on the bot's PATH"),
        ("#!/opt/nobody/python", "/opt/nobody/python cannot be looked at"),
    ],
)
def test_a_script_without_its_interpreter_is_refused(bench, first, reason):
    bench.script("tool", "", first=first)
    assert reason in refusal(bench, "tool")


def test_what_is_no_executable_file_is_refused(bench):
    (bench.folder / "folder").mkdir()
    (bench.folder / "text").write_text("text")
    (bench.folder / "round").symlink_to("round")
    os.mkfifo(bench.folder / "pipe", 0o700)
    for name in ("folder", "text", "round", "pipe"):
        assert refusal(bench, name)
