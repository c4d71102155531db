"""What the playground's kubectl shows of the pods, and which of its commands mends which fault."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from playground.asked import Asked, parsed
from playground.living import Living, age, living
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


class Kubectl:
    """One cluster. What it does not know it refuses, as the real one does."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._undone: defaultdict[str, int] = defaultdict(int)
        self._replicas: dict[str, int] = {}

    async def run(self, argv: Sequence[str]) -> Printed:
        """What the command prints, and its exit code."""
        asked = parsed(argv)
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

    def _get(self, asked: Asked) -> Printed:
        kind, _, name = asked.words[1].partition("/") if len(asked.words) > 1 else ("", "", "")
        if kind in ("pods", "pod", "po"):
            return self._pods(asked)
        if kind in ("deployment", "deployments", "deploy"):
            return self._of_deployment(name or "".join(asked.words[2:3]), asked, lambda name: self._shown(name, asked))
        if kind in ("hpa", "horizontalpodautoscalers"):
            return Printed(err=f"No resources found in {asked.namespace} namespace.\n")
        return _error(f'the server doesn\'t have a resource type "{kind}"')

    def _shown(self, name: str, asked: Asked) -> str:
        """One figure for a jsonpath, a row for people."""
        wanted = asked.options.get("output", "")
        if "revision" in wanted:
            return str(self._revision(name))
        there = sum(pod.service == name for pod in living(self._world).values())
        wished = self._replicas.get(name, there or 3)
        if "replicas" in wanted:
            return str(wished)
        row = f"{name:<32} {wished}/{wished}     {wished:<12} {wished}"
        return f"{'NAME':<32} READY   UP-TO-DATE   AVAILABLE\n{row}\n"

    def _pods(self, asked: Asked) -> Printed:
        pods, now = self._asked_for(asked), self._world.now().timestamp()
        if not pods:
            return Printed(err=f"No resources found in {asked.namespace} namespace.\n")
        rows = [
            f"{pod.name:<48} {int(pod.ready)}/1     {_status(pod):<9} {pod.restarts:<10} {age(now - pod.since)}"
            for pod in pods
        ]
        return Printed("\n".join([f"{'NAME':<48} READY   STATUS    RESTARTS   AGE", *rows]) + "\n")

    def _top(self, asked: Asked) -> Printed:
        rows = [
            f"{pod.name:<48} {sum(map(ord, pod.name)) % 300 + 120}m{'':<8} {int(pod.memory / MIB)}Mi"
            for pod in self._asked_for(asked)
        ]
        return Printed("\n".join([f"{'NAME':<48} CPU(cores)   MEMORY(bytes)", *rows]) + "\n")

    def _describe(self, asked: Asked) -> Printed:
        name = asked.words[-1].rpartition("/")[2]
        pod = living(self._world).get(name)
        if pod is None:
            return _missing("pods", name)
        last = f"    Last State:     Terminated\n      Reason:       {pod.reason}\n" if pod.restarts else ""
        return Printed(
            f"Name:             {name}\nStatus:           Running\n"
            f"{last}    Ready:          {pod.ready}\n    Restart Count:  {pod.restarts}\n"
        )

    def _logs(self, asked: Asked) -> Printed:
        """Of a pod that is there, or of all those of a deployment."""
        name = asked.words[-1].rpartition("/")[2]
        pods = [pod for pod in living(self._world).values() if name in (pod.name, pod.service)]
        if not pods and name not in self._world.namespaces():
            return _missing("pods", name)
        until = self._world.now().timestamp()
        if {"previous", "p"} & asked.options.keys():
            pods = [pod for pod in pods if pod.restarts]
            if not pods:
                return _bad(f'previous terminated container in pod "{name}" not found')
            until = max(pod.ended for pod in pods)
        names = {pod.name for pod in pods}
        lines = [line for line in self._world.logs() if line.instance in names and line.time.timestamp() <= until]
        tail = lines[-int(asked.options.get("tail", "200")) :]
        return Printed("".join(f"{line.time:%H:%M:%S} {line.level} {line.message}\n" for line in tail))

    def _rollout(self, asked: Asked) -> Printed:
        told: Mapping[str, Callable[[str], str]] = {
            "history": self._history,
            "status": lambda name: f'deployment "{name}" successfully rolled out\n',
        }
        verb = asked.words[1] if len(asked.words) == 3 else ""
        return self._of_deployment(asked.words[-1], asked, told[verb]) if verb in told else _error("unknown command")

    def _scale(self, asked: Asked) -> Printed:
        def scaled(name: str) -> str:
            self._replicas[name] = int(asked.options.get("replicas", "0"))
            return f"deployment.apps/{name} scaled\n"

        return self._of_deployment(asked.words[-1], asked, scaled)

    def _copy(self, asked: Asked) -> Printed:
        source, target = asked.words[1:3] if len(asked.words) == 3 else ("", "")
        if ":" not in source or ":" in target:
            return _error("the playground only copies from a pod to a file")
        return Printed(files={target: "not a real heap dump: this is the playground\n"})

    async def _roll(self, asked: Asked) -> Printed:
        verb, name = asked.words[1], asked.words[2].rpartition("/")[2]
        done = {"undo": "rolled back", "restart": "restarted"}[verb]
        printed = self._of_deployment(name, asked, lambda name: f"deployment.apps/{name} {done}\n")
        if printed.exit == 0:
            await asyncio.sleep(ROLL_S)
            self._undone[name] += 1
            await self._mend(name, verb)
        return printed

    async def _exec(self, asked: Asked) -> Printed:
        pod = asked.words[1] if len(asked.words) > 1 else ""
        if pod not in living(self._world):
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
            "jcmd": "1:\nHeap dump file created\n",
        }
        program = asked.behind[0] if asked.behind else ""
        if program not in told:
            return Printed(err=f'exec: "{program}": executable file not found in $PATH\n', exit=127)
        return Printed(told[program])

    async def _mend(self, service: str, by: str) -> None:
        for scenario in self._world.firing(service):
            if by in MENDED_BY.get(scenario, ()):
                await self._world.resolve(scenario)

    def _of_deployment(self, what: str, asked: Asked, told: Callable[[str], str]) -> Printed:
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

    def _asked_for(self, asked: Asked) -> list[Living]:
        """The pods in the namespace, of the app that a selector names, by name."""
        app = asked.options.get("selector", "").removeprefix("app=")
        services = {s for s, space in self._world.namespaces().items() if space == asked.namespace and app in ("", s)}
        return sorted((p for p in living(self._world).values() if p.service in services), key=lambda pod: pod.name)


def _status(pod: Living) -> str:
    return "Running" if pod.ready else "Error"


def _error(words: str) -> Printed:
    return Printed(err=f"error: {words}\n", exit=1)


def _bad(words: str) -> Printed:
    return Printed(err=f"Error from server (BadRequest): {words}\n", exit=1)


def _missing(kind: str, name: str) -> Printed:
    return Printed(err=f'Error from server (NotFound): {kind} "{name}" not found\n', exit=1)
