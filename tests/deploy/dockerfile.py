"""deploy/Dockerfile, read."""

import re

from tests.pages import text_of


def stages() -> list[list[tuple[str, str]]]:
    """For each `FROM`, its instructions in order: name and the rest, on one line."""
    text = re.sub(r"^\s*#.*\n", "", text_of("deploy/Dockerfile"), flags=re.MULTILINE)
    lines = [line.strip() for line in re.sub(r"\\\n\s*", "", text).splitlines() if line.strip()]
    found: list[list[tuple[str, str]]] = []
    for name, _, rest in (line.partition(" ") for line in lines):
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append((name, rest))
    return found


def instructions() -> list[tuple[str, str]]:
    """Those of the image that comes out: the last stage."""
    return stages()[-1]
