"""Which file a program's name stands for, who else could change it, and whether it is still the one approved."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from runbooks.commands import NotAllowedError, Program
from runbooks.running.settings import HandsSettings

_MOST_LINKS = 40
"""As many as Linux itself follows."""
_PIECE = 1 << 20
_HEAD = 256
"""Bytes in which Linux looks for the interpreter of a script."""
_SETTING = "RUNBOOK_ALLOWED_PROGRAMS"


def find(name: str, settings: HandsSettings) -> Program:
    """The program behind a name of the allow-list, with the digest of its file. Reads the whole file.

    Raises NotAllowedError: not listed, not found, or somebody else could change it.
    """
    path, handle = _opened(name, settings)
    try:
        return Program(str(path), digest(handle))
    finally:
        os.close(handle)


def open_approved(name: str, approved: Program, settings: HandsSettings) -> int:
    """A descriptor of the very file that was approved; starting it by the descriptor leaves no moment for a swap.

    Raises NotAllowedError when the name stands for another file now, or the file is not what it was.
    """
    path, handle = _opened(name, settings)
    try:
        _as_approved(name, path, handle, approved)
    except NotAllowedError:
        os.close(handle)
        raise
    return handle


def trusted(path: Path) -> Path:
    """The real path of a file that only root and the bot could change. Raises NotAllowedError."""
    try:
        for hop in _hops(path):
            _only_ours(hop)
    except OSError as error:
        raise NotAllowedError(f"{path} cannot be looked at ({error.strerror}); see that it is there") from error
    return Path(os.path.realpath(path))


def on_path(name: str, path: str) -> Path | None:
    """The first executable file of that name in the folders of a PATH."""
    found = (Path(folder) / name for folder in path.split(":") if "/" not in name)
    return next((file for file in found if file.is_file() and os.access(file, os.X_OK)), None)


def digest(handle: int) -> str:
    """SHA-256 (hex) of the whole file behind a descriptor, whose position stays."""
    found, at = hashlib.sha256(), 0
    while piece := os.pread(handle, _PIECE, at):
        found.update(piece)
        at += len(piece)
    return found.hexdigest()


def _listed(name: str, settings: HandsSettings) -> Path:
    base = name.rsplit("/", 1)[-1]
    for entry in settings.programs:
        if entry.rsplit("/", 1)[-1] != base or not base:
            continue
        path = Path(entry) if entry.startswith("/") else on_path(entry, settings.path)
        if path is None or not path.exists():
            raise NotAllowedError(f"`{entry}` is not installed here; install it, or name its path in {_SETTING}")
        if name in (base, str(path)) or _same(name, path):
            return path
    raise NotAllowedError(f"`{name}` is not in {_SETTING}; add it there, or take another program")


def _same(name: str, path: Path) -> bool:
    """Whether an absolute path is another way to write the listed program."""
    return name.startswith("/") and os.path.realpath(name) == os.path.realpath(path)


def _hops(path: Path) -> Iterator[Path]:
    """The file and every link on the way to it, each by the real path of its folder."""
    for _ in range(_MOST_LINKS):
        path = Path(os.path.realpath(path.parent)) / path.name
        yield path
        if not path.is_symlink():
            return
        path = path.parent / path.readlink()
    raise NotAllowedError(f"{path} is a link that leads nowhere")


def _only_ours(path: Path) -> None:
    """Raises NotAllowedError when anybody but root and the bot could put another file in this place."""
    for place in (path, *path.parents):
        found = place.lstat()
        if stat.S_ISLNK(found.st_mode):
            continue  # a link has no rights of its own: whoever may change its folder may change it
        if found.st_uid not in (0, os.geteuid()):
            raise NotAllowedError(f"{place} belongs to another user, who could replace it; chown it to root")
        if writers := _other_writers(found):
            raise NotAllowedError(f"{place} can be changed by {writers}, so nobody knows what would run; chmod go-w it")


def _other_writers(found: os.stat_result) -> str:
    if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX:
        return ""  # as in /tmp: others add names there, but cannot rename or remove what is ours
    if found.st_mode & stat.S_IWOTH:
        return "everybody"
    return "its group" if found.st_mode & stat.S_IWGRP and found.st_gid != 0 else ""


def _opened(name: str, settings: HandsSettings) -> tuple[Path, int]:
    """The real path behind a name of the allow-list, and a descriptor of what is there."""
    path = trusted(_listed(name, settings))
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise NotAllowedError(f"{path} cannot be read ({error.strerror}); give the bot the right to read it") from error
    try:
        _startable(path, handle)
        for interpreter in _interpreters(path, handle, settings):
            trusted(interpreter)
    except NotAllowedError:
        os.close(handle)
        raise
    return path, handle


def _as_approved(name: str, path: Path, handle: int, approved: Program) -> None:
    if str(path) != approved.path:
        raise NotAllowedError(f"`{name}` was {approved.path} when it was shown and is {path} now; ask again")
    before = _state(handle)
    if digest(handle) != approved.digest or _state(handle) != before:
        raise NotAllowedError(f"{path} is not the file that was shown; see who changed it, then ask again")


def _startable(path: Path, handle: int) -> None:
    if not stat.S_ISREG(os.fstat(handle).st_mode) or not os.access(path, os.X_OK):
        raise NotAllowedError(f"{path} is not a program that the bot may start; make it executable, or name another")


def _interpreters(path: Path, handle: int, settings: HandsSettings) -> Iterator[Path]:
    """What reads a script: the program after `#!`, and the one that `env` looks for."""
    head = os.pread(handle, _HEAD, 0)
    if not head.startswith(b"#!"):
        return
    words = head[2:].split(b"\n", 1)[0].decode(errors="replace").split()
    if not words or not words[0].startswith("/"):
        raise NotAllowedError(f"{path} does not name its interpreter by a whole path; mend its first line")
    yield Path(words[0])
    if words[0].endswith("/env"):
        wanted = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), "")
        found = on_path(wanted, settings.path)
        if found is None:
            raise NotAllowedError(f"{path} needs `{wanted}`, which is not on the bot's PATH; install it")
        yield found


def _state(handle: int) -> Sequence[int]:
    found = os.fstat(handle)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns
