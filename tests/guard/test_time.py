"""No text takes long: a megabyte made to be slow is done well within the patience of a test."""

import subprocess
import sys
from pathlib import Path

import pytest

MEGABYTE = 1_000_000
PATIENCE_S = 120
"""Of the processor's time, whatever else it does. All of them take a few seconds; a pattern that reads again what it
has read takes minutes for a single one."""
SLOW = (
    "eyJ",
    "-eyJaaaaaaaa",
    "eyJaaaaaaaaaa.",
    "-----BEGIN PRIVATE KEY-----" + "A" * 40,
    "://",
    "://a:b@",
    ":a1aaaaa@b",
    'password="',
    'password: \\"',
    "password='",
    "password=a,",
    "pass",
    "[redacted: password]",
    "token: ",
    "token=&quot;",
    "name=tokentoken",
    "name: token value",
    "secret_access_key",
    "<password ",
    "<a",
    "cookie: a=b;",
    'cookie: a=b","',
    "authorization: bearer ",
    "bearer aaaaaaaa",
    "curl -u a",
    "mysql ",
    "redis-cli -a ",
    "login a password ",
    "?sig=a",
    "auth=aA1aaaaaaaaaaaaaa",
    " key=",
    "password is ",
    "AUTH a ",
    "insert into a (password",
    '--password", "',
    "type=password ",
    'name="password"\r\n',
    "define('password', '",
    "http -a a:",
    "mongo ",
    "ldapsearch ",
    "sqlplus a/",
    "echo a",
    "net user a ",
    "jdbc:oracle:thin:a/",
    "?u=a&p=",
    "contraseña: ",
    "otp=1",
    "$1$a",
    "$1$a$",
    "csk-",
    "pcsk_",
    "MTa",
    "EAACa",
    "dp.ct.a",
    "fm2_a",
    "a@b.",
    "a.",
    "4111 ",
    "sl_key      ",
    "ibm_key=",
    "sk-a",
    "8Q~",
    "gl",
    "\\",
    "a",
    "7",
    " ",
)
PROGRAM = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({PATIENCE_S}, {PATIENCE_S}))
from bot.guard.redact import Redaction
everything = Redaction(emails=True, cards=True)
for part in sys.argv[1:]:
    everything.text((part * ({MEGABYTE} // len(part) + 1))[:{MEGABYTE}] + "@")
"""


@pytest.mark.parametrize("share", [SLOW[at::4] for at in range(4)], ids="0123")
def test_a_megabyte_that_is_made_to_be_slow_ends_in_time(share):
    """In a process of its own: a regular expression at work cannot be interrupted."""
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", PROGRAM, *share], cwd=root, check=True)
