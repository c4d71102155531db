"""What `doctor` asks of the model: whether the key is let in, and whether the models that are named are there."""

from __future__ import annotations

import asyncio

from bot.doctor import Check
from bot.llm.claude import Claude, Wanted, wanted
from bot.questions.model_ports import ModelError
from bot.settings import Settings, SettingsError

LIMIT_S = 10.0


async def model_checks(settings: Settings) -> list[Check]:
    """One line for the models, and one for each that the bot cannot use or price. It costs nothing."""
    try:
        found = wanted(settings)
    except SettingsError as wrong:
        return [Check("model", "fault", str(wrong), "mend MODEL_PRICES, or leave it out")]
    if found is None:
        return [Check("model", "off", "no model: everything works from evidence alone", "set ANTHROPIC_API_KEY")]
    names = tuple(dict.fromkeys((*found.large, *found.small)))
    if not names:
        return [Check("model", "fault", "no model is named", "set MODELS_LARGE and MODELS_SMALL")]
    claude = Claude(found)
    try:
        await claude.get_ready()  # the limit is for the answer: on a slow machine the import alone would use it up
        problems = await asyncio.gather(*(_problem(claude, name) for name in names))
    finally:
        await claude.close()
    return _told(found, dict(zip(names, problems, strict=True)))


async def _problem(claude: Claude, model: str) -> ModelError | None:
    try:
        async with asyncio.timeout(LIMIT_S):
            await claude.greet(model)
    except ModelError as problem:
        return problem
    except TimeoutError:
        return ModelError(f"no answer in {LIMIT_S:g} s", passing=True)
    return None


def _told(found: Wanted, problems: dict[str, ModelError | None]) -> list[Check]:
    """A key or an address that does not work is told once; what is wrong with one model is told of it."""
    there = [name for name, problem in problems.items() if problem is None]
    missing = {name: problem for name, problem in problems.items() if problem is not None}
    if not there:
        reasons = dict.fromkeys(_fix_apart(problem) for problem in missing.values())
        return [Check("model", "fault", reason, fix) for reason, fix in reasons]
    unpriced = [name for name in there if not found.prices.knows(name)]
    return [
        Check("model", "ok", ", ".join(there)),
        *(
            Check("model", "warning", f"{name}: {_fix_apart(one)[0]}", _fix_apart(one)[1])
            for name, one in missing.items()
        ),
        *(
            Check("model", "warning", f"{name}: no known price, so it counts as the dearest", _PRICE)
            for name in unpriced
        ),
    ]


_PRICE = "set MODEL_PRICES, such as name=3/15, in dollars for a million tokens"


def _fix_apart(problem: ModelError) -> tuple[str, str]:
    """What is wrong, and what to look at."""
    reason, _, fix = problem.reason.partition(": ")
    return reason, fix or "look at ANTHROPIC_BASE_URL and the network"
