"""How many of something there are, as people say it: nothing is «1 alerts»."""

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.catalog import Catalog, load
from bot.domain.words import count
from bot.sources import ServiceFacts


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (1_204, "1,204 entries")]
)
def test_a_count_has_its_singular_and_the_plural_that_it_is_given(number, told):
    assert count(number, "entry", "entries") == told


@pytest.mark.parametrize(("number", "told"), [(0, "0 alerts"), (1, "1 alert"), (2_340, "2,340 alerts")])
def test_a_plural_that_is_not_given_has_an_s(number, told):
    assert count(number, "alert") == told


async def test_a_single_service_is_one(tmp_path):
    (tmp_path / "services.yaml").write_text("services:\n  - name: checkout\n")
    assert (await ServiceFacts(load(tmp_path / "services.yaml")).ready()).detail == "1 service"
    assert (await ServiceFacts(Catalog()).ready()).detail == "0 services"


def test_a_key_of_one_character_has_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    env = {"AUDIT_KEY": "k", "SLACK_API_URL": "http://127.0.0.1:9/api/"}
    assert "AUDIT_KEY has 1 character and could be guessed" in CliRunner().invoke(app, ["doctor"], env=env).output
