"""A real PostgreSQL: one cluster a session, one template database, a fresh database a test."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.real.process import alive, running, until
from tests.real.programs import where

TEMPLATE = f"first_responder_template_{os.getpid()}"
"""Ours alone: several workers may be handed the same cluster."""
_numbers = itertools.count(1)


@contextmanager
def cluster() -> Iterator[str]:
    """The address of a cluster whose `postgres` database takes `create database`, with the template in it."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        with _template(url):
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with _started(folder) as url, _template(url):
            yield url


@contextmanager
def fresh_database(url: str) -> Iterator[str]:
    """The address of a new, empty database of the cluster; it is dropped afterwards, whoever is still in it."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f'create database "{name}" template "{TEMPLATE}"')
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f'drop database if exists "{name}" with (force)')


@contextmanager
def _template(url: str) -> Iterator[None]:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f'create database "{TEMPLATE}"')
    try:
        yield
    finally:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f'drop database if exists "{TEMPLATE}"')


@contextmanager
def _started(folder: Path) -> Iterator[str]:
    binaries = Path(where("postgres")).parent
    data, log = folder / "data", folder / "log"
    who = _somebody()
    if who:
        shutil.chown(folder, who["user"], who["group"])
    init = [
        str(binaries / "initdb"),
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-N",
        "-E",
        "UTF8",
        "--locale=C",
    ]
    done = subprocess.run(init, capture_output=True, text=True, timeout=120, cwd=folder, **who)
    assert done.returncode == 0, done.stderr
    port = _free_port()
    argv = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder), "-h", "127.0.0.1"]
    quick = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"]
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    with running([*argv, *(part for each in quick for part in ("-c", each))], log, cwd=folder, **who) as process:

        def answers() -> bool:
            alive(process, log)
            try:
                psycopg.connect(url, connect_timeout=5).close()
            except psycopg.OperationalError:
                return False
            return True

        until(answers, "PostgreSQL")
        yield url


def _somebody() -> dict[str, Any]:
    """PostgreSQL does not run as root: then it runs as `postgres`, or as `nobody` where there is no such user."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    entry = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": ()}


def _free_port() -> int:
    """PostgreSQL cannot choose one itself. Another program may take it first; then its log says so."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
