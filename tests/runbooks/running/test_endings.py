"""Nothing that a step started outlives it, however it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from tests.real.process import until
from tests.runbooks.running.bench import appears, folder_of, has_come, lives, named, parent_of, tidies, zombies_of

DEAF = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(600)
"""
DAEMON = """
import os, signal, sys, time
between = os.fork()
if between == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        open(sys.argv[1] + ".new", "w").write(str(os.getpid()))
        os.rename(sys.argv[1] + ".new", sys.argv[1])
        time.sleep(600)
    os._exit(0)
os.waitpid(between, 0)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
"""
TIDY = """
import os, signal, sys, time
def tidy(*_):
    time.sleep(0.1)
    open(sys.argv[2], "w").write("tidied")
    sys.exit(0)
signal.signal(signal.SIGTERM, tidy)
open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(600)
"""
BOMB = """
import os, sys, time
for _ in range(9):
    if os.fork() == 0:
        {apart}
time.sleep(600)
"""


LIMITS_S = 3.0, 10.0, 30.0
"""One after the other: where the machine stalls, a program has not come to anything within the first."""


@pytest.fixture
def sign(tmp_path):
    """Where a program writes its pid when it has come so far."""
    return tmp_path / "sign"


async def begun(bench, body, *arguments, sign, stop=None):
    """The step as a task, once its program runs; and the pid that it wrote."""
    bench.script("program", body)
    task = asyncio.create_task(bench.run("program", str(sign), *arguments, stop=stop))
    return task, int(await appears(sign))


async def test_at_its_limit_a_step_is_killed_even_if_it_does_not_listen(bench, sign):
    for limit in LIMITS_S:
        outcome = await bench.python(DEAF, str(sign), timeout_s=limit)
        assert outcome.result == "timeout"
        assert outcome.exit is None
        assert outcome.note == f"ended at its limit of {limit:g} s; if it needs longer, raise the step's `timeout`"
        if has_come(sign):
            break
    assert not lives(int(sign.read_text()))
    assert zombies_of(os.getpid()) == []


async def test_what_it_wrote_before_its_limit_is_kept(bench):
    for limit in (1.0, *LIMITS_S):
        outcome = await bench.python("import time; print('half', flush=True); time.sleep(600)", timeout_s=limit)
        assert outcome.result == "timeout"
        if outcome.output:
            break
    assert outcome.output == "half\n"


async def test_a_daemon_that_hid_in_a_session_of_its_own_is_found_at_the_limit(bench, sign):
    for limit in LIMITS_S:
        outcome = await bench.python(DAEMON + "time.sleep(600)", str(sign), timeout_s=limit)
        assert outcome.result == "timeout"
        if has_come(sign):
            break
    assert not lives(int(sign.read_text()))


async def test_a_daemon_does_not_go_on_after_its_step(bench, sign):
    outcome = await bench.python(DAEMON, str(sign))
    assert (outcome.result, outcome.exit) == ("done", 0)
    assert outcome.note == "1 of its processes went on in the background and were ended"
    assert not lives(int(sign.read_text()))


async def test_a_stop_ends_it_with_its_children(bench, sign):
    stop = asyncio.Event()
    task, pid = await begun(bench, DAEMON + "time.sleep(600)", sign=sign, stop=stop)
    stop.set()
    outcome = await task
    assert outcome.result == "stopped"
    assert "it may have done part of its work" in outcome.note
    assert not lives(pid)


async def test_it_is_asked_before_it_is_killed(bench, tmp_path):
    bench.script("program", TIDY)
    await tidies(bench, "program", tmp_path)


async def test_what_was_stopped_before_is_not_begun(bench, sign):
    stop = asyncio.Event()
    stop.set()
    outcome = await bench.python(DEAF, str(sign), stop=stop)
    assert outcome.result == "refused"
    assert not sign.exists()


async def test_being_cancelled_kills_it_before_the_cancellation_goes_on(bench, sign):
    task, pid = await begun(bench, DEAF, sign=sign)
    folder = folder_of(pid)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not lives(pid)
    assert not folder.exists()


async def test_closing_the_hands_ends_what_runs_and_begins_nothing(bench, sign):
    task, pid = await begun(bench, DEAF, sign=sign)
    await bench.hands.close()
    assert (await task).result == "stopped"
    assert not lives(pid)
    assert (await bench.run("true")).result == "refused"


@pytest.mark.parametrize("apart", ["pass", "os.setsid()"])
async def test_a_fork_bomb_is_ended_whole(bench, apart):
    outcome = await bench.python(BOMB.format(apart=apart), "bomb-of-this-test")
    assert outcome.result == "failed"
    assert outcome.note.startswith("ended because it started more than 256 processes")
    assert named("bomb-of-this-test") == []


async def test_a_keeper_that_is_killed_takes_the_program_with_it(bench, sign):
    task, pid = await begun(bench, DEAF, sign=sign)
    keeper = parent_of(pid)
    assert keeper != os.getpid()
    os.kill(keeper, signal.SIGKILL)
    outcome = await task
    assert outcome.result == "failed"
    assert "it may have done part of its work" in outcome.note
    until(lambda: not lives(pid), "end of the program")


def test_a_keeper_that_was_stopped_until_its_time_was_over_kills_all_the_same():
    """Each look at its clock is a minute after the one before. The program ends by itself, unless it is killed."""
    found = subprocess.run([sys.executable, "-c", STALLED], capture_output=True, timeout=120, check=False)
    assert (found.stdout, found.stderr) == (f"{-signal.SIGKILL}\n".encode(), b"")


STALLED = """
import itertools, os, time
from runbooks.running.keeper import Keeper

clock = itertools.count(0.0, 60.0)
keeper = Keeper({"sandboxed": False}, lambda: next(clock))
keeper.child = os.fork()
if keeper.child == 0:
    time.sleep(60)
    os._exit(0)
keeper.end(0.0)
while not keeper.reap():
    keeper.rest(0.1, control=False)
print(keeper.status)
"""


def test_a_bot_that_is_killed_leaves_neither_processes_nor_folders(bench, sign, tmp_path):
    daemon = tmp_path / "daemon"
    bench.script("daemon", DAEMON.replace("sys.argv[1]", "sys.argv[2]") + DEAF)
    bot = subprocess.Popen([sys.executable, "-c", BOT, str(bench.folder), "daemon", str(sign), str(daemon)])
    try:
        until(lambda: sign.exists() and sign.read_text() != "" and daemon.exists(), "step")
        pids = int(sign.read_text()), int(daemon.read_text())
        assert all(map(lives, pids))
        folder = folder_of(pids[0])
    finally:
        bot.kill()
        bot.wait()
    until(lambda: not any(map(lives, pids)), "end of the step")
    until(lambda: not folder.exists(), "end of its folder")


BOT = """
import asyncio, sys
from runbooks.prepared import Exec
from runbooks.running import HandsSettings, open_hands

folder, *argv = sys.argv[1:]
hands = open_hands(HandsSettings(programs=(argv[0],), environ={"PATH": folder}))
program = hands.program(argv[0])
asyncio.run(hands.perform(Exec(tuple(argv), program.path, program.digest, 600.0), asyncio.Event()))
"""


def test_the_bot_shuts_its_own_environment_to_what_it_starts():
    asks = "import ctypes; from runbooks.running import *; open_hands(HandsSettings());"
    found = subprocess.run([sys.executable, "-c", asks + "print(ctypes.CDLL(None).prctl(3))"], capture_output=True)
    assert found.stdout == b"0\n"
