"""Whatever comes in as a value, nothing is executed that was not shown: programs note exactly how they were called.

The value comes from a person, from a label of the alert, from lines and rows that a program printed; or the program,
its place or the runbook changes while people are asked.
"""

import re
import shlex

import httpx
import pytest

from playground.terminal import as_text
from tests.chaos.noting import Program
from tests.chaos.person import ALICE, DANA, NO, YES, asked, ended, gates, over, runs
from tests.chaos.place import open_place
from tests.end_to_end.watch import briefed, channel_of, until

HOSTILE = {
    "a quote": "a'b",
    "quotes": 'a"; rm -rf "/',
    "a newline": "a\nreboot",
    "a dash": "--all",
    "sql": "1); DROP TABLE users; --",
    "a semicolon": "a;reboot",
    "a substitution": "$(reboot)",
    "backticks": "`reboot`",
    "a pipe": "a|sh",
    "a redirection": "a>/etc/passwd",
    "a variable": "{{service}}",
    "a secret": "{{env.HOME}}",
    "a look-alike": "p\u0430yments",
    "bidi": "safe\u202etxt.exe",
    "nothing to see": "a\u200bb",
    "1 MB": "a" * 1_000_000,
}
TOUCH = "  - {name: touch it, action: exec, command: 'note touch {{what}}', approval: required}\n"
LONGEST = 100_000
"""Of what is filled in: it is masked while the person waits, and a busy machine needs a second for 1 MB."""
BOOKS = {
    "plain": f"steps:\n{TOUCH}",
    "free": f"parameters:\n  - {{name: what, pattern: '[a-z$](?s:.{{0,900}})'}}\nsteps:\n{TOUCH}",
    "line": "steps:\n  - {name: look, action: exec, command: kubectl get rows, parse: {line: what}}\n" + TOUCH,
    "rows": "steps:\n  - {name: look, action: exec, command: 'psql -c \"SELECT pid, age, query FROM rows\"'}\n"
    "  - name: end them\n    action: conditional\n    condition: any(query.age > 10)\n    approval: required\n"
    "    then:\n      - {action: exec, command: 'note end {{pid}}'}\n",
}


@pytest.fixture
async def place(tmp_path):
    psql = Program(tmp_path, "psql")
    async with open_place(tmp_path, BOOKS, real=(str(psql.path),)) as one:
        one.psql = psql
        yield one


async def test_values_from_people(place):
    await people_give_what_no_variable_may_be(place)
    for name in ("a quote", "quotes", "a dash", "a substitution", "a look-alike", "bidi"):
        await a_pattern_of_the_teams_own_lets_it_in(place, HOSTILE[name])


async def people_give_what_no_variable_may_be(place):
    """Each is refused in the form that asked for it, and nothing begins. A line break comes by the command alone: a box
    of one line gives none.
    """
    await place.wish(f"plain what={shlex.quote(HOSTILE['a newline'])}")
    for name, value in HOSTILE.items():
        if name != "a newline":
            assert "what" in await place.person(DANA).fill(what=value[:LONGEST]), name
    assert runs(place.channel) == []
    assert place.ran == []


async def a_pattern_of_the_teams_own_lets_it_in(place, value):
    """It is one argument, whatever it holds, shown in a form that nothing else has; or it is refused."""
    before, heard = {gate.ts for gate in gates(place.channel)}, len(runs(place.channel))
    await place.wish("free")
    if await place.person(DANA).fill(what=value):
        assert len(runs(place.channel)) == heard
        await place.person(DANA).dismiss()
        return
    if gate := await waits_or_ends(place, before, heard):
        assert block_of(gate).isascii()
        await place.person(ALICE).react(gate, YES)
        assert (await place.ends())[0] == "done"
        assert place.ran == [("touch", value)]
    else:
        assert place.ran == []


async def test_what_programs_print(place):
    for name, value in HOSTILE.items():
        await a_line_is_taken_on(place, name, value)
    await rows_are_forged_in_a_field(place)
    await a_row_holds_what_no_variable_may_be(place)


async def a_line_is_taken_on(place, name, value):
    """Its first line, where that is a plain word; else the step that would use it is refused."""
    before, began = {gate.ts for gate in gates(place.channel)}, len(runs(place.channel))
    await place.wish("line", prints=f"{value}\n")
    gate = await waits_or_ends(place, before, began)
    assert (gate is None) == (name != "a newline"), name
    if gate:
        await place.person(ALICE).react(gate, YES)
        await place.ends()
    assert place.ran == ([("touch", "a")] if gate else []), name


async def rows_are_forged_in_a_field(place):
    place.psql.says(
        'pid,age,query\n41,20,"x\n42,99,forged\n43,99,""forged too"\n44,5,young\n45,30,"it\'s; $(reboot)"\n'
    )
    gate = await place.ask("rows")
    assert commands(gate) == [("note", "end", "41"), ("note", "end", "45")]
    await place.person(ALICE).react(gate, YES)
    assert (await place.ends())[0] == "done"
    assert place.ran == [("end", "41"), ("end", "45")]


async def a_row_holds_what_no_variable_may_be(place):
    for value in ("1); SELECT pg_terminate_backend(2", "--all", "41\u202e", "4 5", "$(reboot)"):
        place.psql.says(f'pid,age,query\n41,20,fine\n"{value}",30,bad\n')
        began = len(runs(place.channel))
        await place.wish("rows")
        assert (await over(place.channel, began))[0] == "not run", value
        assert place.ran == []


async def test_what_changes_while_people_are_asked(place, tmp_path):
    for case in (a_runbook_is_edited, a_program_is_replaced, a_program_becomes_a_link_to_another):
        await case(place, tmp_path)


async def a_runbook_is_edited(place, tmp_path):
    gate = await asks_for(place, "given")
    file = tmp_path / "books" / "plain.yaml"
    file.write_text(file.read_text().replace("note touch", "note destroy"))
    await place.person(ALICE).react(gate, YES)
    assert (await place.ends())[0] == "done"
    assert place.ran == [("touch", "given")]


async def a_program_is_replaced(place, tmp_path):
    gate = await asks_for(place, "given")
    kept = place.note.path.read_bytes()
    place.note.path.write_bytes(kept.replace(b"#!/bin/sh\n", b"#!/bin/sh\n: > '%s/owned'\n" % bytes(tmp_path)))
    await place.person(ALICE).react(gate, YES)
    second = await asked(place.channel, {gate.ts})  # it is another program now, so people are asked anew
    assert not (tmp_path / "owned").exists()
    await place.person(ALICE).react(second, NO)
    assert (await place.ends())[0] == "denied"
    assert place.ran == []
    place.note.path.write_bytes(kept)


async def a_program_becomes_a_link_to_another(place, tmp_path):
    gate = await asks_for(place, "given")
    kept = place.note.path.read_bytes()
    place.note.path.unlink()
    place.note.path.symlink_to(place.aws.path)
    await place.person(ALICE).react(gate, YES)
    second = await asked(place.channel, {gate.ts})
    await place.person(ALICE).react(second, NO)
    assert (await place.ends())[0] == "denied"
    assert place.ran == [] == place.aws.calls
    place.note.path.unlink()
    place.note.path.write_bytes(kept)
    place.note.path.chmod(0o755)


async def test_labels_of_an_alert(tmp_path):
    async with open_place(tmp_path, BOOKS) as place:
        for number, name in enumerate(("quotes", "a newline", "a dash", "a substitution", "bidi")):
            await a_label_holds(place, f"shop-{number}", HOSTILE[name])


async def a_label_holds(place, service, value):
    """It is not used: the person is asked for a better one, and nothing runs."""
    alert = {"name": "HighErrorRate", "service": service, "severity": "warning", "labels": {"what": value}}
    async with httpx.AsyncClient(timeout=20) as client:
        headers = {"authorization": f"Bearer {place.town.env['GENERIC_WEBHOOK_TOKEN']}"}
        answer = await client.post(f"{place.town.bot.url}/webhooks/alert", json=alert, headers=headers)
    assert answer.status_code == 202, answer.text
    await briefed(place.town, service)
    place.channel = channel_of(place.town, service)
    await place.wish("plain")
    assert await place.person(DANA).fill(what="--better") != {}
    assert runs(place.channel) == []
    await place.person(DANA).dismiss()
    assert place.ran == []


async def asks_for(place, value):
    before = {gate.ts for gate in gates(place.channel)}
    await place.wish(f"plain what={value}")
    return await asked(place.channel, before)


async def waits_or_ends(place, before, began):
    """The run's gate once it stands; None where the run ended without one."""

    def found():
        new = [gate for gate in gates(place.channel) if gate.ts not in before and NO in gate.reactions]
        over = len(runs(place.channel)) > began and ended(runs(place.channel)[-1])
        return new or over

    new = await until(found, what="a gate or an end")
    return new[-1] if isinstance(new, list) else None


def commands(gate):
    """Each command that the gate shows, as its arguments."""
    return [tuple(shlex.split(line)) for line in block_of(gate).splitlines()]


def block_of(gate):
    return re.search(r"```(.*?)```", as_text(gate), re.DOTALL)[1].strip()
