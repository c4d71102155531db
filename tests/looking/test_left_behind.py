"""The process that looks does not outlive a bot that is killed, whatever it is doing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.looking.__main__ import NICENESS
from tests.real.process import until

BOT = """
import subprocess, sys, time
looking = subprocess.Popen([sys.executable, "-m", "bot.looking"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(looking.pid, flush=True)
time.sleep(600)
"""


def state(pid):
    """The letter that Linux gives it, and its niceness; None: it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], int(fields[16])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends when it reads that nobody asks any more")
def test_killed_while_it_stands_still_it_leaves_nothing_behind():
    with subprocess.Popen([sys.executable, "-c", BOT], stdout=subprocess.PIPE) as bot:
        pid = int(bot.stdout.readline())
        until(lambda: state(pid)[1] == os.nice(0) + NICENESS, "the process that looks")
        os.kill(pid, signal.SIGSTOP)
        bot.kill()
        until(lambda: (state(pid) or "Z")[0] == "Z", "its end")
