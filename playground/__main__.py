"""`python -m playground`: the demo. A bot, a world around it on loopback, and a page that behaves like Slack."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from pathlib import Path

from playground.alerting import NotDelivered
from playground.bot import NotStarted
from playground.once import play_once
from playground.scenarios import ALL
from playground.town import Model, Town, running

FIRST = "wrong-endpoint"
PAGE_PORT = 8765
FIRST_ALERT_AFTER_S = 3.0
"""Long enough to open the page, short enough to see it happen."""
SIMULATED = (
    "Simulated: Slack, Prometheus, Elasticsearch, GitHub, PagerDuty, Kubernetes. Runbook steps are real processes;\n"
    "their kubectl and aws reach only this playground."
)
HASTE = {"REOPEN_WINDOW_S": "60", "QUIET_PERIOD_S": "60", "WATCH_S": "120"}
"""What would take a quarter of an hour and longer takes minutes, so that a whole incident is seen."""
HASTENED = (
    "Waiting is short here: an incident that fires again a minute after its end is a new one, it is proposed to be\n"
    "closed after one minute, and a change is watched for two (as shipped: an hour, 15 minutes, 15 minutes)."
)
ANSWERS: dict[Model, str] = {
    "script": "Claude is simulated too: a script answers, no model. With ANTHROPIC_API_KEY set, the real one is asked.",
    "real": "Claude is real: ANTHROPIC_API_KEY is set. What is asked leaves this machine, and your key pays for it.",
}


def main() -> int:
    """Runs the demo until Ctrl-C, or one scenario with `--once`. Leaves no process and no file behind."""
    arguments = _arguments()
    try:
        return asyncio.run(_demo(arguments))
    except NotStarted as problem:
        print(problem, file=sys.stderr)
    except OSError as problem:
        print(
            f"Port {arguments.port} cannot be used ({problem.strerror}). Try another: make demo PORT=9000",
            file=sys.stderr,
        )
    return 1


def _arguments() -> argparse.Namespace:
    names = [scenario.id for scenario in ALL]
    parser = argparse.ArgumentParser(prog="python -m playground", description=__doc__)
    parser.add_argument("--once", action="store_true", help="run one scenario, print what the bot said, and end")
    parser.add_argument("--scenario", default=FIRST, choices=names, metavar="NAME", help=f"one of {', '.join(names)}")
    parser.add_argument("--port", type=int, help=f"port of the page (default {PAGE_PORT}; any free one with --once)")
    arguments = parser.parse_args()
    if arguments.port is None:
        arguments.port = 0 if arguments.once else PAGE_PORT
    return arguments


async def _demo(arguments: argparse.Namespace) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    key = os.environ.get("ANTHROPIC_API_KEY", "").strip()
    model: Model = "real" if key else "script"
    with tempfile.TemporaryDirectory(prefix="first-responder-") as folder:
        more = HASTE | ({"ANTHROPIC_API_KEY": key} if key else {})
        async with running(Path(folder), port=arguments.port, more=more, model=model) as town:
            print(ANSWERS[model])
            acting = asyncio.create_task(_act(town, arguments, stop))
            waiting = asyncio.create_task(stop.wait())
            await asyncio.wait({acting, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if acting.done() and not stop.is_set():
                waiting.cancel()
                return acting.result()
            print("\nStopping …")
            acting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await acting
            return 130 if arguments.once else 0


async def _act(town: Town, arguments: argparse.Namespace, stop: asyncio.Event) -> int:
    print("Starting the bot and the world around it …", flush=True)
    code, printed = await town.bot.run("learn", "history.jsonl")
    if code:
        raise NotStarted(f"the bot could not learn the history:\n{printed}")
    await town.bot.start()
    if arguments.once:
        return await play_once(town, arguments.scenario)
    print(
        f"\n  {town.slack.url}\n\nOpen it in a browser. The first incident starts by itself; Ctrl-C ends it all."
        f"\n{SIMULATED}\n{HASTENED}",
        flush=True,
    )
    await asyncio.sleep(FIRST_ALERT_AFTER_S)
    try:
        await town.director.start(arguments.scenario)
    except NotDelivered as problem:
        print(f"The alert was not taken: {problem}", file=sys.stderr)
    await stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
