"""The real servers as fixtures. A test that asks for one also carries `needs(…)`, so that it is skipped by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.real.alertmanager import alertmanager_server
from tests.real.chromium import browser_window
from tests.real.postgres import cluster, fresh_database
from tests.real.prometheus import Figures, prometheus_server
from tests.real.web import Server

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """`prometheus(figures=…, config=…)` starts one; it ends with the test."""
    with ExitStack() as stack:

        def start(figures: Iterable[Figures] = (), config: str = "") -> Server:
            return stack.enter_context(prometheus_server(tmp_path / "prometheus", figures, config))

        yield start


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Callable[[str], Server]]:
    """`alertmanager(config)` starts one; it ends with the test."""
    with ExitStack() as stack:
        yield lambda config: stack.enter_context(alertmanager_server(tmp_path / "alertmanager", config))


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    with cluster() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_cluster: str) -> Iterator[str]:
    """The address of an empty database that only this test uses."""
    with fresh_database(postgres_cluster) as url:
        yield url


@pytest.fixture
def browser() -> Iterator[Chrome]:
    with browser_window() as window:
        yield window
