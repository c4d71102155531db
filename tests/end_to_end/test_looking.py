"""The process that looks, as those who run the bot meet it: killed, left behind, stopped."""

import os
import signal
import subprocess

from tests.end_to_end.watch import briefed, channel_of, incident_channels, said_by_bot, until, warm

SERVICE = "payment-service"


def looker(town):
    """The id of the one process that the bot has started; None as long as there is none."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    found = [int(pid) for pid, parent, state in rows if int(parent) == town.bot.pid and not state.startswith("Z")]
    assert len(found) <= 1, found
    return next(iter(found), None)


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def headline(town):
    await until(lambda: channel_of(town, SERVICE) and said_by_bot(channel_of(town, SERVICE)), what="the headline")


async def test_killed_while_it_looks_another_looks_in_its_stead(open_town):
    async with open_town() as town:
        first = await until(lambda: looker(town), what="the process that looks")
        os.kill(first, signal.SIGSTOP)
        await town.director.start("wrong-endpoint")
        await headline(town)
        os.kill(first, signal.SIGKILL)
        assert "v2.34.1" in await briefed(town, SERVICE)
        assert looker(town) not in (None, first)
        assert len(incident_channels(town)) == 1
        await town.bot.stop()
        assert "the process that looks has ended; another is started" in town.bot.log.read_text()


async def test_it_outlives_neither_a_stop_nor_a_kill_of_the_bot(open_town):
    async with open_town() as town:
        child = await until(lambda: looker(town), what="the process that looks")
        assert os.getpgid(child) != os.getpgid(town.bot.pid)  # Ctrl-C in a terminal is for the bot alone
        await warm(town)
        os.kill(child, signal.SIGTERM)  # as a supervisor does that stops every process of a service
        await town.director.start("wrong-endpoint")
        await headline(town)
        assert await town.bot.stop() == 0
        assert gone(child)
        assert "v2.34.1" in str(said_by_bot(channel_of(town, SERVICE))[0].blocks)
        assert "Traceback" not in town.bot.log.read_text()

        await town.bot.start()
        child = await until(lambda: looker(town), what="the process that looks")
        await town.bot.kill()
        await until(lambda: gone(child), what="its end")
