"""`python -m tests.eval RECORDINGS`: how often the engine is right, beside what anybody would try first.

RECORDINGS is a folder of recordings, or one with `cases/` and a `score.py`. Fixed seeds: two runs print the same, but
for the seconds. `--speed` measures what a big made-up incident costs as well.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.replaying.replay import BadRecording
from tests.eval import parts_report, report, seen_before, speed
from tests.eval.cases import Answers, Case, NoCases, cases_in
from tests.eval.everyday import EVERYDAY
from tests.eval.left_out import ALONE, WITNESSES
from tests.eval.report import ENGINE, Measured
from tests.eval.running import Looked, looked, replayed
from tests.eval.scoring import Scorer, scorer_of

SCENARIOS = Path(__file__).parent.parent / "recordings"
"""The playground's own incidents, made up, with log lines and rollouts."""


def main() -> int:
    arguments = _arguments()
    try:
        code = _eval(arguments) if arguments.recordings else 0
        if arguments.speed:
            _say("What a big incident costs (made up; 20 signals a service, 2 hours)", speed.report(speed.costs()))
    except (BadRecording, NoCases) as problem:
        print(problem, file=sys.stderr)
        return 1
    return code


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.eval", description=__doc__)
    parser.add_argument("recordings", nargs="?", type=Path, help="folder of recordings with truths")
    parser.add_argument("--truths", type=Path, help="truths in one file, {recording: truth}")
    parser.add_argument("--answers", type=Path, default=Path("var/answers.jsonl"), help="where the answers are kept")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes side by side")
    parser.add_argument("--speed", action="store_true", help="what a big made-up incident costs")
    arguments = parser.parse_args()
    if not arguments.recordings and not arguments.speed:
        parser.error("say which recordings, or --speed")
    return arguments


def _eval(arguments: argparse.Namespace) -> int:
    cases = cases_in(arguments.recordings, arguments.truths)
    scorer = scorer_of(arguments.recordings)
    told = replayed([case.folder for case in cases], arguments.answers)
    seen = looked(cases, arguments.workers)
    measured = _measured(cases, told.answers, seen, scorer)
    print(f"{len(measured.faults)} faults, {len(measured.quiet)} quiet. {_machine()}")
    _figures(measured)
    _say("Seconds and memory", report.cost(told.answers, told.wall_s, told.cpu_s, told.peak_mb))
    _say(
        "Seen before: its like among the recordings before it",
        seen_before.report(seen_before.looked(cases, arguments.workers)),
    )
    _parts(measured, seen)
    _scenarios(scorer, arguments.workers)
    return 1 if told.failed else 0


def _machine() -> str:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {python}"


def _measured(cases: Sequence[Case], engine: Answers, seen: Mapping[str, Looked], scorer: Scorer) -> Measured:
    names = next(iter(seen.values())).anchors
    ways = {name: {case.name: seen[case.name].anchors[name] for case in cases} for name in names}
    return Measured(cases, {**ways, ENGINE: engine}, scorer)


def _figures(measured: Measured) -> None:
    _say("Beside the anchors, on the same files", report.side_by_side(measured))
    if measured.faults:
        _say("Recording by recording, with 95 % bootstrap intervals", report.differences(measured))
        _say("By system and by kind of fault (recordings)", report.by_group(measured))
    if measured.quiet:
        _say("Where nothing was wrong", report.quiet_ones(measured))
    _say("How often each confidence is right", report.calibration(measured.cases, measured.answers[ENGINE]))


def _parts(measured: Measured, seen: Mapping[str, Looked]) -> None:
    weighed = {name: one.weighed for name, one in seen.items()}
    _say("Levels of confidence, on systems they were not chosen on", parts_report.other_system(measured.cases, weighed))
    whole = {name: one.whole for name, one in seen.items()}  # says of rollouts what `replay` does not print
    measured = replace(measured, answers={ENGINE: whole})
    _say("Each witness left out in turn", parts_report.left_out(measured, *_parts_of(seen)))
    added = {what: {name: one.added[what] for name, one in seen.items()} for what in EVERYDAY}
    _say("Everyday things added, made up, that have nothing to do with it", parts_report.added(measured, added))


def _scenarios(scorer: Scorer, workers: int) -> None:
    """The playground's scenarios: synthetic, the only ones here with log lines and rollouts."""
    cases = cases_in(SCENARIOS)
    seen = looked(cases, workers)
    measured = _measured(cases, {name: one.whole for name, one in seen.items()}, seen, scorer)
    _say("Synthetic: the playground's scenarios, with log lines and rollouts", report.side_by_side(measured))
    _say("Synthetic: each witness left out in turn", parts_report.left_out(measured, *_parts_of(seen)))


def _parts_of(seen: Mapping[str, Looked]) -> tuple[dict[str, Answers], dict[str, Answers]]:
    """Answers without each witness, and with some alone."""
    without = {part: {name: one.left_out[part] for name, one in seen.items()} for part in WITNESSES}
    alone = {part: {name: one.alone[part] for name, one in seen.items()} for part in ALONE}
    return without, alone


def _say(title: str, text: str) -> None:
    print(f"\n## {title}\n\n{text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
