"""A table of lines without any secret: ordinary lines of many systems, and ids, hashes and images in many dressings.

Written before anything was tuned to it. `ordinary.txt` holds the lines as systems write them.
"""

from __future__ import annotations

import base64
import hashlib
import random
import uuid
from pathlib import Path

_DICE = random.Random(4711)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DRESSINGS = (
    "{}",
    "id={}",
    '{{"id":"{}","ok":true}}',
    "request_id: {}",
    "GET /orders/{} 200 12ms",
    "Error: no such object {}\n    at find (orders.js:42:7)",
)


def _bytes(count: int) -> bytes:
    return _DICE.randbytes(count)


def _image() -> str:
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + _bytes(120)).decode()


_IDS = {
    "uuid": lambda: str(uuid.UUID(bytes=_bytes(16), version=4)),
    "uuid without dashes": lambda: uuid.UUID(bytes=_bytes(16)).hex,
    "md5": lambda: hashlib.md5(_bytes(8), usedforsecurity=False).hexdigest(),
    "sha1": lambda: hashlib.sha1(_bytes(8), usedforsecurity=False).hexdigest(),
    "sha256": lambda: "sha256:" + hashlib.sha256(_bytes(8)).hexdigest(),
    "sha512": lambda: "sha512-" + base64.b64encode(hashlib.sha512(_bytes(8)).digest()).decode(),
    "trace id": lambda: f"00-{_bytes(16).hex()}-{_bytes(8).hex()}-01",
    "object id": lambda: _bytes(12).hex(),
    "ulid": lambda: "01" + "".join(_DICE.choice(_CROCKFORD) for _ in range(24)),
    "snowflake": lambda: str(_DICE.randrange(10**17, 10**18)),
    "short commit": lambda: _bytes(4).hex()[:7],
    "image": _image,
    "base64 of bytes": lambda: base64.b64encode(_bytes(48)).decode(),
    "pod": lambda: f"payment-service-{_bytes(5).hex()}-x{_bytes(2).hex()}",
}

ORDINARY = tuple(Path(__file__).with_name("ordinary.txt").read_text(encoding="utf-8").splitlines())
IDS = tuple(dressing.format(make()) for make in _IDS.values() for dressing in _DRESSINGS)
HARMLESS = (*ORDINARY, *IDS)
