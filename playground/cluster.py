"""The playground's cluster: what its kubectl shows of the pods, and which of its commands mends which fault."""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from playground.serving import serving
from playground.world import LogRecord, Rollout, Sample

PROGRAMS = Path(__file__).parent / "programs"
"""Where its kubectl is."""
MIB = 1024 * 1024
MENDED_BY: Mapping[str, tuple[str, ...]] = {
    "wrong-endpoint": ("undo",),
    "memory-leak": ("undo", "restart"),
    "pool-exhausted": ("undo", "restart"),
}
"""Scenario → what `kubectl rollout …` of one of its services puts right. The others need other hands."""
ROLL_S = 1.5
"""How long a rollout takes here; a real one takes minutes."""


class World(Protocol):
    """The director, as far as the cluster needs it."""

    def now(self) -> datetime: ...
    def samples(self) -> Sequence[Sample]: ...
    def logs(self) -> Sequence[LogRecord]: ...
    def rollouts(self) -> Sequence[Rollout]: ...
    def namespaces(self) -> Mapping[str, str]:
        """Service → namespace."""
        ...

    def firing(self, service: str) -> Sequence[str]:
        """Ids of the scenarios that are about this service and not mended yet."""
        ...

    async def resolve(self, scenario_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where kubectl finds it."""

    url: str
    token: str


@dataclass(frozen=True, slots=True)
class Printed:
    out: str = ""
    err: str = ""
    exit: int = 0


@asynccontextmanager
async def running(world: World, *, token: str) -> AsyncIterator[Cluster]:
    """Serves the cluster on loopback."""

    async def ask(request: Request) -> JSONResponse:
        if not hmac.compare_digest(request.headers.get("authorization", ""), f"Bearer {token}"):
            return JSONResponse({"error": "Unauthorized"}, 401)
        asked = await request.json()
        done = await _Kubectl(world).run([str(word) for word in asked["argv"]])
        return JSONResponse({"out": done.out, "err": done.err, "exit": done.exit})

    async with serving(Starlette(routes=[Route("/kubectl", ask, methods=["POST"])])) as url:
        yield Cluster(f"{url}/kubectl", token)


class _Kubectl:
    """One command. What it does not know it refuses as the real one does."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def run(self, argv: Sequence[str]) -> Printed:
        words, options = _parsed(argv)
        match words:
            case ["rollout", ("undo" | "restart") as verb, what]:
                return await self._roll(verb, what, options)
            case ["rollout" | "scale", *_, what]:
                return self._deployment(words[-2], what, options)
            case ["logs", what, *_]:
                return self._logs(what, options)
            case [("get" | "top") as verb, ("pods" | "pod" | "po"), *_]:
                return self._pods(options) if verb == "get" else self._top(options)
            case _:
                return Printed(
                    err=f"error: the playground's cluster does not know `kubectl {' '.join(words)}`\n", exit=1
                )

    def _deployment(self, verb: str, what: str, options: Mapping[str, str]) -> Printed:
        told = {
            "history": self._history,
            "status": lambda name: f'deployment "{name}" successfully rolled out\n',
            "scale": lambda name: f"deployment.apps/{name} scaled\n",
        }
        if verb not in told:
            return Printed(err=f'error: unknown command "rollout {verb}"\n', exit=1)
        return self._known(what, options, told[verb])

    def _pods(self, options: Mapping[str, str]) -> Printed:
        names = sorted(self._memory(options))
        if not names:
            return Printed(err=f"No resources found in {options.get('namespace', 'default')} namespace.\n")
        rows = [f"{name:<48} 1/1     Running   {int(self._restarts(name)):<10} 2d" for name in names]
        return Printed("\n".join([f"{'NAME':<48} READY   STATUS    RESTARTS   AGE", *rows]) + "\n")

    def _top(self, options: Mapping[str, str]) -> Printed:
        cpu = dict(self._last("container_cpu_usage_seconds_total"))
        rows = [
            f"{name:<48} {int(cpu.get(name, 0)) % 900 + 40}m{'':<8} {int(used / MIB)}Mi"
            for name, used in sorted(self._memory(options).items())
        ]
        return Printed("\n".join([f"{'NAME':<48} CPU(cores)   MEMORY(bytes)", *rows]) + "\n")

    def _logs(self, what: str, options: Mapping[str, str]) -> Printed:
        name = what.rpartition("/")[2]
        if name not in self._world.namespaces() and not any(pod == name for pod in self._memory({})):
            return Printed(err=f'Error from server (NotFound): pods "{name}" not found\n', exit=1)
        lines = [line for line in self._world.logs() if name in (line.service, line.instance)]
        tail = int(options.get("tail", "200"))
        return Printed("".join(f"{line.level} {line.message}\n" for line in lines[-tail:]))

    def _history(self, name: str) -> str:
        versions = [rollout for rollout in self._world.rollouts() if rollout.service == name]
        told = [f"1         {versions[0].previous}"] if versions else ["1         <none>"]
        told += [f"{number:<9} {rollout.version}" for number, rollout in enumerate(versions, 2)]
        return f"deployment.apps/{name} \nREVISION  CHANGE-CAUSE\n" + "\n".join(told) + "\n\n"

    async def _roll(self, verb: str, what: str, options: Mapping[str, str]) -> Printed:
        done = {"undo": "rolled back", "restart": "restarted"}[verb]
        printed = self._known(what, options, lambda name: f"deployment.apps/{name} {done}\n")
        if printed.exit == 0:
            await asyncio.sleep(ROLL_S)
            for scenario in self._world.firing(what.rpartition("/")[2]):
                if verb in MENDED_BY.get(scenario, ()):
                    await self._world.resolve(scenario)
        return printed

    def _known(self, what: str, options: Mapping[str, str], told: Callable[[str], str]) -> Printed:
        """Only a deployment that is there, in the namespace where it is."""
        name, here = what.rpartition("/")[2], options.get("namespace", "default")
        if self._world.namespaces().get(name) != here:
            return Printed(err=f'Error from server (NotFound): deployments.apps "{name}" not found\n', exit=1)
        return Printed(told(name))

    def _memory(self, options: Mapping[str, str]) -> dict[str, float]:
        """Pod → bytes, of the namespace that is asked for."""
        here = options.get("namespace")
        mine = {service for service, space in self._world.namespaces().items() if here in (None, space)}
        return {
            pod: value
            for pod, value in self._last("container_memory_working_set_bytes")
            if any(pod.startswith(f"{service}-") for service in mine)
        }

    def _restarts(self, pod: str) -> float:
        return dict(self._last("container_restarts_total")).get(pod, 0.0)

    def _last(self, metric: str) -> Iterator[tuple[str, float]]:
        """Pod → the newest figure; a pod that is not scraped any more has none."""
        recent = self._world.now().timestamp() - 120
        for sample in self._world.samples():
            if sample.labels.get("__name__") == metric and (pod := sample.labels.get("pod")):
                at, value = sample.points[-1]
                if at >= recent:
                    yield pod, value


_SHORT = {"n": "namespace", "l": "selector", "c": "container", "o": "output"}
_TAKING = {"namespace", "selector", "container", "output", "tail", "since", "replicas", "timeout"}


def _parsed(argv: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Words and options; an option's value stands behind `=` or is the next word."""
    words: list[str] = []
    options: dict[str, str] = {}
    left = list(argv)
    while left:
        word = left.pop(0)
        found = re.fullmatch(r"--?([a-z][a-z-]*)(?:=(.*))?", word)
        if found is None:
            words.append(word)
            continue
        name = _SHORT.get(found[1], found[1])
        takes = name in _TAKING and bool(left)
        options[name] = found[2] if found[2] is not None else left.pop(0) if takes else ""
    return words, options
