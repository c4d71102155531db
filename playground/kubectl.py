"""What the playground's kubectl shows of the pods, and which of its commands mends which fault."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from playground.world import LogRecord, Rollout, Sample

MIB = 1024 * 1024
MENDED_BY: Mapping[str, tuple[str, ...]] = {
    "wrong-endpoint": ("undo",),
    "memory-leak": ("undo", "restart"),
    "pool-exhausted": ("undo", "restart"),
    "disk-full": ("delete",),
}
"""Scenario → what puts it right. The others need other hands."""
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
class Printed:
    out: str = ""
    err: str = ""
    exit: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
    """Local files that the program writes."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A command: its words, its options by their long names, and what stands behind `--`."""

    words: tuple[str, ...]
    options: Mapping[str, str]
    behind: tuple[str, ...]

    @property
    def namespace(self) -> str:
        return self.options.get("namespace", "default")


class Kubectl:
    """One cluster. What it does not know it refuses, as the real one does."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._undone: defaultdict[str, int] = defaultdict(int)
        self._replicas: dict[str, int] = {}

    async def run(self, argv: Sequence[str]) -> Printed:
        """What the command prints, and its exit code."""
        asked = _parsed(argv)
        verb = asked.words[0] if asked.words else ""
        if verb == "rollout" and len(asked.words) == 3 and asked.words[1] in ("undo", "restart"):
            return await self._roll(asked)
        if verb == "exec":
            return await self._exec(asked)
        known = {"get": self._get, "top": self._top, "describe": self._describe, "logs": self._logs}
        known |= {"rollout": self._rollout, "scale": self._scale, "cp": self._copy}
        if verb not in known:
            return _error(f'unknown command "{verb}" for "kubectl"')
        return known[verb](asked)

    def _get(self, asked: _Asked) -> Printed:
        kind, _, name = asked.words[1].partition("/") if len(asked.words) > 1 else ("", "", "")
        if kind in ("pods", "pod", "po"):
            return self._pods(asked)
        if kind in ("deployment", "deployments", "deploy"):
            return self._of_deployment(name or "".join(asked.words[2:3]), asked, lambda name: self._shown(name, asked))
        if kind in ("hpa", "horizontalpodautoscalers"):
            return Printed(err=f"No resources found in {asked.namespace} namespace.\n")
        return _error(f'the server doesn\'t have a resource type "{kind}"')

    def _shown(self, name: str, asked: _Asked) -> str:
        """One figure for a jsonpath, a row for people."""
        wanted = asked.options.get("output", "")
        if "revision" in wanted:
            return str(self._revision(name))
        wished = self._replicas.get(name, len(self._names(name)) or 3)
        if "replicas" in wanted:
            return str(wished)
        row = f"{name:<32} {wished}/{wished}     {wished:<12} {wished}"
        return f"{'NAME':<32} READY   UP-TO-DATE   AVAILABLE\n{row}\n"

    def _pods(self, asked: _Asked) -> Printed:
        restarts = dict(self._last("container_restarts_total"))
        names = sorted(self._memory(asked))
        if not names:
            return Printed(err=f"No resources found in {asked.namespace} namespace.\n")
        rows = [f"{name:<48} 1/1     Running   {int(restarts.get(name, 0)):<10} 2d" for name in names]
        return Printed("\n".join([f"{'NAME':<48} READY   STATUS    RESTARTS   AGE", *rows]) + "\n")

    def _top(self, asked: _Asked) -> Printed:
        rows = [
            f"{name:<48} {sum(map(ord, name)) % 300 + 120}m{'':<8} {int(used / MIB)}Mi"
            for name, used in sorted(self._memory(asked).items())
        ]
        return Printed("\n".join([f"{'NAME':<48} CPU(cores)   MEMORY(bytes)", *rows]) + "\n")

    def _describe(self, asked: _Asked) -> Printed:
        name = asked.words[-1].rpartition("/")[2]
        if name not in dict(self._last("container_memory_working_set_bytes")):
            return _missing("pods", name)
        restarts = int(dict(self._last("container_restarts_total")).get(name, 0))
        last = "    Last State:     Terminated\n      Reason:       OOMKilled\n" if restarts else ""
        return Printed(f"Name:             {name}\nStatus:           Running\n{last}    Restart Count:  {restarts}\n")

    def _logs(self, asked: _Asked) -> Printed:
        name = asked.words[-1].rpartition("/")[2]
        lines = [line for line in self._world.logs() if name in (line.service, line.instance)]
        if not lines and name not in self._world.namespaces():
            return _missing("pods", name)
        tail = lines[-int(asked.options.get("tail", "200")) :]
        return Printed("".join(f"{line.time:%H:%M:%S} {line.level} {line.message}\n" for line in tail))

    def _rollout(self, asked: _Asked) -> Printed:
        told: Mapping[str, Callable[[str], str]] = {
            "history": self._history,
            "status": lambda name: f'deployment "{name}" successfully rolled out\n',
        }
        verb = asked.words[1] if len(asked.words) == 3 else ""
        return self._of_deployment(asked.words[-1], asked, told[verb]) if verb in told else _error("unknown command")

    def _scale(self, asked: _Asked) -> Printed:
        def scaled(name: str) -> str:
            self._replicas[name] = int(asked.options.get("replicas", "0"))
            return f"deployment.apps/{name} scaled\n"

        return self._of_deployment(asked.words[-1], asked, scaled)

    def _copy(self, asked: _Asked) -> Printed:
        source, target = asked.words[1:3] if len(asked.words) == 3 else ("", "")
        if ":" not in source or ":" in target:
            return _error("the playground only copies from a pod to a file")
        return Printed(files={target: "not a real heap dump: this is the playground\n"})

    async def _roll(self, asked: _Asked) -> Printed:
        verb, name = asked.words[1], asked.words[2].rpartition("/")[2]
        done = {"undo": "rolled back", "restart": "restarted"}[verb]
        printed = self._of_deployment(name, asked, lambda name: f"deployment.apps/{name} {done}\n")
        if printed.exit == 0:
            await asyncio.sleep(ROLL_S)
            self._undone[name] += 1
            await self._mend(name, verb)
        return printed

    async def _exec(self, asked: _Asked) -> Printed:
        pod = asked.words[1] if len(asked.words) > 1 else ""
        if pod not in dict(self._last("container_memory_working_set_bytes")):
            return _missing("pods", pod)
        if asked.behind[:1] == ("find",) and asked.behind[-1] == "-delete":
            for service in (name for name in self._world.namespaces() if pod.startswith(f"{name}-")):
                await self._mend(service, "delete")
            return Printed()
        folder = next((word for word in asked.behind if word.startswith("/")), "/data")
        told = {
            "df": f"Filesystem      Size  Used Avail Use% Mounted on\n/dev/nvme1n1    100G   97G    3G  97% {folder}\n",
            "du": f"61G\t{folder}/segments\n34G\t{folder}/archive\n95G\t{folder}\n",
            "realpath": f"{folder}\n",
            "find": "".join(f"{folder}/archive/segment-{number:04}.gz\n" for number in range(1, 6)),
            "jcmd": "1:\nDumping heap to /tmp/heap.hprof ...\nHeap dump file created\n",
        }
        program = asked.behind[0] if asked.behind else ""
        if program not in told:
            return Printed(err=f'exec: "{program}": executable file not found in $PATH\n', exit=127)
        return Printed(told[program])

    async def _mend(self, service: str, by: str) -> None:
        for scenario in self._world.firing(service):
            if by in MENDED_BY.get(scenario, ()):
                await self._world.resolve(scenario)

    def _of_deployment(self, what: str, asked: _Asked, told: Callable[[str], str]) -> Printed:
        """Only of a deployment that is there, in the namespace where it is."""
        name = what.rpartition("/")[2]
        if self._world.namespaces().get(name) != asked.namespace:
            return _missing("deployments.apps", name)
        return Printed(told(name))

    def _history(self, name: str) -> str:
        versions = [rollout for rollout in self._world.rollouts() if rollout.service == name]
        told = [f"1         {versions[0].previous}"] if versions else ["1         <none>"]
        told += [f"{number:<9} {rollout.version}" for number, rollout in enumerate(versions, 2)]
        return f"deployment.apps/{name} \nREVISION  CHANGE-CAUSE\n" + "\n".join(told) + "\n\n"

    def _revision(self, name: str) -> int:
        return 1 + sum(rollout.service == name for rollout in self._world.rollouts()) + self._undone[name]

    def _names(self, service: str) -> list[str]:
        pods = dict(self._last("container_memory_working_set_bytes"))
        return [pod for pod in pods if re.fullmatch(rf"{re.escape(service)}-[a-z0-9]+-[a-z0-9]+", pod)]

    def _memory(self, asked: _Asked) -> dict[str, float]:
        """Pod → bytes, in the namespace, of the app that a selector names."""
        app = asked.options.get("selector", "").removeprefix("app=")
        services = [s for s, space in self._world.namespaces().items() if space == asked.namespace and app in ("", s)]
        figures = dict(self._last("container_memory_working_set_bytes"))
        return {pod: figures[pod] for service in services for pod in self._names(service)}

    def _last(self, metric: str) -> Iterator[tuple[str, float]]:
        """Pod → the newest figure; a pod that is not scraped any more has none."""
        recent = self._world.now().timestamp() - 120
        for sample in self._world.samples():
            pod = sample.labels.get("pod")
            if sample.labels.get("__name__") == metric and pod and len(sample.points):
                at, value = sample.points[-1]
                if at >= recent:
                    yield pod, value


def _error(words: str) -> Printed:
    return Printed(err=f"error: {words}\n", exit=1)


def _missing(kind: str, name: str) -> Printed:
    return Printed(err=f'Error from server (NotFound): {kind} "{name}" not found\n', exit=1)


_SHORT = {"n": "namespace", "l": "selector", "c": "container", "o": "output"}
_TAKING = {"namespace", "selector", "container", "output", "tail", "since", "replicas", "timeout"}


def _parsed(argv: Sequence[str]) -> _Asked:
    """An option's value stands behind `=`, or is the next word."""
    words: list[str] = []
    options: dict[str, str] = {}
    left = list(argv)
    while left and left[0] != "--":
        word = left.pop(0)
        found = re.fullmatch(r"--?([a-z][a-z-]*)(?:=(.*))?", word, re.DOTALL)
        if found is None:
            words.append(word)
            continue
        name = _SHORT.get(found[1], found[1])
        next_word = left.pop(0) if found[2] is None and name in _TAKING and left else ""
        options[name] = found[2] if found[2] is not None else next_word
    return _Asked(tuple(words), options, tuple(left[1:]))
