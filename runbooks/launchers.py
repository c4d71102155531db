"""Which commands can run other commands than the one that people are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHELLS = _words("sh bash dash zsh ksh ash fish csh tcsh rbash pwsh powershell busybox toybox")
INTERPRETERS = _words(
    "python perl ruby node nodejs php lua luajit tclsh wish expect awk gawk mawk nawk sed java jshell groovy scala "
    "deno bun gdb irb psysh R Rscript julia ghci erl iex osascript m4 make gmake ninja vi vim nvim emacs ed ex "
    "mysql mariadb mongo mongosh sqlite3 redis-cli"
)
LAUNCHERS = _words(
    "env xargs parallel nohup nice ionice chrt taskset timeout time stdbuf setsid setpriv sudo su doas runuser chroot "
    "unshare nsenter watch script strace ltrace perf flock ssh rsh telnet socat nc ncat netcat docker podman nerdctl "
    "crictl ctr systemd-run at batch crontab eval exec source command builtin trap coproc start-stop-daemon "
    "run-parts entr screen tmux dtach ansible ansible-playbook salt pdsh git tar rsync scp sftp"
)
_VERSION = re.compile(r"[0-9.]+$")
_LOADER = re.compile(r"ld(-linux.*|-musl.*|)\.so.*")
_FIND = ("-exec", "-execdir", "-ok", "-okdir")
KUBECTL = _words(
    "alpha annotate api-resources api-versions apply attach auth autoscale certificate cluster-info completion config "
    "cordon cp create debug delete describe diff drain edit events exec explain expose get kustomize label logs "
    "options patch plugin port-forward proxy replace rollout run scale set taint top uncordon version wait"
)
"""Verbs that kubectl has of its own; any other is a plugin, a program that kubectl looks for on PATH."""
_TAKES = _words(
    "-n --namespace --context --cluster --user --kubeconfig --as --as-group --as-uid --token -s --server -v --v "
    "--request-timeout --cache-dir --certificate-authority --client-certificate --client-key --tls-server-name "
    "--profile --profile-output --username --password --vmodule -l --log-flush-frequency"
)
_REMOTE = (("ssm", "send-command"), ("ssm", "start-session"), ("ecs", "execute-command"))
_SQL_PROGRAM = re.compile(r"\bPROGRAM\b", re.IGNORECASE)


def launcher(argv: Sequence[str]) -> str:
    """Why this command can run other commands than the one that is shown; empty: it cannot."""
    if not argv:
        return ""
    name = base(argv[0])
    plain = _VERSION.sub("", name).rstrip("-") or name
    if name in SHELLS or plain in SHELLS:
        return f"`{name}` is a shell: what it does stands in its arguments and input"
    if name in INTERPRETERS or plain in INTERPRETERS:
        return f"`{name}` is an interpreter: it runs whatever its arguments say"
    if name in LAUNCHERS or _LOADER.fullmatch(name):
        return f"`{name}` starts other programs"
    return _BY_NAME.get(name, _nothing)(argv)


def base(program: str) -> str:
    """The program's own name, without folders."""
    return program.rsplit("/", 1)[-1]


def verb(argv: Sequence[str]) -> tuple[str, int]:
    """kubectl's verb and where it stands, flags before it passed over; empty where there is none."""
    place = 1
    while place < len(argv):
        arg = argv[place]
        if not arg.startswith("-"):
            return arg, place
        place += 2 if arg in _TAKES else 1
    return "", place


def _kubectl(argv: Sequence[str]) -> str:
    word, place = verb(argv)
    if word not in KUBECTL:
        # a plugin, or a flag that we do not know took its value for the verb
        return f"`kubectl {word}` starts a plugin, a program of its own" if word else ""
    if word in ("diff", "edit") or (word == "config" and "exec" in " ".join(argv)):
        return f"`kubectl {word}` starts an editor or another program"
    if word not in ("exec", "run", "debug"):
        return ""
    rest = list(argv[place + 1 :])
    inner = rest[rest.index("--") + 1 :] if "--" in rest else []
    if inner:
        return _inside(inner)
    return next(filter(None, (_inside([arg]) for arg in rest if not arg.startswith("-"))), "")


def _inside(argv: Sequence[str]) -> str:
    why = launcher(argv)
    return f"{why}, inside the container" if why else ""


def _find(argv: Sequence[str]) -> str:
    found = next((arg for arg in argv if arg in _FIND), "")
    return f"`find {found}` starts another program for each file" if found else ""


def _aws(argv: Sequence[str]) -> str:
    found = next((pair for pair in pairwise(argv) if pair in _REMOTE), None)
    return f"`aws {' '.join(found)}` runs commands on other machines" if found else ""


def _psql(argv: Sequence[str]) -> str:
    piped = any(arg.lstrip("-oLglutp=").startswith("|") for arg in argv if arg.startswith(("-o", "--o", "-L", "--l")))
    if piped or any(arg.startswith("|") for arg in argv[1:]):
        return "psql hands its output to another program (`|`)"
    if any(_SQL_PROGRAM.search(arg) for arg in argv[1:]):
        return "SQL with PROGRAM starts a program on the database's machine"
    return ""


def _nothing(_argv: Sequence[str]) -> str:
    return ""


_BY_NAME = {"kubectl": _kubectl, "oc": _kubectl, "find": _find, "aws": _aws, "psql": _psql}
