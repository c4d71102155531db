"""Where text from outside stands in a prompt: fenced and labelled, so that it is data and never an instruction.

Pure. No text can close its fence or open another one: its angle brackets are written as entities, and what cannot be
seen is taken out. Secrets are not looked for here; that is done as text enters, and again at the door to the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.guard.unseen import without_unseen

LONGEST_LABEL = 64
_ENTITIES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\uff1c": "&lt;", "\uff1e": "&gt;", "\ufe64": "&lt;", "\ufe65": "&gt;"}
)
"""The wide and the small brackets too: a model may take them for what they look like."""
_NO_LABEL = re.compile(r"[^\w.:/ -]+")


def fence(number: int, source: str, text: str, *, tool: str = "") -> str:
    """The text as data number `number`, by which the answer cites it, of this source and tool."""
    by = f' tool="{_label(tool)}"' if tool else ""
    return f'<data id="{number:d}" source="{_label(source)}"{by}>\n{inert(text)}\n</data>'


def facts(lines: Iterable[str]) -> str:
    """The facts of the evidence engine, one a line, whatever stands in one."""
    told = "\n".join(" ".join(inert(line).split()) for line in lines)
    return f"<facts>\n{told}\n</facts>"


def team(text: str) -> str:
    """The team's own standing words; empty where there are none."""
    return f"<team>\n{inert(text)}\n</team>" if text.strip() else ""


def question(text: str) -> str:
    """What a person asks."""
    return f"<question>\n{inert(text)}\n</question>"


def earlier(pairs: Iterable[tuple[str, str]]) -> str:
    """What was asked and answered in this thread before, the oldest first; empty where nothing was."""
    told = "\n".join(
        f"<asked>\n{inert(asked)}\n</asked>\n<answered>\n{inert(answered)}\n</answered>" for asked, answered in pairs
    )
    return f"<earlier>\n{told}\n</earlier>" if told else ""


def inert(text: str) -> str:
    """The text as it may stand inside a fence."""
    return without_unseen(text).translate(_ENTITIES)


def _label(name: str) -> str:
    return " ".join(_NO_LABEL.sub("_", without_unseen(name)).split())[:LONGEST_LABEL] or "unknown"
