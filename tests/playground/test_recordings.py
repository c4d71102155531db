"""The recordings in the repository are those that the scenarios yield today."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from playground.recording import files, write
from playground.scenarios import ALL
from playground.scenarios.model import Scenario

COMMITTED = Path(__file__).parents[1] / "recordings"


def unpacked(name: str, content: bytes) -> bytes:
    return gzip.decompress(content) if name.endswith(".gz") else content


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.id)
def test_what_is_committed_is_what_the_scenario_yields(scenario: Scenario):
    for name, content in files(scenario).items():
        committed = (COMMITTED / scenario.id / name).read_bytes()
        assert unpacked(name, committed) == unpacked(name, content), (
            f"{scenario.id}/{name} has changed; if that was meant: python -m playground.recording tests/recordings"
        )


def test_nothing_else_lies_there_and_all_of_it_is_small():
    found = {path.relative_to(COMMITTED).as_posix() for path in COMMITTED.rglob("*") if path.is_file()}
    assert found == {f"{scenario.id}/{name}" for scenario in ALL for name in files(scenario)}
    assert sum((COMMITTED / name).stat().st_size for name in found) < 1_500_000


def test_writing_twice_gives_the_same_bytes(tmp_path: Path):
    write(tmp_path / "once")
    write(tmp_path / "again")
    for path in (tmp_path / "once").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "again" / path.relative_to(tmp_path / "once")).read_bytes()
