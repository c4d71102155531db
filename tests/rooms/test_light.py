"""Opening a room loads nothing heavy, nor does knowing its tools: what it needs is loaded by its first look."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("room", "settings", "heavy"),
    [
        ("prometheus", "url='http://p'", "prometheus_api_client promql_parser requests urllib3"),
        ("elasticsearch", "url='http://e'", "elasticsearch elastic_transport aiohttp"),
        ("github", "token='t'", "github requests urllib3"),
        ("pagerduty", "api_key='k'", "pagerduty httpx2"),
        ("chromadb", "", "chromadb numpy onnxruntime httpx"),
    ],
)
def test_open_is_light(room, settings, heavy):
    program = f"""
import sys
from integrations import {room} as room
specs = [tool.spec for tool in room.open(room.Settings({settings})).tools]
assert specs
print(*(name for name in {heavy.split()!r} if name in sys.modules))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
