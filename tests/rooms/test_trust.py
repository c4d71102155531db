"""Authorities for clients that take only a path: nothing of them is left, whatever ends the process."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path

import certifi
import pytest

from integrations import trust
from integrations.contract import Refused

KILLED = """
import os, signal, ssl, sys
from pathlib import Path
from integrations import trust
with trust.bundle("room", Path(sys.argv[1])) as path:
    ssl.create_default_context(cafile=path)
    print("open", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_no_file_behind(tmp_path):
    if not hasattr(os, "memfd_create"):
        pytest.skip("this system has no files in memory")
    env = {"TMPDIR": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run([sys.executable, "-c", KILLED, certifi.where()], env=env, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("open\n", -9), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_path_holds_the_public_authorities_and_the_extra_one_until_the_end_of_the_block():
    extra = Path(certifi.where())
    with trust.bundle("room", extra) as path:
        assert Path(path).read_bytes().count(extra.read_bytes()) == 2
        ssl.create_default_context(cafile=path)
        ssl.create_default_context(cafile=path)  # each time from its beginning
    assert not Path(path).exists()


def test_a_file_that_cannot_be_used_is_refused_with_the_setting(tmp_path):
    with pytest.raises(Refused, match="EXTRA_CA_FILE"), trust.bundle("room", tmp_path / "none.pem"):
        pass
