"""The one text in which people see a deed: exact, in plain ASCII, and another text for another deed.

It holds the arguments, the environment and the request whole. Which file the program is and how long it may take are
not in it; the digest of a gate binds them as well.
"""

from __future__ import annotations

import re

from runbooks.prepared import Deed, Exec, Http, Promql, Say, Wait

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_PROGRAM = re.compile(r"[A-Za-z0-9_.+/@-]+")
_IN_DOUBLE = re.compile(r"[ #%-\[\]^_a-~]+")
"""No `"`, `!`, `$`, backslash or backtick: bash reads on inside double quotes for these."""
_METHOD = re.compile(r"[A-Z]+")
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def shown(deed: Deed) -> str:
    """A command as one would type it in bash; a request as it goes over the wire; the others by their name.

    Control characters, bidirectional ones and everything outside ASCII are escaped. The text has one line, but for
    a second command, and the headers and the body of a request.
    """
    match deed:
        case Exec():
            return "\n".join([_command(deed), *([shown(deed.then)] if deed.then else [])])
        case Http():
            return _request(deed)
        case Promql():
            return f"promql: {escaped(deed.query)}"
        case Wait():
            return f"wait: {deed.seconds:.17g} s"
        case Say():
            return f"message: {escaped(deed.text)}"


def escaped(text: str) -> str:
    """In ASCII, on one line; a backslash is doubled, so that two texts never look the same."""
    return "".join(_escaped(char) for char in text)


def _escaped(char: str) -> str:
    if char == "\\":
        return "\\\\"
    if " " <= char <= "~":
        return char
    return _NAMED.get(char) or (f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")


def _command(deed: Exec) -> str:
    env = [f"{escaped(name)}={_quoted(value)}" for name, value in sorted(deed.env.items())]
    return " ".join([*env, _program(deed.argv[0]), *map(_quoted, deed.argv[1:])])


def _quoted(arg: str) -> str:
    """As bash would read it back: plain, in quotes, or as `$'…'` where it holds what one cannot see."""
    if _PLAIN.fullmatch(arg):
        return arg
    if "'" in arg and _IN_DOUBLE.fullmatch(arg):
        return '"' + arg + '"'
    if all(" " <= char <= "~" for char in arg):
        return "'" + arg.replace("'", "'\"'\"'") + "'"
    return "$'" + escaped(arg).replace("'", "\\'") + "'"


def _program(name: str) -> str:
    """Quoted also where it would look like an assignment, a request or one of our own words."""
    plain = _PROGRAM.fullmatch(name) and not _METHOD.fullmatch(name)
    return name if plain else "'" + name + "'" if _PLAIN.fullmatch(name) else _quoted(name)


def _request(deed: Http) -> str:
    lines = [f"{escaped(deed.method)} {escaped(deed.url)}"]
    lines += [f"{escaped(name)}: {escaped(value)}" for name, value in sorted(deed.headers.items())]
    return "\n".join([*lines, *(("", *map(escaped, deed.body.split("\n"))) if deed.body else ())])
