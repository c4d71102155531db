"""`python -m bot.looking`: the process that looks. It is started by the bot, never by hand."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import signal
import sys
from typing import BinaryIO

NICENESS = 5
"""Webhooks and stories come first where cores are short: about three times as much of them as looks get."""
_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Answers until nobody asks any more, which is also how it learns that the bot is gone."""
    for meant_for_the_bot in (signal.SIGINT, signal.SIGTERM):  # which ends us once what is in hand is finished
        signal.signal(meant_for_the_bot, signal.SIG_IGN)
    _end_with_the_bot()
    os.nice(NICENESS)
    answers = _for_answers_alone()

    gc.disable()  # what loads is no garbage; on again once the clients of the sources are there too
    from bot import logs
    from bot.looking.answering import answer_all
    from bot.settings import load
    from runbooks.hidden import hide_environment

    hide_environment()
    settings = load()
    logs.configure(settings.log_level)
    asyncio.run(answer_all(settings, sys.stdin.buffer, answers))
    os._exit(0)  # a client's thread that hangs on a server must not hold up the exit


def _end_with_the_bot() -> None:
    """Also while we still load what looking needs, where we do not read yet that nobody asks any more (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _for_answers_alone() -> BinaryIO:
    """Our output; what a library may print goes to standard error instead."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


if __name__ == "__main__":
    main()
