"""Calling people and reflecting what they do, against a PagerDuty that does everything but its duty."""

import asyncio
import socket
import threading
from contextlib import ExitStack

import pytest

from integrations import pagerduty
from integrations.contract import RoomError
from integrations.pagerduty import page, reflect
from tests.rooms.misbehaving import MISDEEDS, hangs, misbehaving, trickles_a_body, trickles_a_header
from tests.rooms.test_every_room import TOKEN, WELL_S, assert_plain, authority, ca_file, every_thread_ends, scope, tls
from tests.stories.world import eventually

__all__ = ["authority", "ca_file", "every_thread_ends", "tls"]

CALLS = {
    "page": lambda settings: page.page(settings, "PABC123", "title", "body", "INC-1:1"),
    "found": lambda settings: page.found(settings, "INC-1:1"),
    "move": lambda settings: reflect.move(settings, "PINC001", "acknowledged"),
    "note": lambda settings: reflect.note(settings, "PINC001", "[1]", "noted"),
}
TRICKLES = (trickles_a_body, trickles_a_header)
"""They take a call's whole limit, and run out the same way for looks, where a test gives them a short one."""


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("act", [act for act in MISDEEDS if act not in TRICKLES], ids=lambda act: act.__name__)
async def test_every_misdeed_is_a_room_error_without_a_secret(call, act, tls, ca_file):
    with misbehaving(act, tls) as there:
        limit_s = 1 if act is hangs else WELL_S
        settings = pagerduty.Settings(TOKEN, there.url, ca_file, timeout_s=limit_s, page_from="bot@example.com")
        with pytest.raises(RoomError) as problem:
            async with asyncio.timeout(2 * page.LIMIT_S):
                await CALLS[call](settings)
        assert there.seen or act is hangs  # its second is over before the server was heard of, on a slow machine
    assert_plain("pagerduty", problem.value)


async def test_no_connection_is_closed_under_the_thread_that_reads_it(tls, ca_file):
    with ExitStack() as others:
        with misbehaving(hangs, tls) as there:
            room = pagerduty.open(pagerduty.Settings(TOKEN, there.url, ca_file, timeout_s=60, limit_s=60))
            look = asyncio.ensure_future(room.look(scope()))
            await eventually(lambda: there.seen)
            look.cancel()
            await asyncio.gather(look, room.close(), return_exceptions=True)
            for other in (
                one for _ in range(8) for one in socket.socketpair()
            ):  # each has the least number that is free
                others.enter_context(other)
        await eventually(lambda: not [one for one in threading.enumerate() if one.name.startswith("pagerduty")])
