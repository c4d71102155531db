"""A process that looks as a test wants it to: `python -m tests.looking.puppet HOW FOLDER`."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from bot.looking import messages
from bot.looking.messages import Answered, Asked, Drawn, Failed, Glimpsed, LookInto, NotUsed, Seen, Used, UseTool
from bot.state import codec
from integrations.contract import ToolAnswer
from tests.stories.incident_sample import REPORT


def main(how, folder):
    before = len(list(folder.iterdir()))
    (folder / str(os.getpid())).touch()
    asked = []
    for line in sys.stdin:
        asked.append(codec.read(line, Asked))
        if how == "answers backwards" and len(asked) < 3:
            continue
        if how.endswith("once") and before:
            how = "answers"
        BEHAVIOUR.get(how, answer_all)(asked)


def answer_all(asked):
    while asked:
        answer(asked.pop())


def answer_looks(asked):
    while asked:
        if not isinstance(asked[-1].question, UseTool):
            answer(asked[-1])
        asked.pop()


def babble(_asked):
    print("no message", flush=True)


BEHAVIOUR = {
    "dies once": lambda _: os._exit(9),
    "dies": lambda _: os._exit(9),
    "stands still once": lambda _: time.sleep(600),
    "fails": lambda asked: say(asked.pop().number, Failed()),
    "babbles": babble,
    "keeps tools waiting": answer_looks,
}


def answer(asked):
    if isinstance(asked.question, LookInto):
        say(asked.number, Glimpsed(REPORT))
        context = replace(REPORT.context, scope=asked.question.scope)
        say(asked.number, Seen(replace(REPORT, context=context)))
    elif isinstance(asked.question, UseTool):
        say(asked.number, used(asked.question))
    else:
        say(asked.number, Drawn.of(b"PNG"))


def used(question):
    """Refuses what is called so, is silent where that is asked for, else says what it was given."""
    if question.tool in ("refuses", "silent"):
        return NotUsed("prometheus", f"{question.tool} here", passing=question.tool == "silent")
    told = f"{question.tool} {question.arguments} {question.scope.incident_id}"
    return Used(ToolAnswer(told, "told", "https://x", "the first 2 of 3", ("checkout",), hard=False))


def say(number, message):
    sys.stdout.buffer.write(messages.line(Answered(number, message)))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
