"""A test whose program is missing is skipped by name and counted, and fails where CI is set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TWO_TESTS = """
import pytest

@pytest.mark.needs("prometheus")
def test_one(): pass

@pytest.mark.needs("prometheus")
def test_two(): pass
"""


WORKERS = pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "worker"])


def run(folder, text, workers=(), **environment):
    """pytest with our conftest over one file, on a machine without any program."""
    (folder / "test_it.py").write_text(text)
    argv = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml")]
    argv += ["--rootdir", str(folder), "-p", "no:cacheprovider", *workers, "test_it.py"]
    bare = {"PATH": str(folder), "PYTHONPATH": str(ROOT), "HOME": str(folder)}
    for name in ("SYSTEMROOT", "LD_LIBRARY_PATH"):
        if name in os.environ:
            bare[name] = os.environ[name]
    return subprocess.run(argv, cwd=folder, env=bare | environment, capture_output=True, text=True, timeout=60)


@WORKERS
def test_on_a_desk_they_are_skipped_and_counted(tmp_path, workers):
    done = run(tmp_path, TWO_TESTS, workers)
    assert done.returncode == 0, done.stdout
    assert "skipped: 2 tests need prometheus, which is not installed" in done.stdout


@WORKERS
def test_on_ci_they_fail(tmp_path, workers):
    done = run(tmp_path, TWO_TESTS, workers, CI="true")
    assert done.returncode == 1
    assert "2 failed" in done.stdout or "2 errors" in done.stdout, done.stdout


@WORKERS
@pytest.mark.parametrize("mark", ["pytest.skip('not today')", "pytest.importorskip('no_such_module')"])
def test_on_ci_any_other_skip_fails_the_run_too(tmp_path, mark, workers):
    done = run(tmp_path, f"import pytest\n\ndef test_it():\n    {mark}\n", workers, CI="true")
    assert done.returncode == 1
    assert "CI allows no skips: test_it.py::test_it" in done.stdout


@WORKERS
def test_on_ci_a_whole_file_that_is_skipped_fails_the_run_too(tmp_path, workers):
    done = run(tmp_path, "import pytest\n\npytest.importorskip('no_such_module')\n", workers, CI="true")
    assert done.returncode == 1
    assert "CI allows no skips: test_it.py" in done.stdout


def test_a_program_that_nobody_knows_is_an_error(tmp_path):
    done = run(tmp_path, "import pytest\n\n@pytest.mark.needs('promethus')\ndef test_it(): pass\n")
    assert done.returncode == 4
    assert "needs('promethus')" in done.stdout + done.stderr
