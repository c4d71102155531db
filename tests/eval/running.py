"""Runs the engine on recordings: as the command does, in a process that is weighed, and again in parts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from bot.analyse import analyse, suffering, tell, weigh
from bot.domain.analysis import Analysis
from bot.replaying.replay import read_recording, result
from tests.eval.anchors import ANCHORS
from tests.eval.cases import Answer, Answers, Case
from tests.eval.everyday import EVERYDAY
from tests.eval.left_out import ALONE, WITNESSES
from tests.eval.levels import Weighed


@dataclass(frozen=True, slots=True)
class Replayed:
    """What `first-responder replay` printed for a folder, and what the process took."""

    answers: Answers
    wall_s: float
    cpu_s: float
    peak_mb: float
    failed: bool
    """Whether it could not read a recording (it says which on stderr)."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One recording, read once and answered in every way."""

    name: str
    anchors: dict[str, Answer]
    whole: Answer
    left_out: dict[str, Answer]
    alone: dict[str, Answer]
    added: dict[str, Answer]
    weighed: Weighed


def replayed(folders: Sequence[Path], out: Path) -> Replayed:
    """Replays recordings in a process of their own, as a user would; its lines go to the file `out`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    with out.open("w") as lines:
        child = subprocess.Popen([sys.executable, "-m", "bot", "replay", *map(str, folders)], stdout=lines)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    told = [json.loads(line) for line in out.read_text().splitlines()]
    answers = {line["recording"]: Answer.of(line["causes"], line["seconds"]) for line in told}
    peak_mb = used.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    return Replayed(answers, wall, used.ru_utime + used.ru_stime, peak_mb, child.returncode != 0)


def looked(cases: Sequence[Case], workers: int) -> dict[str, Looked]:
    """Every recording with its anchors, its leave-outs and what was weighed, by name.

    A recording is let go of before the next one is read. One that cannot be read raises BadRecording.
    """
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return {one.name: one for one in pool.map(look, cases)}


def look(case: Case) -> Looked:
    """One recording, answered in every way."""
    context = read_recording(case.folder)
    evidence = weigh(context)
    return Looked(
        name=case.name,
        anchors={name: rule(context) for name, rule in ANCHORS.items()},
        whole=_answer(tell(context, evidence)),
        left_out={name: _answer(analyse(without(context))) for name, without in WITNESSES.items()},
        alone={name: _answer(analyse(only(context))) for name, only in ALONE.items()},
        added={name: _answer(analyse(add(context, case))) for name, add in EVERYDAY.items()},
        weighed=Weighed.of(evidence.ranked, suffering(evidence)),
    )


def _answer(analysis: Analysis) -> Answer:
    blames = bool(analysis.causes and analysis.causes[0].version)
    return Answer.of(result(analysis), blames_rollout=blames)
