"""Two commands of one deed: the second finds the first one's file, and runs only where the first ended well."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.runbooks.running.bench import appears

WRITE = "import sys; open('dump', 'w').write(sys.argv[1]); print('wrote')"
READ = "print(open('dump').read())"
SIGN = "import sys; open(sys.argv[1], 'w').write('ran')"


async def perform(bench, deed, stop=None):
    return await bench.hands.perform(deed, stop or asyncio.Event())


async def both(bench, first, second, *arguments, stop=None):
    bench.script("first", first)
    bench.script("second", second)
    deed = replace(bench.deed("first", *arguments), then=bench.deed("second"))
    return deed, await bench.hands.perform(deed, stop or asyncio.Event())


async def test_the_second_finds_what_the_first_left(bench):
    _, outcome = await both(bench, WRITE, READ, "heap")

    assert (outcome.result, outcome.exit, outcome.output) == ("done", 0, "wrote\nheap\n")


async def test_the_same_program_twice(bench):
    bench.script("cp", "import os; print(os.path.exists('x')); open('x', 'w')")
    deed = bench.deed("cp")

    assert (await bench.hands.perform(replace(deed, then=deed), asyncio.Event())).output == "False\nTrue\n"


async def test_without_the_first_there_is_no_second(bench, tmp_path):
    _, outcome = await both(bench, "raise SystemExit(3)", f"open({str(tmp_path / 'ran')!r}, 'w')")

    assert (outcome.result, outcome.exit) == ("failed", 3)
    assert not (tmp_path / "ran").exists()


async def test_a_second_that_the_first_changes_is_a_failure_that_says_so(bench):
    swap = f"open({str(bench.folder / 'second')!r}, 'a').write('# other')"
    _, outcome = await both(bench, swap, READ)

    assert outcome.result == "failed"
    assert "second was changed while `first` ran, so it did not run" in outcome.note


async def test_a_second_that_fails_is_the_outcome(bench):
    _, outcome = await both(bench, WRITE, "import sys; sys.exit(open('dump').read() + ' is wrong')", "heap")

    assert (outcome.result, outcome.exit, outcome.output) == ("failed", 1, "wrote\n")
    assert "heap is wrong" in outcome.errors


@pytest.mark.needs("bwrap")
async def test_so_it_is_in_a_sandbox(make_bench):
    boxed = make_bench(sandbox="bwrap")
    boxed.script("bring", WRITE)
    boxed.script("take", READ)
    outcome = await perform(boxed, boxed.pair(("bring", "heap"), ("take",)))
    assert outcome.output == "wrote\nheap\n"


async def test_where_the_second_was_replaced_the_first_is_not_started_either(bench, tmp_path):
    bench.script("sign", SIGN)
    bench.script("second", SIGN)
    deed = bench.pair(("sign", str(tmp_path / "ran")), ("second", "x"))
    bench.script("second", "print('another')")
    assert (await perform(bench, deed)).result == "refused"
    assert not (tmp_path / "ran").exists()


async def test_a_second_that_does_not_start_is_a_failure_since_the_first_ran(bench):
    bench.script("first", "print('ran')")
    bench.script("text", "", first="nothing that a machine could run")
    outcome = await perform(bench, bench.pair(("first",), ("text",)))
    assert (outcome.result, outcome.output) == ("failed", "ran\n")
    assert "does not start" in outcome.note


async def test_both_together_have_one_limit(bench):
    bench.script("quick", "import time; time.sleep(0.4)")
    bench.script("endless", "import time; time.sleep(600)")
    outcome = await perform(bench, bench.pair(("quick",), ("endless",), timeout_s=1.0))
    assert outcome.result == "timeout"


async def test_a_stop_reaches_the_second(bench, tmp_path):
    stop = asyncio.Event()
    bench.script("first", "print('ran')")
    bench.script("endless", "import sys, time; open(sys.argv[1], 'w').write('x'); time.sleep(600)")
    task = asyncio.create_task(perform(bench, bench.pair(("first",), ("endless", str(tmp_path / "sign"))), stop))
    await appears(tmp_path / "sign")
    stop.set()
    outcome = await task
    assert (outcome.result, outcome.output) == ("stopped", "ran\n")
