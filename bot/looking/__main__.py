"""`python -m bot.looking`: the process that looks. It is started by the bot, never by hand."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import BinaryIO

NICENESS = 5
"""Webhooks and stories come first where cores are short: about three times as much of them as looks get."""


def main() -> None:
    """Answers until nobody asks any more, which is also how it learns that the bot is gone."""
    for meant_for_the_bot in (signal.SIGINT, signal.SIGTERM):  # which ends us once what is in hand is finished
        signal.signal(meant_for_the_bot, signal.SIG_IGN)
    os.nice(NICENESS)
    answers = _for_answers_alone()

    from bot import logs
    from bot.looking.answering import answer_all
    from bot.settings import load
    from runbooks.hidden import hide_environment

    hide_environment()
    settings = load()
    logs.configure(settings.log_level)
    asyncio.run(answer_all(settings, sys.stdin.buffer, answers))
    os._exit(0)  # a client's thread that hangs on a server must not hold up the exit


def _for_answers_alone() -> BinaryIO:
    """Our output; what a library may print goes to standard error instead."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


if __name__ == "__main__":
    main()
