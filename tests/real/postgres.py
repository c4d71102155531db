"""A real PostgreSQL: one cluster a session, one template database, a fresh database a test."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
    with own_server() as server, _template(server.url):
        yield server.url


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


class Server:
    """One cluster, which can be stopped and started again with all that is in it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._log = folder, folder / "log"
        self._who = _somebody()
        self._binaries = Path(where("postgres")).parent
        self._port = 0
        self._argv = [str(self._binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
        quick = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"]
        self._argv += ["-h", "127.0.0.1", *(part for each in quick for part in ("-c", each))]
        self._running = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Once it was started."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    def make(self) -> None:
        """The cluster's files, before its first start."""
        if self._who:
            shutil.chown(self._folder, self._who["user"], self._who["group"])
        words = [*("-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"), "-D", str(self._folder / "data")]
        init = [str(self._binaries / "initdb"), *words]
        done = subprocess.run(init, capture_output=True, text=True, timeout=120, cwd=self._folder, **self._who)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Returns once it answers, at the same port each time."""
        self._port = self._port or _free_port()  # now: making its files takes seconds, and others look for ports too
        argv = [*self._argv, "-p", str(self._port)]
        process = self._running.enter_context(running(argv, self._log, cwd=self._folder, **self._who))
        self._process = process

        def answers() -> bool:
            alive(process, self._log)
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError:
                return False
            return True

        until(answers, "PostgreSQL")

    def stop(self) -> None:
        """At once: whoever is connected is thrown out."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
        self._running.close()


@contextmanager
def own_server() -> Iterator[Server]:
    """A cluster that only this test uses, started; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        server = Server(Path(name))
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()


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
