"""Keeps a process's environment, and with it the bot's secrets, from other processes of the same user."""

from __future__ import annotations

import ctypes
import sys

_SET_DUMPABLE = 4  # linux/prctl.h


def hide_environment() -> None:
    """From now on `/proc/<pid>/environ` of this process can be read by root alone (Linux; elsewhere nothing happens).

    It has to be said again in each process: starting a program undoes it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
