"""What a model may ask PagerDuty: who is on call for a service of the incident."""

import ssl

import pytest

from integrations.contract import Refused, Unreachable
from integrations.pagerduty import Settings
from integrations.pagerduty import open as open_pagerduty
from tests.rooms.misbehaving import hangs, misbehaving
from tests.rooms.pagerduty.conftest import KEY


async def on_call(room, scope, **given):
    (tool,) = room.tools
    return await tool.use({"service": "pay", **given}, scope)


async def test_names_by_level_and_no_addresses(hub, room, scope_for):
    answer = await on_call(room, scope_for("PPAY"))
    assert answer.text.splitlines() == [
        "on call for pay",
        "level 1: Dana Demir, until 2026-03-03 09:42 UTC",
        "level 2: Eve Eriksen, until 2026-03-03 09:42 UTC",
    ]
    assert (answer.url, answer.services, answer.hard) == (f"{hub.url}/users/P0DANA", ("pay",), True)


async def test_nobody_is_said(room, scope_for):
    assert (await on_call(room, scope_for("PNOBODY"))).text == "on call for pay\nnobody is on call"


@pytest.mark.parametrize(
    ("policy", "given", "told"),
    [
        (None, {}, "who answers for 'pay' is not known"),
        ("PPAY", {"service": "web"}, "'web' is no service of this incident; ask about pay"),
        ("PPAY", {"policy": "PWEB"}, "there is no argument 'policy'"),
    ],
)
async def test_refused_before_anything_is_asked(hub, room, scope_for, policy, given, told):
    with pytest.raises(Refused) as refused:
        await on_call(room, scope_for(policy), **given)
    assert told in refused.value.reason
    assert hub.requests == []


async def test_a_wrong_key_names_the_setting(hub, open_room, scope_for):
    with pytest.raises(Refused, match="PAGERDUTY_API_KEY"):
        await on_call(open_room(hub.url, key="u+wrong"), scope_for("PPAY"))


async def test_who_does_not_answer_is_not_waited_for(certificates, scope_for):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server_file)
    with misbehaving(hangs, context) as silent:
        room = open_pagerduty(Settings(KEY, silent.url, certificates.ca_file, limit_s=0.5))
        with pytest.raises(Unreachable, match=r"no answer in 0.5 s"):
            await on_call(room, scope_for("PPAY"))
        await room.close()
