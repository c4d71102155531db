"""A story that ends its process each time it is told: the others go on, and it is left alone, longer each time."""

import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta

import pytest

from bot.state.begun import FORGOTTEN, FREE, LONGEST_PAUSE, Mark, choose, pause

NOW = datetime(2026, 11, 29, 3, 42, tzinfo=UTC)
JUST_NOW = NOW - timedelta(seconds=5)
PROGRAM = textwrap.dedent(
    """
    import asyncio, os, signal, sys
    import structlog
    from sqlalchemy import make_url
    from bot.state.begun import Begun
    from bot.state.database import migrate, open_database
    from bot.state.engine import STORY_VERSION, Engine
    from bot.state.lease import Lease

    url, how = sys.argv[1], sys.argv[2]
    waiting, under_way, ended = [], set(), set()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

    def say(word):
        print(word, flush=True)

    async def deadly(steps, about, opening):
        async def act():
            say(f"{about} is told")
            os.kill(os.getpid(), signal.SIGKILL)
        await steps.once("act", act, bool)

    async def harmless(steps, about, opening):
        async def act():
            under_way.add(about)
            await asyncio.sleep(0.5 if how.endswith("go on") else 600)  # there the deadly one is first
            say(f"{about} has ended")
            ended.add(about)
            return True
        await steps.once("act", act, bool)

    async def waits(steps, about, opening):
        async def act():
            say(f"{about} is told")
            waiting.append(about)
            await asyncio.Event().wait()
        await steps.once("act", act, bool)

    async def sleeps(steps, about, opening):
        under_way.add(about)
        await steps.sleep(3_600)

    async def rests(steps, about, opening):
        async def act():
            under_way.add(about)
            engine.rests("remedy", about, opening)
            await asyncio.Event().wait()
        await steps.once("act", act, bool)

    async def main():
        global engine
        migrate(url)
        database = open_database(url)
        lease, begun = Lease(database, STORY_VERSION, 20.0), Begun(database)
        await lease.take()
        stories = {"answer": deadly, "respond": harmless, "remediate": waits}
        stories |= {"escalate": sleeps, "remedy": rests}
        engine = Engine(make_url(url.replace("postgresql:", "postgresql+psycopg:")), stories, lease, begun)
        await engine.launch()
        await engine.take_over()
        if how == "all begin":
            for number in range(3):
                await engine.start("escalate", f"E{number}", 1)
                await engine.start("remedy", f"R{number}", 1)
            await engine.start("respond", "INC-1", 1)
        if how in ("all begin", "all die"):
            while len(under_way) < 7:
                await asyncio.sleep(0.01)
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "begin":
            await engine.start("respond", "INC-1", 1)
            await engine.start("respond", "INC-2", 1)
            await engine.start("answer", "C1:1.2", 1)
        if how == "wait":
            await engine.start("remediate", "R1", 1)
        for _ in range(200):
            if not (begun.left_alone or waiting or (how == "all go on" and ended)):
                await asyncio.sleep(0.1)
                await engine.take_over()
        for one in begun.left_alone:
            say(f"{one.name} is left alone")
        await engine.close()
        await lease.give_back()
        await database.dispose()

    asyncio.run(main())
    """
)


@pytest.mark.parametrize(
    ("marks", "busy", "taken", "waiting", "alone"),
    [
        ({}, False, {"a": 1, "b": 1}, (), ()),
        ({}, True, {"a": 1, "b": 1}, (), ()),
        ({"a": Mark(1, JUST_NOW)}, False, {"b": 1}, ("a",), ()),
        ({"a": Mark(1, JUST_NOW), "b": Mark(1, JUST_NOW)}, False, {"a": 2}, ("b",), ()),
        ({"a": Mark(2, JUST_NOW), "b": Mark(1, JUST_NOW)}, False, {"b": 2}, ("a",), ()),
        ({"a": Mark(1, JUST_NOW), "b": Mark(1, JUST_NOW)}, True, {}, ("a", "b"), ()),
        ({"a": Mark(FREE, JUST_NOW)}, False, {"b": 1}, (), ("a",)),
        ({"a": Mark(FREE, JUST_NOW), "b": Mark(4, JUST_NOW)}, False, {"b": 5}, (), ("a",)),
        ({"a": Mark(FREE, NOW - pause(FREE)), "b": Mark(9, JUST_NOW)}, False, {"a": FREE + 1}, (), ("b",)),
        ({"a": Mark(9, NOW - FORGOTTEN)}, False, {"a": 1, "b": 1}, (), ()),
    ],
)
def test_who_is_taken_up_now(marks, busy, taken, waiting, alone):
    choice = choose(("a", "b"), marks, NOW, busy=busy)
    assert (dict(choice.taken), choice.waiting, tuple(choice.alone)) == (taken, waiting, alone)


def test_the_pauses_grow_to_half_an_hour_and_end_before_all_is_forgotten():
    minutes = [pause(times).total_seconds() / 60 for times in range(FREE - 1, FREE + 8)]
    assert minutes == [0, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30, 30][: len(minutes)]
    assert pause(10_000) == LONGEST_PAUSE < FORGOTTEN


def live(url, how="go on"):
    done = subprocess.run([sys.executable, "-c", PROGRAM, url, how], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, -9), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'stories.sqlite'}"
    return request.getfixturevalue("postgres_url")


def test_one_that_kills_its_process_takes_no_other_with_it_and_is_left_alone(url):
    assert live(url, "begin") == (-9, ["C1:1.2 is told"])
    assert live(url, "together") == (-9, ["C1:1.2 is told"])
    lives = [live(url)]
    while lives[-1][0] and len(lives) < 12:
        lives.append(live(url))
    said = [line for _, lines in lives for line in lines]
    assert said.count("INC-1 has ended") == said.count("INC-2 has ended") == 1
    assert said.count("C1:1.2 is told") == FREE - 1
    assert lives[-1] == (0, ["answer:C1:1.2:1 is left alone"])


def test_a_bot_that_is_stopped_again_and_again_suspects_nobody(tmp_path):
    url = f"sqlite:///{tmp_path / 'stories.sqlite'}"
    assert live(url, "wait") == (0, ["R1 is told"])
    for _ in range(FREE + 1):
        assert live(url) == (0, ["R1 is told"])


def test_what_only_waits_holds_up_nobody_who_is_taken_up_after_it(url):
    assert live(url, "all begin") == (-9, [])
    assert live(url, "all die") == (-9, [])
    assert live(url, "all go on") == (0, ["INC-1 has ended"])
