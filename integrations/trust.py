"""Which certificate authorities a room trusts: the system's, certifi's, and the company's own (`EXTRA_CA_FILE`)."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from integrations.contract import Refused

_FIX = "EXTRA_CA_FILE must name a readable PEM file with one or more CA certificates"
_OPEN_FILES = "/proc/self/fd"
"""Holds a path for each file that the process has open."""


def context(source: str, ca_file: Path | None) -> ssl.SSLContext:
    """A client's TLS context for the room `source`. Raises Refused when the extra file cannot be used."""
    import certifi

    trusted = ssl.create_default_context()
    trusted.load_verify_locations(certifi.where())
    if ca_file is not None:
        try:
            trusted.load_verify_locations(ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise Refused(source, f"cannot read the CA file {ca_file.name}", _FIX) from error
    return trusted


@contextmanager
def bundle(source: str, ca_file: Path) -> Iterator[str]:
    """A path to certifi's authorities and those of `ca_file` in one PEM, for clients that take only a path.

    It holds until the end of the block. Raises Refused when the file cannot be used.
    """
    import certifi

    context(source, ca_file)
    pem = Path(certifi.where()).read_bytes() + b"\n" + ca_file.read_bytes()
    with _in_memory() or NamedTemporaryFile(prefix="first-responder-ca-", suffix=".pem") as file:
        file.write(pem)
        file.flush()
        yield file.name if isinstance(file.name, str) else f"{_OPEN_FILES}/{file.name}"


def _in_memory() -> IO[bytes] | None:
    """A file that a killed process cannot leave behind; None where the system has none, or they have no path."""
    if not (hasattr(os, "memfd_create") and Path(_OPEN_FILES).is_dir()):
        return None
    return os.fdopen(os.memfd_create("first-responder-ca"), "wb")
