"""The process between the bot and a step: it starts the program, and ends it with all its children.

A program of its own, started by path as `python -I -S keeper.py`; it imports nothing but the standard library. Its
standard input is a socket to the bot. One line of JSON comes in, the order; one goes out, what became of it. A byte
from the bot ends the step: `s` with a moment to tidy up, `k` at once. The end of the socket means that the bot is
gone, by `kill -9` too, and ends the step as well.

It is the reaper of every process below it (PR_SET_CHILD_SUBREAPER), so one that made a session of its own, or whose
parent died, is still found below it and ended. Linux only.
"""

# pathlib is slow to import, and this starts anew for every step.
# ruff: noqa: PTH123, PTH208
from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable
from typing import Any, NoReturn

CONTROL, ERRORS = 0, 2
TICK_S = 0.05
MOST_PROCESSES = 256
"""Below one step. RLIMIT_NPROC would count every process of the user, those of other containers too."""
MOST_FILE = 32 << 30
"""Bytes of one file; a heap dump must fit."""
GRACE_S = {"ended": 0.2, "timeout": 2.0, "stopped": 0.5, "orphaned": 0.5, "killed": 0.0, "crowd": 0.0}
"""Between SIGTERM and SIGKILL. A stop must take effect within 2 s everywhere, so it waits less than a limit does."""
_GIVE_UP_S = 5.0
"""For processes that cannot be killed, such as one that waits for a dead network drive."""
_LEAST_KILLS = 50
"""Before it gives up: a keeper that was stopped meanwhile finds its time over without having killed anything."""
_ASKED = {b"s": "stopped", b"k": "killed", b"": "orphaned"}
_PDEATHSIG, _NO_NEW_PRIVS, _CHILD_SUBREAPER = 1, 38, 36  # linux/prctl.h
_RESTORED = tuple(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})


class Keeper:
    """One step: its order, its process, and what has been seen of it."""

    def __init__(self, order: dict[str, Any], now: Callable[[], float] = time.monotonic) -> None:
        self.order = order
        self.now = now
        self.wake = _wake_on_children()
        self.usual = len(_running())
        self.began = self.now()
        self.status: int | None = None
        self.child = 0
        self.gone = False

    def tell(self) -> dict[str, Any]:
        """Runs the step to its end. What became of it, for the bot."""
        if refusal := self.start():
            return {"why": "refused", "errno": refusal, "seconds": 0.0}
        why = self.watch()
        # What bwrap runs ends with it: its processes may still be seen, and have not gone on.
        left = len(below(os.getpid())) if why == "ended" and not self.order["sandboxed"] else 0
        alive = self.end(GRACE_S[why])
        seconds = self.now() - self.began
        return {"why": why, "status": self.status, "seconds": seconds, "left": left, "alive": alive}

    def start(self) -> int:
        """0, or the errno that kept the program from starting."""
        reading, writing = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            become(self.order, writing)
        os.close(writing)
        with open(reading, "rb") as problem, open(os.devnull, "rb+", buffering=0) as nothing:
            os.dup2(nothing.fileno(), 1)  # from here on only the step holds the ends of the bot's pipes
            os.dup2(nothing.fileno(), ERRORS)
            said = problem.read()
        if said:
            os.waitpid(self.child, 0)
        return int(said or 0)

    def watch(self) -> str:
        """Why it is over: ended, timeout, stopped, killed, orphaned (the bot is gone) or crowd (too many processes)."""
        until = self.began + self.order["timeout_s"]
        while True:
            ready = self.rest(min(TICK_S, until - self.now()))
            self.reap()
            if self.status is not None:
                return "ended"
            if CONTROL in ready:
                return self.hear()
            if self.now() >= until:
                return "timeout"
            if len(_running()) - self.usual > MOST_PROCESSES and len(below(os.getpid())) > MOST_PROCESSES:
                return "crowd"

    def end(self, grace: float) -> int:
        """Ends whatever is left below: asks, waits, kills. How many could not be ended."""
        if grace and not self.reap():
            self.ask()
            self.linger(self.now() + grace)
        until, kills = self.now() + _GIVE_UP_S, 0
        while not self.reap():
            pids = below(os.getpid())
            if kills >= _LEAST_KILLS and self.now() > until:
                return len(pids)
            kill(pids)
            kills += 1
            self.rest(0.01, control=False)
        return 0

    def linger(self, until: float) -> None:
        """Waits for everything below to end by itself; a bot that is in a hurry, or gone, does not wait."""
        while not self.reap() and self.now() < until:
            if CONTROL in self.rest(0.02, control=not self.gone) and self.hear() != "stopped":
                return

    def ask(self) -> None:
        """SIGTERM for everything below; bwrap itself would take the rest with it before it could tidy up."""
        pids = below(os.getpid())
        spared = self.child if self.order["sandboxed"] and len(pids) > 1 else 0
        for pid in pids:
            if pid != spared:
                _signal(pid, signal.SIGTERM)
                _signal(pid, signal.SIGCONT)

    def hear(self) -> str:
        """What the bot asks for: stopped, killed, or orphaned when it is gone."""
        try:
            said = os.read(CONTROL, 1)
        except OSError:
            said = b""
        self.gone = not said
        return _ASKED.get(said, "killed")

    def reap(self) -> bool:
        """Takes the status of all that has ended. Whether nothing is left."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return False
                if pid == self.child:
                    self.status = os.waitstatus_to_exitcode(status)
        except ChildProcessError:
            return True

    def rest(self, seconds: float, *, control: bool = True) -> list[int]:
        """Waits for the bot, or for the end of a child."""
        ready, _, _ = select.select([self.wake, CONTROL] if control else [self.wake], [], [], max(0.0, seconds))
        if self.wake in ready:
            os.read(self.wake, 4096)
        return ready


def become(order: dict[str, Any], problem: int) -> NoReturn:
    """In the child: turns into the program. What keeps it from doing so goes to `problem` as a number."""
    try:
        os.setpgid(0, 0)
        _prctl(_PDEATHSIG, signal.SIGKILL)
        if not order["sandboxed"]:  # bwrap does this itself, and may need its own rights first
            # Without it a setuid program would belong to another user, and could not be ended.
            _prctl(_NO_NEW_PRIVS, 1)
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_FSIZE, MOST_FILE)
        for number in _RESTORED:
            signal.signal(number, signal.SIG_DFL)
        os.umask(0o077)
        os.chdir(order["folder"])
        os.dup2(os.open(os.devnull, os.O_RDONLY), CONTROL)
        _first_to_go()
        # A script's interpreter opens the descriptor once more; a binary is open by then and needs none.
        script = os.pread(order["program"], 2, 0) == b"#!"
        os.set_inheritable(order["program"], script or order["sandboxed"])
        os.execve(order["file"], order["argv"], order["env"])  # noqa: S606  # no shell is the point
    except OSError as error:
        os.write(problem, str(error.errno or errno.EINVAL).encode())
    finally:
        os._exit(127)


def below(pid: int) -> list[int]:
    """Every process below this one, the nearest first."""
    children: dict[int, list[int]] = {}
    for one in _running():
        children.setdefault(_parent(one), []).append(one)
    found = list(children.get(pid, ()))
    for one in found:
        found += children.get(one, ())
    return found


def kill(pids: list[int]) -> None:
    """Process groups first: each is killed as a whole, so nothing in it can fork on meanwhile."""
    ours = os.getpgid(0)
    for group in {_group(pid) for pid in pids} - {ours, 0}:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    for pid in pids:
        _signal(pid, signal.SIGKILL)


def _running() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _parent(pid: int) -> int:
    """0 for a process that has ended, also while it waits to be reaped."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            state, parent = stat.read().rpartition(b")")[2].split()[:2]
            return 0 if state == b"Z" else int(parent)
    except OSError:
        return 0  # it has ended meanwhile


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _limit(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (value, value))


def _first_to_go() -> None:
    """If memory runs out, the step is killed and not the bot."""
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("500")
    except OSError:
        return


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _wake_on_children() -> int:
    """A descriptor that can be read whenever a child has ended."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    return reading


def _order() -> dict[str, Any]:
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(CONTROL, 1 << 16)
        if not piece:
            os._exit(0)  # the bot is gone before anything was begun
        line += piece
    found: dict[str, Any] = json.loads(line)
    return found


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # only the bot ends a step, or the bot's own end
    order = _order()
    _prctl(_CHILD_SUBREAPER, 1)
    keeper = Keeper(order)
    told = keeper.tell()
    try:
        os.write(CONTROL, json.dumps(told).encode() + b"\n")
    except OSError:
        keeper.gone = True
    if keeper.gone:
        import shutil

        shutil.rmtree(order["place"], ignore_errors=True)


if __name__ == "__main__":
    main()
