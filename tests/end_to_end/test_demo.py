"""The demo as a new user starts it: one command, one address, and nothing left behind."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import httpx

from playground.bot import free_port
from playground.once import play_once


async def start(*arguments):
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-u",
        "-m",
        "playground",
        *arguments,
        env={name: value for name, value in os.environ.items() if name != "ANTHROPIC_API_KEY"},  # a script answers
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


def status(pid):
    """(state, parent) of a process; None once it is gone."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return state, int(parent)


def below(pid):
    """The processes that this one has started, and theirs."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    own = [child for child in pids if (found := status(child)) and found[1] == pid]
    return own + [deeper for child in own for deeper in below(child)]


def alive(pid):
    found = status(pid)
    return found is not None and found[0] != "Z"


def database_of(pids):
    """The bot's database, as bytes: it holds the name of the channel once there is one."""
    folders = {Path(f"/proc/{pid}/cwd").resolve() for pid in pids if alive(pid)}
    files = [file for folder in folders for file in folder.glob("first-responder.sqlite*")]
    return b"".join(file.read_bytes() for file in files)


async def test_one_scenario_without_a_browser_prints_the_briefing_and_ends_with_0():
    process = await start("--once", "--scenario", "upstream-down")
    printed = (await asyncio.wait_for(process.communicate(), 90))[0].decode()
    assert process.returncode == 0, printed
    for words in ("── headline ──", "looking at", "── briefing ──", "rates-store", " ms  briefing", "arrived whole"):
        assert words in printed, printed


async def test_the_page_is_there_an_incident_starts_by_itself_and_ctrl_c_leaves_no_process():
    port = free_port()
    process = await start("--port", str(port))
    async with asyncio.timeout(60):
        while not re.search(rb"http://127\.0\.0\.1:\d+/", line := await process.stdout.readline()):
            assert line, "the demo ended before it printed its address"
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as page, asyncio.timeout(60):
        assert "Simulated" in (await page.get("/")).text
        started = below(process.pid)
        assert started
        while b"inc-payment-service" not in database_of(started):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.2)
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.communicate(), 40)
    assert process.returncode == 0
    assert not [pid for pid in started if alive(pid)]


async def test_a_port_that_is_taken_is_said_in_a_sentence():
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    process = await start("--port", str(port))
    printed = (await asyncio.wait_for(process.communicate(), 60))[0].decode()
    taken.close()
    assert process.returncode == 1
    assert f"Port {port} cannot be used" in printed
    assert "make demo PORT=" in printed
    assert "Traceback" not in printed


async def test_once_fails_where_a_source_could_not_look(open_town, capsys):
    async with open_town(PROMETHEUS_URL="http://127.0.0.1:9") as town:
        assert await play_once(town, "upstream-down") == 1
    printed = capsys.readouterr().out
    assert "The briefing is not whole" in printed
    assert "Could not look: " in printed.rpartition("── time ──")[2]


async def test_once_says_so_where_the_alert_is_not_taken(open_town, capsys):
    async with open_town(ALERTMANAGER_WEBHOOK_TOKEN="") as town:
        assert await play_once(town, "upstream-down") == 1
    assert "The alert was not taken" in capsys.readouterr().out
