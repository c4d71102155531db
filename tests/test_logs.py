"""The bot's own log is JSON, carries the incident, and gives no secret away, however it is handed one."""

import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from bot import logs
logs.configure("INFO")
log = structlog.get_logger("bot.test")
secret = "hunter2" + "-x9"
with structlog.contextvars.bound_contextvars(incident="INC-1"):
    log.info("told", detail=f"password={secret}", problem=ValueError(f"token: {secret}"), more={"password": secret})
    try:
        raise RuntimeError(f"postgres://app:{secret}@db/x")
    except RuntimeError:
        log.exception("failed")
logging.getLogger("somebody.else").warning("bearer %s", "abcdef" + "0123456789")
"""


def test_lines_are_json_with_the_incident_and_without_secrets():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    lines = [json.loads(line) for line in done.stderr.splitlines()]

    assert [line["event"] for line in lines][:2] == ["told", "failed"]
    assert lines[0]["incident"] == lines[1]["incident"] == "INC-1"
    assert lines[0]["level"] == "info"
    assert "RuntimeError" in lines[1]["exception"]
    assert "hunter2" not in done.stderr
    assert "0123456789" not in done.stderr
