"""In the sandbox a step has no network and writes nowhere, unless it names what it needs."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from runbooks.running import sandbox_check
from tests.runbooks.running.bench import Bench, named, tidies
from tests.runbooks.running.test_endings import DAEMON, DEAF, TIDY

CALL = """
import socket, sys
try:
    print(socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30).recv(5).decode())
except OSError as error:
    sys.exit(type(error).__name__)
"""
WRITE = """
import sys
try:
    open(sys.argv[1], "w").write("written")
except OSError as error:
    sys.exit(error.strerror)
"""


@pytest.fixture
def boxed(make_bench) -> Bench:
    return make_bench(sandbox="bwrap")


@pytest.fixture
async def port():
    async def greet(_reader, writer):
        writer.write(b"hello")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        yield str(server.sockets[0].getsockname()[1])


@pytest.fixture
def elsewhere():
    """A folder that is not below /tmp, where the sandbox has its own."""
    folder = Path(f"/var/tmp/first-responder-test-{os.getpid()}")
    folder.mkdir()
    yield folder
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


@pytest.mark.needs("bwrap")
async def test_there_is_no_network_unless_it_is_needed(boxed, port):
    alone = await boxed.python(CALL, port)
    assert (alone.result, alone.errors) == ("failed", "ConnectionRefusedError\n")
    assert (await boxed.python(CALL, port, needs=("network",))).output == "hello\n"


@pytest.mark.needs("bwrap")
async def test_nothing_can_be_written_unless_it_is_needed(boxed, elsewhere):
    target = elsewhere / "file"
    alone = await boxed.python(WRITE, str(target))
    assert (alone.result, alone.errors) == ("failed", "Read-only file system\n")
    assert not target.exists()
    assert (await boxed.python(WRITE, str(target), needs=(str(elsewhere),))).result == "done"
    assert target.read_text() == "written"


@pytest.mark.needs("bwrap")
async def test_it_has_a_tmp_and_a_working_folder_of_its_own(boxed, tmp_path):
    (tmp_path / "of-the-host").write_text("")
    outcome = await boxed.python(
        "import os, sys; print(os.path.exists(sys.argv[1])); open('/tmp/x-of-this-test', 'w'); open('y', 'w');"
        " print(os.getcwd() == os.environ['HOME'], os.listdir())",
        str(tmp_path / "of-the-host"),
    )
    assert outcome.output == "False\nTrue ['y']\n"
    assert not Path("/tmp/x-of-this-test").exists()  # noqa: ASYNC240  # one look


@pytest.mark.needs("bwrap")
async def test_it_sees_no_process_of_the_host_and_has_no_rights_over_it(boxed):
    outcome = await boxed.python(
        "import os; print(max(int(name) for name in os.listdir('/proc') if name.isdigit()) < 10);"
        " print(*(line.split()[1] for line in open('/proc/self/status') if line.startswith(('CapEff', 'NoNew'))))"
    )
    assert outcome.output == "True\n" + "0" * 16 + " 1\n"


@pytest.mark.needs("bwrap")
async def test_exit_code_and_name_come_through(boxed):
    boxed.script("many", "import os, sys; print(os.path.basename(sys.argv[0]), *sys.argv[1:]); sys.exit(3)")
    (boxed.folder / "called").symlink_to("many")
    outcome = await boxed.run("called", "a b")
    assert (outcome.exit, outcome.output, outcome.note) == (3, "called a b\n", "")


@pytest.mark.needs("bwrap")
async def test_at_its_limit_everything_in_it_is_killed(boxed):
    outcome = await boxed.python(DAEMON + DEAF, "sign-of-this-test", timeout_s=1.5)
    assert outcome.result == "timeout"
    assert named("sign-of-this-test") == []


@pytest.mark.needs("bwrap")
async def test_what_runs_in_it_is_asked_before_it_is_killed(boxed, elsewhere):
    boxed.script("tidy", TIDY)
    await tidies(boxed, "tidy", elsewhere, needs=(str(elsewhere),))


@pytest.mark.needs("bwrap")
@pytest.mark.parametrize("need", ["net", "var/log", "/no/such/folder", "/", "/etc/passwd"])
async def test_what_cannot_be_opened_is_refused(boxed, need):
    outcome = await boxed.run("true", needs=(need,))
    assert outcome.result == "refused"
    assert "`needs` names" in outcome.note


@pytest.mark.needs("bwrap")
def test_a_sandbox_that_works_has_nothing_to_report(boxed):
    assert sandbox_check(boxed.settings) is None


async def test_without_bwrap_nothing_runs_and_the_fix_is_named(make_bench):
    bench = make_bench(sandbox="bwrap")
    bench.script("tool", "")
    bench.environ["PATH"] = str(bench.folder)
    told = (
        "RUNBOOK_SANDBOX=bwrap does not work here: bwrap is not installed; "
        "install the package bubblewrap, or set RUNBOOK_SANDBOX=none"
    )
    assert sandbox_check(bench.settings) == told
    outcome = await bench.run("tool")
    assert (outcome.result, outcome.note) == ("refused", told)


async def test_a_bwrap_that_may_not_make_namespaces_is_told_with_its_own_words(make_bench):
    bench = make_bench(sandbox="bwrap")
    bench.script("bwrap", "import sys; sys.exit('bwrap: No permissions to create new namespace')")
    outcome = await bench.run("true")
    assert outcome.result == "refused"
    assert "bwrap: No permissions to create new namespace" in outcome.note
    assert outcome.note.endswith("or set RUNBOOK_SANDBOX=none")


def test_where_no_sandbox_is_wanted_none_is_looked_for(bench):
    bench.environ["PATH"] = "/nowhere"
    assert sandbox_check(bench.settings) is None
