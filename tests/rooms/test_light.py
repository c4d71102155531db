"""Opening a room loads nothing heavy: what a room needs is loaded by its first look, in a thread."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("room", "settings", "heavy"),
    [
        ("github", "token='t'", "github requests urllib3"),
        ("pagerduty", "api_key='k'", "pagerduty httpx2"),
        ("chromadb", "", "chromadb numpy onnxruntime httpx"),
    ],
)
def test_open_is_light(room, settings, heavy):
    program = f"""
import sys
from integrations import {room} as room
room.open(room.Settings({settings}))
print(*(name for name in {heavy.split()!r} if name in sys.modules))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
