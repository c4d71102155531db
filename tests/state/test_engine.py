"""Stories survive their process: finished steps are not done again, and nothing but JSON is ever stored."""

import json
import subprocess
import sys
import textwrap

import pytest

from bot.state.story_json import JsonOnly, StepFailedError

PROGRAM = textwrap.dedent(
    """
    import asyncio, os, sys
    import structlog
    from sqlalchemy import make_url
    from bot.domain.incident import Posted
    from bot.ports import JournalDown
    from bot.state.database import migrate, open_database
    from bot.state.begun import Begun
    from bot.state.engine import STORY_VERSION, Engine
    from bot.state.lease import Lease

    url, dies = sys.argv[1], sys.argv[2]
    away = []
    done = asyncio.Event()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

    def say(word):
        print(word, flush=True)

    async def story(steps, incident_id, opening):
        say(f"taken_up={steps.taken_up}")
        if dies == "an error" and not steps.taken_up:
            raise ZeroDivisionError

        recorded = asyncio.Event()

        async def slow():
            await recorded.wait()
            say("slow")
            if dies == "in slow":
                os._exit(9)
            return Posted("C1", "1.2")

        async def quick():
            say("quick")
            if dies == "database away" and not away:
                away.append(True)
                raise JournalDown("away")
            if dies == "database away":
                say(f"again, taken_up={steps.taken_up}")
            return 7

        async def first(quickly):
            number = await quickly
            home.call_soon_threadsafe(recorded.set)
            return number

        both = steps.once("slow", slow, Posted), first(steps.once("quick", quick, int))
        posted, number = await asyncio.gather(*both)
        if dies == "between":
            os._exit(9)

        async def last():
            say(f"last {posted.ts} {number}")
            return True

        await steps.once("last", last, bool)
        home.call_soon_threadsafe(done.set)

    async def main():
        global home
        home = asyncio.get_running_loop()
        leases = url.replace("postgresql+psycopg", "postgresql").replace(".sqlite", "-leases.sqlite")
        migrate(leases)
        database = open_database(leases)
        lease = Lease(database, STORY_VERSION, 20.0)
        await lease.take()
        engine = Engine(make_url(url), {"respond": story}, lease, Begun(database))
        await engine.launch()
        await engine.take_over()
        if dies != "no":
            await engine.start("respond", "INC-1", 1)
            await engine.start("respond", "INC-1", 1)
        if dies == "asked":
            say(f"in hand: {sorted(await engine.in_hand('respond'))}, {sorted(await engine.in_hand('wrap_up'))}")
        for _ in range(100):
            if not done.is_set():
                await engine.take_up("respond", "INC-1", 1)
                await asyncio.sleep(0.2)
        assert done.is_set()
        await engine.finish(5)
        await engine.close()

    asyncio.run(main())
    """
)


def run(url, dies):
    done = subprocess.run([sys.executable, "-c", PROGRAM, url, dies], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout.split("\n")[:-1], done.stderr


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'stories.sqlite'}"
    return request.getfixturevalue("postgres_url").replace("postgresql://", "postgresql+psycopg://")


def test_a_story_is_told_once_however_often_it_is_begun(url):
    code, said, errors = run(url, "never")
    assert code == 0, errors
    assert said == ["taken_up=False", "quick", "slow", "last 1.2 7"]


def test_it_is_known_of_which_openings_a_story_is_being_told(url):
    code, said, errors = run(url, "asked")
    assert code == 0, errors
    assert "in hand: [('INC-1', 1)], []" in said


def test_after_a_crash_finished_steps_are_not_done_again(url):
    assert run(url, "between")[:2] == (9, ["taken_up=False", "quick", "slow"])
    code, said, errors = run(url, "no")
    assert code == 0, errors
    assert said == ["taken_up=True", "last 1.2 7"]
    assert len(errors.splitlines()) == 1, errors
    assert "stories taken up from processes that are gone" in errors


def test_a_step_that_the_crash_cut_short_is_done_again(url):
    assert run(url, "in slow")[0] == 9
    code, said, errors = run(url, "no")
    assert code == 0, errors
    assert said == ["taken_up=True", "slow", "last 1.2 7"]


def test_a_story_that_ends_in_an_error_is_begun_again_and_knows_it(url):
    code, said, errors = run(url, "an error")
    assert code == 0, errors
    assert said == ["taken_up=False", "taken_up=True", "quick", "slow", "last 1.2 7"]


def test_a_step_waits_for_a_database_that_is_away(url):
    code, said, errors = run(url, "database away")
    assert code == 0, errors
    once_more = ["quick", "quick", "again, taken_up=True"]
    assert sorted(said) == sorted(["taken_up=False", *once_more, "slow", "last 1.2 7"])


def test_what_is_stored_is_json_and_errors_keep_their_words():
    store = JsonOnly()
    assert json.loads(store.serialize({"a": [1, None]})) == {"a": [1, None]}
    back = store.deserialize(store.serialize({"error": ValueError("no")}))
    assert isinstance(back["error"], StepFailedError)
    assert "ValueError: no" in str(back["error"])
    with pytest.raises(TypeError):
        store.serialize(object())
