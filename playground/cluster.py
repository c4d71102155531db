"""The playground's cluster, served on loopback: its kubectl and aws ask here, whoever has the token."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from playground.kubectl import Kubectl, Printed, World
from playground.serving import serving

PROGRAMS = Path(__file__).parent / "programs"
"""Where its kubectl and its aws are."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where its programs find it."""

    url: str
    token: str


@asynccontextmanager
async def running(world: World, *, token: str) -> AsyncIterator[Cluster]:
    """Serves the cluster until the end of the block. It forgets everything with it."""
    kubectl = Kubectl(world)

    async def ask(request: Request) -> JSONResponse:
        if not hmac.compare_digest(request.headers.get("authorization", ""), f"Bearer {token}"):
            return JSONResponse({"error": "Unauthorized"}, 401)
        program, *argv = [str(word) for word in (await request.json())["argv"]]
        done = _aws(argv) if program == "aws" else await kubectl.run(argv)
        return JSONResponse(asdict(done))

    async with serving(Starlette(routes=[Route("/", ask, methods=["POST"])])) as url:
        yield Cluster(f"{url}/", token)


def _aws(argv: list[str]) -> Printed:
    """`aws s3 cp FILE s3://…`, and nothing else: nothing leaves the playground."""
    match argv:
        case ["s3", "cp", *_, file, target] if target.startswith("s3://"):
            return Printed(f"upload: {file} to {target}\n")
        case _:
            return Printed(err="aws: error: the playground only knows `aws s3 cp FILE s3://BUCKET/KEY`\n", exit=2)
