"""Two commands of one deed: the second finds the first one's file, and runs only where the first ended well."""

from __future__ import annotations

import asyncio
from dataclasses import replace

WRITE = "import sys; open('dump', 'w').write(sys.argv[1]); print('wrote')"
READ = "print(open('dump').read())"


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


async def test_a_second_that_is_another_file_by_then_is_a_failure_that_says_so(bench):
    swap = f"open({str(bench.folder / 'second')!r}, 'a').write('# other')"
    _, outcome = await both(bench, swap, READ)

    assert outcome.result == "failed"
    assert "second" in outcome.note


async def test_a_second_that_fails_is_the_outcome(bench):
    _, outcome = await both(bench, WRITE, "import sys; sys.exit(open('dump').read() + ' is wrong')", "heap")

    assert (outcome.result, outcome.exit, outcome.output) == ("failed", 1, "wrote\n")
    assert "heap is wrong" in outcome.errors
