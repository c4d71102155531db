"""The catalogue of safe commands: what may be shown to a person as a command to paste, whoever thought of it.

A command is safe when it stands in the reading table (`runbooks/reading.py`), so that it only looks, and when pasted
into a shell it does nothing else: no second command, no redirection, nothing put in from outside.
"""

from __future__ import annotations

import re
import shlex

from runbooks.reading import is_read_command

LONGEST = 400
"""Characters: what is longer nobody reads before they paste it."""
_SHELL = re.compile(r"[;&|<>$`\\\n\r!(){}*?~#\x00-\x1f]")
"""What means something to a shell even between double quotes, or could once the quotes are lost on the way."""
_COMMAND = re.compile(
    r"(?:sudo |\$ )?(?:kubectl|helm|docker|psql|mysql|redis-cli|aws|gcloud|az|curl|wget|ssh|systemctl|journalctl|git|"
    r"terraform|ansible|rm|kill|pkill|df|du|find|ps|top|free|cat|tail|grep|python\d?|bash|sh|nc|dig|ping)\s"
)


def is_safe(command: str) -> bool:
    """Whether it only looks, also when it is pasted into a shell as it stands."""
    if len(command) > LONGEST or _SHELL.search(command):
        return False
    try:
        argv = shlex.split(command)
    except ValueError:
        return False
    return bool(argv) and is_read_command(argv)


def looks_like_a_command(text: str) -> bool:
    """Whether somebody may take it for a command to paste: it begins with a program that on-call engineers use."""
    return _COMMAND.match(text.strip() + " ") is not None
