"""`first-responder runbooks drafts`: what was drafted from incidents, listed and printed."""

from __future__ import annotations

import asyncio

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.domain.memory import Learnt
from bot.memory.ports import Decision
from bot.state.database import migrate, open_database
from bot.state.memories import SqlReviews
from runbooks.loader import read
from tests.memory.made import NOW

BOOK = "id: {}\nsteps:\n  - action: message\n    text: by hand\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'bot.sqlite'}")
    return lambda *words: CliRunner().invoke(app, ["runbooks", "drafts", *words])


async def fill(url):
    await asyncio.to_thread(migrate, url)
    database = open_database(url)
    reviews = SqlReviews(database)
    for name, review in (("new-one", None), ("kept-one", "accepted"), ("bad-one", "rejected")):
        id_ = f"runbook:INC-{name[0]}"
        await reviews.wait(Learnt(id_, "runbook", f"INC-{name[0]}", NOW, "", BOOK.format(name)))
        if review:
            await reviews.decide(Decision(id_, review, "U1", NOW))
    await database.dispose()


@pytest.fixture
def drafted(tmp_path):
    asyncio.run(fill(f"sqlite:///{tmp_path / 'bot.sqlite'}"))


@pytest.mark.usefixtures("drafted")
def test_accepted_ones_are_listed_before_those_that_wait_and_rejected_ones_are_not(run):
    lines = [line.split("\t") for line in run().stdout.splitlines()]
    assert [line[:3] for line in lines] == [["kept-one", "INC-k", "accepted"], ["new-one", "INC-n", "waiting"]]


@pytest.mark.usefixtures("drafted")
@pytest.mark.parametrize("name", ["new-one", "INC-n", "runbook:INC-n"])
def test_one_is_printed_as_a_file_that_can_be_loaded(run, name):
    assert [book.id for book in read(run(name).stdout).runbooks] == ["new-one"]


@pytest.mark.usefixtures("drafted")
def test_one_that_is_not_there_says_how_to_find_it(run):
    answer = run("bad-one")
    assert (answer.exit_code, "`first-responder runbooks drafts` lists them" in answer.output) == (1, True)


def test_nothing_drafted_is_said(run):
    assert "no runbook was drafted yet" in run().output
