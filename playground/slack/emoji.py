"""The emoji that this Slack knows: one table for the server and the page."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

_FILE = Path(__file__).parent / "static" / "emoji.json"
_SKIN = re.compile(r"::skin-tone-[2-6]$")


@functools.cache
def table() -> dict[str, str]:
    """Short name → Unicode."""
    loaded: dict[str, str] = json.loads(_FILE.read_text(encoding="utf-8"))
    return loaded


def known(name: str) -> bool:
    """Whether a reaction can have this name (without colons; a skin tone may follow)."""
    return _SKIN.sub("", name) in table()
