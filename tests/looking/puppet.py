"""A process that looks as a test wants it to: `python -m tests.looking.puppet HOW FOLDER`."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from bot.looking import messages
from bot.looking.messages import Answered, Asked, Drawn, Failed, Glimpsed, LookInto, Seen
from bot.state import codec
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


def babble(_asked):
    print("no message", flush=True)


BEHAVIOUR = {
    "dies once": lambda _: os._exit(9),
    "dies": lambda _: os._exit(9),
    "stands still once": lambda _: time.sleep(600),
    "fails": lambda asked: say(asked.pop().number, Failed()),
    "babbles": babble,
}


def answer(asked):
    if isinstance(asked.question, LookInto):
        say(asked.number, Glimpsed(REPORT))
        context = replace(REPORT.context, scope=asked.question.scope)
        say(asked.number, Seen(replace(REPORT, context=context)))
    else:
        say(asked.number, Drawn.of(b"PNG"))


def say(number, message):
    sys.stdout.buffer.write(messages.line(Answered(number, message)))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
