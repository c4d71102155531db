"""A step in bubblewrap: no network and a read-only root, unless the step names what it needs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from runbooks.commands import NotAllowedError
from runbooks.running.place import Place
from runbooks.running.programs import on_path, trusted
from runbooks.running.settings import HandsSettings

NETWORK = "network"
_LIMIT_S = 20.0
"""Far more than it takes: a machine that stalls must not read as one without a sandbox."""
_HELP = (
    "let it make user namespaces (a host's kernel.unprivileged_userns_clone=1, a container's seccomp or AppArmor "
    "profile), or set RUNBOOK_SANDBOX=none"
)


def sandbox_check(settings: HandsSettings) -> str | None:
    """Starts an empty sandbox: None when that works, or when none is wanted; else what is wrong and what to do.

    Takes some ten milliseconds, twenty seconds at most, and blocks.
    """
    if settings.sandbox == "none":
        return None
    try:
        command = (*_walls(_bwrap(settings), network=False), "--", str(_true(settings)))
        subprocess.run(command, env={}, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT_S, check=True)  # noqa: S603  # our own words
    except NotAllowedError as problem:
        return f"RUNBOOK_SANDBOX=bwrap does not work here: {problem.reason}"
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().splitlines()
        return f"RUNBOOK_SANDBOX=bwrap does not work here ({said[0] if said else 'no reason given'}); {_HELP}"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"RUNBOOK_SANDBOX=bwrap does not work here ({type(error).__name__}); {_HELP}"
    return None


def inside(place: Place, needs: Sequence[str], command: Sequence[str], settings: HandsSettings) -> tuple[str, ...]:
    """The command as bubblewrap runs it. Raises NotAllowedError where `needs` names what cannot be opened."""
    folders = [_folder(need) for need in needs if need != NETWORK]
    shared = [argument for folder in folders for argument in ("--bind", str(folder), str(folder))]
    return (
        *_walls(_bwrap(settings), network=NETWORK in needs),
        *shared,
        *("--bind", str(place.work), str(place.work)),
        *("--ro-bind", str(place.programs), str(place.programs)),
        *("--chdir", str(place.work), "--"),
        *command,
    )


def _walls(bwrap: Path, *, network: bool) -> tuple[str, ...]:
    # A socket can be called on a read-only root too: without the network, /run with its sockets is empty.
    quiet = () if network or not Path("/run").is_dir() else ("--tmpfs", "/run")
    return (
        *(str(bwrap), "--unshare-all", "--unshare-user", *(("--share-net",) if network else ())),
        *("--die-with-parent", "--cap-drop", "ALL"),
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", *quiet),  # noqa: S108  # its own
    )


def _bwrap(settings: HandsSettings) -> Path:
    found = on_path("bwrap", settings.path)
    if found is None:
        raise NotAllowedError("bwrap is not installed; install the package bubblewrap, or set RUNBOOK_SANDBOX=none")
    return trusted(found)


def _true(settings: HandsSettings) -> Path:
    found = on_path("true", settings.path)
    if found is None:
        raise NotAllowedError("`true` is not on the bot's PATH; mend PATH")
    return found


def _folder(need: str) -> Path:
    """The real folder that a step wants to write to."""
    folder = Path(os.path.realpath(need))
    if not need.startswith("/") or not folder.is_dir() or folder == Path("/"):
        raise NotAllowedError(f"`needs` names {need!r}, which is neither `network` nor a folder below / that is here")
    return folder
