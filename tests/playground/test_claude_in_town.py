"""The town with and without the script: what the bot is told of a model, and what the page says of it."""

from __future__ import annotations

import anthropic
import httpx
import pytest

from playground import town as playground
from tests.playground.asking_claude import asked


async def banner(town: playground.Town) -> str:
    async with httpx.AsyncClient() as client:
        page = (await client.get(town.slack.url)).text
    return page.partition('<p id="banner">')[2].partition("</p>")[0]


async def test_without_being_asked_for_there_is_no_model(tmp_path, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-of-the-person")
    async with playground.running(tmp_path) as town:
        assert not [name for name in town.env if name.startswith("ANTHROPIC")]
        assert town.claude is None
        assert "Claude" not in await banner(town)


async def test_the_script_answers_at_the_address_that_the_bot_is_told(tmp_path):
    async with playground.running(tmp_path, model="script") as town:
        where, key = town.env["ANTHROPIC_BASE_URL"], town.env["ANTHROPIC_API_KEY"]
        async with anthropic.AsyncAnthropic(base_url=where, api_key=key, max_retries=0) as sdk:
            reply = await sdk.messages.create(**asked("what is the error rate?"))
        assert reply.stop_reason == "end_turn"
        assert len(town.claude.requests) == 1
        assert "Claude (a script answers, no model)" in await banner(town)
        assert key not in repr(town)


async def test_with_the_real_one_the_page_says_so_and_the_bot_has_only_the_key(tmp_path):
    key = {"ANTHROPIC_API_KEY": "sk-ant-of-the-person"}
    async with playground.running(tmp_path, model="real", more=key) as town:
        assert "ANTHROPIC_BASE_URL" not in town.env
        assert town.env["ANTHROPIC_API_KEY"] == "sk-ant-of-the-person"
        said = await banner(town)
        assert "your own key" in said.partition("<b>Real:</b>")[2]
        assert "Claude" not in said.partition("<b>Real:</b>")[0]
        assert "sk-ant-of-the-person" not in repr(town)


@pytest.mark.parametrize("model", ["none", "script", "real"])
async def test_nothing_of_the_template_is_left_on_the_page(tmp_path, model):
    async with playground.running(tmp_path, model=model) as town:
        assert "<!--" not in await banner(town)
