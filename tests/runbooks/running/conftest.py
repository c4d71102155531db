"""Benches for tests of the hands."""

from __future__ import annotations

import pytest

from tests.runbooks.running.bench import Bench


@pytest.fixture
def make_bench(tmp_path):
    """Benches with settings of their own, in one folder of programs."""
    folder = tmp_path / "programs"
    folder.mkdir(mode=0o700)
    return lambda **settings: Bench(folder, **settings)


@pytest.fixture
def bench(make_bench):
    return make_bench()
