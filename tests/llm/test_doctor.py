"""What doctor says of the model, against a server that answers as the API does."""

from __future__ import annotations

import asyncio

from starlette.responses import JSONResponse

from bot.llm.checks import model_checks
from bot.settings import Settings
from tests.llm.api import KEY, LARGE, SMALL, api, refuses


def counted():
    return JSONResponse({"input_tokens": 8})


async def found(*answers, **settings):
    async with api() as server:
        server.give(*answers)
        return [
            (check.state, check.detail, check.fix)
            for check in await model_checks(
                Settings(_env_file=None, anthropic_api_key=KEY, anthropic_base_url=server.url, **settings)
            )
        ]


async def test_without_a_key_it_is_off():
    (check,) = await model_checks(Settings(_env_file=None, anthropic_api_key=None))
    assert (check.what, check.state, check.fix) == ("model", "off", "set ANTHROPIC_API_KEY")


async def test_the_models_that_are_there():
    assert await found(counted(), counted()) == [("ok", f"{LARGE}, {SMALL}", "")]


async def test_a_refused_key_is_a_fault_told_once():
    answer = refuses(401, "authentication_error", KEY)
    assert await found(answer, answer) == [("fault", "the key is refused", "look at ANTHROPIC_API_KEY")]


def knows_only_the_large(body):
    return counted() if body["model"] == LARGE else refuses(404, "not_found_error")


async def test_a_name_that_the_api_does_not_know_is_a_warning():
    told = await found(knows_only_the_large, knows_only_the_large, models_large=(LARGE,), models_small=("unknown",))
    assert told == [
        ("ok", LARGE, ""),
        ("warning", "unknown: no such model", "look at MODELS_LARGE and MODELS_SMALL"),
    ]


async def test_a_model_without_a_known_price_is_a_warning():
    told = await found(counted(), models_large=("mine",), models_small=("mine",))
    assert told[0] == ("ok", "mine", "")
    assert told[1][:2] == ("warning", "mine: no known price, so it counts as the dearest")
    assert "MODEL_PRICES" in told[1][2]
    priced = await found(counted(), models_large=("mine",), models_small=("mine",), model_prices=("mine=1/2",))
    assert priced == [("ok", "mine", "")]


async def test_prices_that_cannot_be_read_are_a_fault():
    ((state, detail, fix),) = await found(model_prices=("mine",))
    assert (state, detail.partition(":")[0]) == ("fault", "MODEL_PRICES")
    assert "MODEL_PRICES" in fix


async def test_no_name_at_all_is_a_fault():
    assert await found(models_large=(), models_small=()) == [
        ("fault", "no model is named", "set MODELS_LARGE and MODELS_SMALL")
    ]


async def test_nobody_there_is_a_fault():
    (check,) = await model_checks(
        Settings(_env_file=None, anthropic_api_key=KEY, anthropic_base_url="http://127.0.0.1:9")
    )
    assert (check.state, check.detail) == ("fault", "nobody answers at ANTHROPIC_BASE_URL")


class Leaping(asyncio.SelectorEventLoop):
    """A loop in which the first thing that is done in a thread takes a minute."""

    later = 0.0

    def time(self):
        return super().time() + self.later

    def run_in_executor(self, executor, func, *arguments):
        self.later = 60.0
        return super().run_in_executor(executor, func, *arguments)


def test_how_long_the_sdk_takes_to_load_is_not_counted_as_the_answer():
    with asyncio.Runner(loop_factory=Leaping) as runner:
        assert runner.run(found(counted(), counted())) == [("ok", f"{LARGE}, {SMALL}", "")]
