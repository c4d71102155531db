"""A `copy` becomes `kubectl cp` and `aws s3 cp`, under the rules of any other command."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from runbooks.commanding import Find, started
from runbooks.filling import Filling, RefusedError, without_references
from runbooks.model import Step
from runbooks.prepared import Exec

_S3 = re.compile(r"s3://([^/]+)/(.+)", re.DOTALL)
_POD = re.compile(r"(?:([^/:]+)/)?([^/:]+):(/.+)", re.DOTALL)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_PATH = re.compile(r"[A-Za-z0-9._=@+/-]{1,900}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=@+-]{0,200}")
_HINT = "write `pod:/path`, `namespace/pod:/path` or `s3://bucket/key`"


@dataclass(frozen=True, slots=True)
class _Side:
    program: str
    place: str
    file: str
    """The last part of its path."""


def copy(step: Step, filling: Filling, find: Find) -> Exec:
    """What runs: one command, or two by way of the step's own folder. Raises RefusedError, MissingError."""
    source = _side(str(step.details.get("from", "")), filling)
    target = _side(str(step.details.get("to", "")), filling)
    if source.program == target.program == "aws":
        return _command(step, find, target.program, source.place, target.place)
    # the pod's own file is only brought here to be taken on
    first = _command(step, find, source.program, source.place, source.file)
    return replace(first, then=_command(step, find, target.program, source.file, target.place))


def _command(step: Step, find: Find, program: str, source: str, target: str) -> Exec:
    words = ("kubectl", "cp") if program == "kubectl" else ("aws", "s3", "cp", "--only-show-errors")
    return started((*words, source, target), step, find)


def _side(written: str, filling: Filling) -> _Side:
    """What the text says before anything is put in; each part stays a part of its own."""
    without_references(written)
    if found := _S3.fullmatch(written):
        bucket, key = filling.put(found[1]), filling.put(found[2])
        if not _BUCKET.fullmatch(bucket):
            raise RefusedError(f"`{bucket}` is no name of a bucket")
        return _Side("aws", f"s3://{bucket}/{_path(key)}", _file(key))
    if found := _POD.fullmatch(written):
        names = [filling.put(part) for part in (found[1], found[2]) if part]
        if bad := next((name for name in names if not _NAME.fullmatch(name)), None):
            raise RefusedError(f"`{bad}` is no name of a pod or a namespace: a-z, 0-9, . and -")
        path = _path(filling.put(found[3]))
        return _Side("kubectl", f"{'/'.join(names)}:{path}", _file(path))
    raise RefusedError(f"`{written}` is nothing that `copy` knows; {_HINT}")


def _path(path: str) -> str:
    if not _PATH.fullmatch(path) or {"..", "."} & set(path.split("/")):
        raise RefusedError("a path in `copy` has letters, digits and . _ = @ + / -, and no `..`")
    return path


def _file(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    if not _FILE.fullmatch(name):
        raise RefusedError(f"`copy` is of one file, so a path ends with its name; {_HINT}")
    return name
