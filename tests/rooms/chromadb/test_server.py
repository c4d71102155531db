"""The memory on a server: a real `chroma run`, and servers that are not what they should be."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations import chromadb
from integrations.chromadb import Memory, Settings
from integrations.contract import History, Malformed, Refused, Unreachable
from playground import tls

ANYTHING = re.compile(".*")
START_LIMIT = 60.0
TRIES = 3
"""Chroma takes a port that is named to it, and until it does another program may."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The URL of a real server, started from the library that is installed anyway."""
    for _ in range(TRIES):
        url, process = _started(tmp_path_factory.mktemp("chroma"))
        try:
            if _answers(f"{url}/api/v2/heartbeat", process):
                yield url
                return
        finally:
            process.terminate()
            process.wait(10)
    raise RuntimeError("chroma run did not start")


def _started(folder: Path) -> tuple[str, subprocess.Popen]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("chroma")
    command = [program, "run", "--path", folder / "data", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        return f"http://127.0.0.1:{port}", subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)


def _answers(url: str, process: subprocess.Popen) -> bool:
    """Once it does; not at all where it has ended, or after `START_LIMIT`."""
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return process.poll() is None
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    return False


async def test_two_replicas_share_one_server(server, open_room, make_scope, history):
    one, other = open_room(Settings(url=server)), open_room(Settings(url=server))
    scope = make_scope("billing", "HighErrorRate", "12 % of the requests to billing fail")
    assert (await one.look(scope)).findings == (History(0),)

    assert await chromadb.remember(Settings(url=server), history) == 130

    for room in (one, other):
        found = (await room.look(scope)).findings
        assert found[0] == History(130)
        assert found[1].incident_id == "INC-HighErrorRate-billing"
    assert (await other.ready()).detail == "130 past incidents in incidents-hashing-384"


ANSWERS = [
    (401, '{"error": "AuthError"}', Refused, "401.*CHROMA_URL"),
    (404, "<html>Not here</html>", Refused, "404.*CHROMA_URL"),
    (429, "{}", Unreachable, "429"),
    (503, "{}", Unreachable, "503"),
    (200, "<html>Log in</html>", Malformed, "not Chroma's.*CHROMA_URL"),
    (200, "[]", Malformed, "not Chroma's.*CHROMA_URL"),
]


@pytest.mark.parametrize(("status", "body", "kind", "words"), ANSWERS)
async def test_each_bad_answer_has_its_error(httpserver, open_room, make_scope, status, body, kind, words):
    httpserver.expect_request(ANYTHING).respond_with_data(body, status, content_type="application/json")

    with pytest.raises(kind, match=words) as caught:
        await open_room(Settings(url=httpserver.url_for("").rstrip("/"))).look(make_scope("a", "B", "c"))

    assert type(caught.value) is kind


async def test_nobody_there_and_no_address(open_room, make_scope):
    with pytest.raises(Unreachable, match=r"no connection.*CHROMA_URL"):
        await open_room(Settings(url="http://127.0.0.1:1")).look(make_scope("a", "B", "c"))
    with pytest.raises(Refused, match="CHROMA_URL"):
        await open_room(Settings(url="chroma:8000")).ready()


async def test_a_server_that_hangs_is_given_up(open_room, make_scope):
    async with listening(lambda reader, _: reader.read()) as port:
        with pytest.raises(Unreachable, match="no answer in time"):
            await open_room(Settings(url=f"http://127.0.0.1:{port}", timeout_s=0.2)).look(make_scope("a", "B", "c"))


async def test_a_server_that_hangs_later_is_given_up_too(server, open_room, make_scope):
    """Chroma's client knows no time limit; ours is put into it, which a new version could undo unseen."""
    awake = asyncio.Event()
    awake.set()
    async with listening(relay(server, awake)) as port:
        room = open_room(Settings(url=f"http://127.0.0.1:{port}", timeout_s=4.0))
        await room.ready()
        awake.clear()
        with pytest.raises(Unreachable, match="no answer in time"):
            await room.look(make_scope("a", "B", "c"))
        await room.close()


async def test_over_tls_an_authority_must_be_named(server, tmp_path, open_room):
    certificates = tls.make(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server_file)
    awake = asyncio.Event()
    awake.set()
    async with listening(relay(server, awake), context) as port:
        url = f"https://127.0.0.1:{port}"
        with pytest.raises(Unreachable, match=r"not trusted.*EXTRA_CA_FILE"):
            await open_room(Settings(url=url)).ready()
        room = open_room(Settings(url=url, ca_file=certificates.ca_file))
        assert "incidents-hashing-384" in (await room.ready()).detail
        await room.close()


Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]


@asynccontextmanager
async def listening(converse: Conversation, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server's port; on leaving, every connection is closed."""
    open_: set[asyncio.Task] = set()

    async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        open_.add(task)
        try:
            await converse(reader, writer)
        except (asyncio.CancelledError, OSError):
            pass  # the test is over, or the other side hung up
        finally:
            writer.close()
            open_.discard(task)

    listener = await asyncio.start_server(each, "127.0.0.1", 0, ssl=context)
    async with listener:
        yield listener.sockets[0].getsockname()[1]
        for task in tuple(open_):
            task.cancel()
        await asyncio.gather(*open_, return_exceptions=True)


def relay(url: str, awake: asyncio.Event) -> Conversation:
    """Passes everything on to the server behind `url`; its answers only while it is awake."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))

        async def answers() -> None:
            while data := await there.read(65536):
                await awake.wait()
                writer.write(data)

        answering = asyncio.create_task(answers())
        try:
            while data := await reader.read(65536):
                back.write(data)
        finally:
            answering.cancel()
            back.close()

    return converse


async def test_one_memory_is_kept_at_the_server(server):
    past = Memory("INC-x", "cart", "Cart", datetime(2026, 1, 1, tzinfo=UTC))
    before = await chromadb.remember(Settings(url=server), [past])
    assert await chromadb.remember(Settings(url=server), [past]) == before
