"""The reading table: which deeds only look. What is not in it is not a read, whatever a runbook claims.

- `kubectl`: get, describe, top, logs, events, explain, version, api-resources, api-versions, rollout status and
  history, auth can-i, config current-context and get-contexts, with known flags: no other identity, no `--raw`, no
  file, no `exec`, nothing about secrets (`runbooks/kubectl.py`).
- `psql`: each `-c` one SELECT, SHOW or EXPLAIN (`runbooks/sql.py`), run with `default_transaction_read_only=on`.
- `find` with tests and what prints; `df` and `du` with flags that say what is shown.
- `aws`: `s3 ls`, and describe-, get-, list- of listed services, less what hands out secrets (`runbooks/aws.py`).
- `http`: GET and HEAD without a body, the safe methods of RFC 9110, section 9.2.1. A service where a GET acts does not
  belong into RUNBOOK_ALLOWED_HOSTS, or its step says `approval: required`.
- `promql`, `wait`, `message`: always.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from runbooks import aws, kubectl, psql, sql
from runbooks.flags import flags, read
from runbooks.prepared import Deed, Exec, Http

_PLACES = ("/bin/", "/usr/bin/", "/usr/local/bin/")


def is_read(deed: Deed) -> bool:
    """Whether it only looks, and hands out no secret. A psql that is not held to read-only transactions is no read."""
    match deed:
        case Exec():
            held = _program(deed.argv) != "psql" or psql.READ_ONLY.items() <= deed.env.items()
            return held and is_read_command(deed.argv) and (deed.then is None or is_read(deed.then))
        case Http():
            return deed.method in ("GET", "HEAD") and not deed.body
        case _:
            return True


def is_read_command(argv: Sequence[str]) -> bool:
    """The same for a command of which only the arguments are known, `{{variables}}` not put in yet."""
    table = _TABLE.get(_program(argv))
    return table is not None and table(list(argv[1:]))


def _program(argv: Sequence[str]) -> str:
    """The name; of a path only where the system's own programs are."""
    folder, _, name = argv[0].rpartition("/")
    return name if not folder or f"{folder}/" in _PLACES else argv[0]


def _psql(args: list[str]) -> bool:
    try:
        found = psql.understood(("psql", *args))
    except psql.PsqlError:
        return False
    names = [*found.positional, *(value for name, value in found.options if name == "dbname")]
    if not all(_DATABASE.fullmatch(name) for name in names):
        return False  # a connection string may carry `options=`, which undoes PGOPTIONS
    return bool(found.sql) and all(sql.only_looks(text) for _, text in found.sql)


_DATABASE = re.compile(r"[A-Za-z0-9_.-]+")
_FIND = flags(
    "-L -H -P -daystart -depth -empty -follow -ls -mount -not -o -a -or -and -print -print0 -prune -quit -readable "
    "-writable -executable -true -false -xdev -nouser -nogroup -noleaf",
    "-amin -atime -cmin -ctime -group -gid -iname -ilname -inum -ipath -iregex -links -lname -maxdepth -mindepth -mmin "
    "-mtime -name -newer -path -perm -printf -regex -regextype -samefile -size -type -uid -user -wholename -xtype "
    "-newermt",
)


def _find(args: list[str]) -> bool:
    rest = list(args)
    while rest:
        arg = rest.pop(0)
        if not arg.startswith("-"):
            continue
        if arg not in _FIND or (_FIND[arg] and not rest):
            return False
        if _FIND[arg]:
            rest.pop(0)
    return True


_DF = flags(
    "-a --all -h --human-readable -H --si -i --inodes -k -l --local -P --portability -T --print-type --total --output",
    "-B --block-size -t --type -x --exclude-type",
)
_DU = flags(
    "-a --all -b --bytes -c --total -h --human-readable -k -m -s --summarize -S --separate-dirs -x --one-file-system "
    "-L -P -D -l --apparent-size --inodes --si --time -0 -sh -sk -sm -xh -sxh -shx -ah -hx -ch -csh",
    "-d --max-depth -B --block-size -t --threshold --exclude",
)


def _df(args: list[str]) -> bool:
    joined = [f"-{letter}" for arg in args if re.fullmatch(r"-[ahHiklPT]{2,4}", arg) for letter in arg[1:]]
    return read([arg for arg in args if not re.fullmatch(r"-[ahHiklPT]{2,4}", arg)] + joined, _DF) is not None


def _du(args: list[str]) -> bool:
    return read(args, _DU) is not None


_TABLE: Mapping[str, Callable[[list[str]], bool]] = {
    "kubectl": kubectl.only_looks,
    "psql": _psql,
    "find": _find,
    "df": _df,
    "du": _du,
    "aws": aws.only_looks,
}
