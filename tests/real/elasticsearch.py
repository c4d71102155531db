"""A real Elasticsearch: one that runs already, or the minimal distribution, started on loopback for the session."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.real.process import alive, running, until

START_S = 90.0
USER = "nobody"
"""Who it runs as where we are root: it refuses to be root."""
OURS = "first-responder-"
"""How every index of the tests begins; the server that we start lets nobody see another."""

_CONFIG = """
discovery.type: single-node
network.host: 127.0.0.1
http.port: 0
transport.port: 0
xpack.security.enabled: true
xpack.security.autoconfiguration.enabled: false
xpack.security.authc.anonymous.roles: everyone
"""
_ROLES = f"""
everyone:
  cluster: [monitor]
  indices: [{{names: ["{OURS}*"], privileges: [all]}}]
"""
_JVM = "-XX:+UseSerialGC\n-XX:TieredStopAtLevel=1\n-Xlog:disable\n-Djava.io.tmpdir=${ES_TMPDIR}\n"
_ADDRESS = re.compile(r"HttpServerTransport.*publish_address \{([\d.:]+)\}")


@dataclass(frozen=True, slots=True)
class RealElasticsearch:
    url: str
    guarded: bool
    """Ours: without a key one may do anything to `first-responder-*` and nothing else, and no key is accepted.

    The minimal distribution has security, but not the analyzer that the store of API keys needs: it can refuse a
    key and cannot make one.
    """


@contextmanager
def elasticsearch_server() -> Iterator[RealElasticsearch]:
    """By ELASTICSEARCH_TEST_URL, else started from ELASTICSEARCH_HOME; ready to be asked."""
    if url := os.environ.get("ELASTICSEARCH_TEST_URL"):
        yield RealElasticsearch(url.rstrip("/"), guarded=False)
        return
    # Not pytest's folder: that is ours alone, and the server runs as somebody else.
    with tempfile.TemporaryDirectory(prefix="elasticsearch-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        home = _readable(Path(os.environ["ELASTICSEARCH_HOME"]).resolve(), folder)
        log = folder / "log.txt"
        with _started(home, folder, log) as process:
            found: list[str] = []

            def answers() -> bool:
                alive(process, log)
                found[:] = _ADDRESS.findall(log.read_text(errors="replace"))
                return bool(found) and _ok(f"http://{found[0]}/{OURS}*/_search")

            until(answers, f"answer of Elasticsearch (see {log})", START_S)
            yield RealElasticsearch(f"http://{found[0]}", guarded=True)


@contextmanager
def index_of(url: str, documents: Iterable[Mapping[str, Any]], mapping: Mapping[str, Any]) -> Iterator[str]:
    """The name of an index that holds these documents, until the block ends."""
    name = f"{OURS}{uuid4().hex[:12]}"
    with httpx.Client(base_url=url, timeout=60) as client:
        settings = {"number_of_shards": 2, "number_of_replicas": 0}
        client.put(f"/{name}", json={"settings": settings, "mappings": dict(mapping)}).raise_for_status()
        try:
            lines = [text for one in documents for text in ('{"index":{}}', json.dumps(one))]
            for start in range(0, len(lines), 20_000):
                body = "\n".join([*lines[start : start + 20_000], ""])
                kind = {"content-type": "application/x-ndjson"}
                answer = client.post(f"/{name}/_bulk", content=body.encode(), headers=kind).raise_for_status().json()
                assert not answer["errors"], answer["items"][:3]
            client.post(f"/{name}/_refresh").raise_for_status()
            yield name
        finally:
            client.delete(f"/{name}")


@contextmanager
def _started(home: Path, folder: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    config, work = folder / "config", folder / "work"
    shutil.copytree(home / "config", config)
    (config / "elasticsearch.yml").write_text(f"{_CONFIG}path.data: {work / 'data'}\npath.logs: {work / 'logs'}\n")
    (config / "roles.yml").write_text(_ROLES)
    (config / "jvm.options").write_text(_JVM)
    (work / "tmp").mkdir(parents=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(work),
        "ES_PATH_CONF": str(config),
        "ES_TMPDIR": str(work / "tmp"),
        "ES_JAVA_HOME": str(_java()),
        "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
    }
    somebody: dict[str, Any] = {}
    if os.geteuid() == 0:
        folder.chmod(0o755)
        for path in (config, *config.rglob("*"), work, work / "tmp"):
            shutil.chown(path, USER)
        somebody = {"user": USER, "extra_groups": ()}
    argv = [str(home / "bin" / "elasticsearch")]
    with running(argv, log, env=environment, cwd=work, start_new_session=True, **somebody) as process:
        try:
            yield process
        finally:
            # At once: its data is thrown away. The server is a child of the launcher that we know the pid of.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _readable(home: Path, folder: Path) -> Path:
    """The distribution where the other user can read it: where it lies, else a copy."""
    others = all(part.stat().st_mode & 0o005 == 0o005 for part in (home, *home.parents))
    return home if others or os.geteuid() != 0 else Path(shutil.copytree(home, folder / "home", symlinks=True))


def _java() -> Path:
    if home := os.environ.get("ES_JAVA_HOME") or os.environ.get("JAVA_HOME"):
        return Path(home)
    java = shutil.which("java")
    assert java, "Elasticsearch needs Java 17 or newer: install default-jre-headless"
    return Path(java).resolve().parents[1]


def _ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False
