"""The whole of it once, on small made-up incidents."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.eval.big import Size, write
from tests.eval.cases import Case, NoCases, cases_in
from tests.eval.report import cost
from tests.eval.running import look, replayed
from tests.eval.speed import Cost, costs, exponent, report

RECORDINGS = Path(__file__).parent.parent / "recordings"
TITLES = (
    "Beside the anchors", "Recording by recording", "By system and by kind", "Where nothing was wrong",
    "How often each confidence is right", "Seconds and memory", "not chosen on", "left out in turn",
    "Everyday things added", "Synthetic",
)  # fmt: skip


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "tests.eval", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=RECORDINGS.parents[1],
    )


def test_everything_is_printed_from_one_call(tmp_path):
    folder = tmp_path / "cases"
    for name in ("upstream-down", "false-alarm"):
        shutil.copytree(RECORDINGS / name, folder / name)
    done = run(tmp_path, "--answers", tmp_path / "answers.jsonl", "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert [title for title in TITLES if title not in done.stdout] == []
    assert "1 faults, 1 quiet" in done.stdout
    answers = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert [answer["recording"] for answer in answers] == ["false-alarm", "upstream-down"]


def test_a_folder_without_truths_says_what_is_missing(tmp_path):
    shutil.copytree(RECORDINGS / "false-alarm", tmp_path / "r-1")
    (tmp_path / "r-1" / "truth.json").unlink()
    done = run(tmp_path, "--answers", tmp_path / "answers.jsonl")
    assert done.returncode == 1
    assert "alert.json and truth.json (or --truths FILE)" in done.stderr


def test_a_recording_that_cannot_be_read_is_named(tmp_path):
    shutil.copytree(RECORDINGS / "false-alarm", tmp_path / "r-1")
    (tmp_path / "r-1" / "metrics.csv.gz").write_bytes(b"no gzip")
    done = run(tmp_path, "--answers", tmp_path / "answers.jsonl", "--workers", 1)
    assert done.returncode == 1
    assert "r-1" in done.stderr
    assert "Traceback" not in done.stderr


def test_truths_may_stand_in_one_file(tmp_path):
    shutil.copytree(RECORDINGS / "false-alarm", tmp_path / "r-1")
    truths = tmp_path / "truths.json"
    truths.write_text(json.dumps({"r-1": {"service": "other"}, "r-2": {"service": None}}))
    (one,) = cases_in(tmp_path, truths)
    assert (one.name, one.truth["service"], one.quiet, one.system) == ("r-1", "other", False, "?")
    truths.write_text("{}")
    with pytest.raises(NoCases):
        cases_in(tmp_path, truths)


def test_a_made_up_incident_is_the_same_each_time_and_has_one_right_answer(tmp_path):
    first, again = (write(tmp_path / name, Size(8, 400)) for name in ("a", "b"))
    seen = [look(Case(folder, {"service": "service-007"})) for folder in (first, again)]
    for name in ("metrics.csv.gz", "logs.jsonl.gz"):
        assert gzip.decompress((first / name).read_bytes()) == gzip.decompress((again / name).read_bytes())
    assert seen[0].whole == seen[1].whole
    assert seen[0].whole.first == "service-007"
    assert set(seen[0].alone) == {"figures", "log lines", "rollouts"}


def test_what_a_replay_takes_is_weighed(tmp_path):
    (tmp_path / "r-1").mkdir()
    told = replayed([RECORDINGS / "false-alarm", tmp_path / "r-1"], tmp_path / "out" / "answers.jsonl")
    assert told.failed
    assert list(told.answers) == ["false-alarm"]
    assert told.peak_mb > 20
    assert told.cpu_s > 0
    assert "1 recordings in one process" in cost(told.answers, told.wall_s, told.cpu_s, told.peak_mb)


def test_costs_come_for_every_size_with_lines_and_without():
    found = costs((4, 6), 200)
    assert [(one.services, one.lines) for one in found] == [(4, 200), (4, 0), (6, 200), (6, 0)]
    assert all(one.right for one in found)


def test_growth_is_told_from_the_sizes_without_lines():
    def sizes(power):
        return [Cost(n, lines, 1.0, (n / 50) ** power, 50.0, True) for n in (50, 500) for lines in (60_000, 0)]

    assert exponent(sizes(2.0)[1::2]) == pytest.approx(2.0)
    assert "NOT near linear" in report(sizes(2.0))
    assert "near linear, CPU seconds grow with services to the power of 1.00" in report(sizes(1.0))
    assert "MISSED" not in report(sizes(1.0))
    assert "MISSED" in report([Cost(50, 60_000, 2.1, 1.0, 50.0, True)])
    assert "MISSED" in report([Cost(50, 60_000, 1.0, 1.0, 301.0, True)])
