"""A second look after our own patterns: those detectors of detect-secrets that know what ours do not.

Most of its detectors find nothing that ours leave, and those that judge by entropy or by addresses mask ids
(`tests/guard/test_second_look.py` tells of each). Three are used; none is ever asked to verify a key, which would send
it somewhere. They are imported when a text first holds a name that they look for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Protocol

HINTS = ("clou", "cl_", "cl-", "softlayer", "sl_", "sl-", "ibm", "iam")
"""Without one of them in the lowered text nothing is looked at."""
_BEGINS = re.compile(
    r"(?<![a-z0-9])(?:(?:cloudant|clou|cl|softlayer|sl|(?:ibm[_-]?)?cloud[_-]?iam|ibm[_-]?cloud|ibm[_-]?iam|ibm|iam)"
    r"[_-]?(?:api)?[_-]?(?:key|pwd|pw|pass|token)|https?://api\.softlayer\.com/)",
    re.IGNORECASE,
)
_LONG = re.compile(r"[A-Za-z0-9_-]{24}")
"""As long as the shortest of their secrets."""
_AFTER = 200
"""Characters behind such a beginning that are looked at: their patterns take long over many spaces."""


class _Detector(Protocol):
    def analyze_string(self, string: str) -> Iterable[str]: ...


def second_look(text: str, lowered: str) -> str:
    """The text with all that these detectors find masked, line breaks kept. `lowered`: the same text in lower case."""
    if not any(hint in lowered for hint in HINTS):
        return text
    kept: list[str] = []
    at = 0
    for start, end, kind in sorted(set(_found(text))):
        if start >= at:
            kept += (text[at:start], f"[redacted: {kind}]")
            at = end
    return "".join((*kept, text[at:]))


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    """Where a secret begins and ends, and its kind."""
    for begin in _BEGINS.finditer(text):
        piece = text[begin.start() : begin.start() + _AFTER].partition("\n")[0]
        if not _LONG.search(piece):
            continue
        for kind, detector in _detectors():
            for secret in detector.analyze_string(piece):
                start = begin.start() + piece.index(secret)
                yield start, start + len(secret), kind


@cache
def _detectors() -> tuple[tuple[str, _Detector], ...]:
    from detect_secrets.plugins.cloudant import CloudantDetector
    from detect_secrets.plugins.ibm_cloud_iam import IbmCloudIamDetector
    from detect_secrets.plugins.softlayer import SoftlayerDetector

    return (
        ("cloudant key", CloudantDetector()),
        ("softlayer key", SoftlayerDetector()),
        ("ibm key", IbmCloudIamDetector()),
    )
