"""What the GitHub room tells of a repository's last day, through PyGithub and over a socket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integrations.contract import Change, Gap, Refused, Service

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def test_a_deployment_stands_for_its_merge_and_its_release(room, scope):
    look = await room.look(scope)

    (change,) = look.findings
    assert isinstance(change, Change)
    assert (change.what, change.version, change.previous) == ("deployment", "v2.2.0", "v2.1.0")
    assert (change.service, change.author, change.title) == ("payments", "alice", "Change number 2")
    assert change.at == scope.alerted_at - 15 * MINUTE
    assert change.files == ("src/part2.py",)
    assert change.url.endswith("/shop/payments/pull/402")
    assert look.gaps == ()


async def test_nothing_older_than_a_day_and_nothing_yet_to_come(company, room, scope, rollout):
    company.told = [rollout(1, 25 * HOUR), rollout(2, 23 * HOUR), rollout(3, -HOUR)]

    look = await room.look(scope)

    assert [change.version for change in look.findings] == ["v2.2.0"]


async def test_the_newest_change_comes_first(company, room, scope, rollout):
    company.told = [rollout(n, (10 - n) * HOUR) for n in range(1, 6)]

    look = await room.look(scope)

    assert [change.version for change in look.findings] == [f"v2.{n}.0" for n in (5, 4, 3, 2, 1)]
    assert {change.what for change in look.findings} == {"deployment"}


async def test_whatever_still_waits_for_its_approval_is_no_deployment(company, room, scope, rollout):
    """One release to three protected environments: GitHub lists three deployments before anybody approved one."""
    company.told += [rollout(n, (9 - n) * MINUTE, waiting=True) for n in (3, 4, 5)]

    look = await room.look(scope)

    assert [(change.what, change.version) for change in look.findings if change.what == "deployment"] == [
        ("deployment", "v2.2.0")
    ]


async def test_what_a_deployment_brought_is_told_against_what_ran_before_it_and_not_against_what_waited(
    company, room, scope, rollout
):
    company.told = [rollout(1, 30 * HOUR), rollout(2, 2 * HOUR, waiting=True), rollout(3, HOUR)]

    (change,) = [one for one in (await room.look(scope)).findings if one.what == "deployment"]

    assert (change.version, change.previous) == ("v2.3.0", "v2.1.0")
    assert change.files == ("src/part2.py", "src/part3.py")


async def test_a_deployment_of_which_nobody_asked_how_it_went_is_told_as_one_that_was_asked_for(
    company, room, scope, rollout
):
    company.told = [rollout(n, (20 - n) * HOUR, waiting=n == 2) for n in range(1, 13)]

    look = await room.look(scope)
    (tool,) = (tool for tool in room.tools if tool.spec.name == "deployments")
    answer = await tool.use({"service": "payments", "hours": 24}, scope)

    told = {change.version: change.what for change in look.findings if change.what != "merge"}
    assert told["v2.2.0"] == told["v2.4.0"] == "deployment request"
    assert told["v2.5.0"] == told["v2.12.0"] == "deployment"
    assert "deployment request" not in answer.text, "of a single repository there is time to ask for all"
    assert "deployment v2.4.0" in answer.text


async def test_a_busy_day_is_read_over_several_pages(company, room, scope, rollout):
    company.told = [rollout(n, (50 - n) * MINUTE) for n in range(1, 46)]

    look = await room.look(scope)

    assert len(look.findings) == 20
    assert look.findings[0].version == "v2.45.0"


async def test_what_is_cut_is_said(company, room, scope, rollout):
    company.told = [rollout(n, (200 - n) * MINUTE) for n in range(1, 100)]

    look = await room.look(scope)

    (gap,) = look.gaps
    assert gap.partial
    assert gap.reason.startswith("shop/payments: only its newest 90 deployments, back to")


async def test_one_deployment_costs_five_requests(hub, room, scope):
    await room.look(scope)

    assert len(hub.requests) == 5, hub.requests


async def test_a_busy_hour_costs_thirteen_requests(hub, company, room, scope, rollout):
    company.told = [rollout(n, (20 - n) * MINUTE) for n in range(1, 18)]

    await room.look(scope)

    assert len(hub.requests) == 13, hub.requests


async def test_a_missing_repository_is_a_partial_gap_and_the_others_go_on(room, make_scope):
    services = [Service("payments", repo="shop/payments"), Service("ledger", repo="shop/gone")]

    look = await room.look(make_scope(*services))

    assert [change.service for change in look.findings] == ["payments"]
    (gap,) = look.gaps
    assert gap == Gap("github", "no shop/gone there, or no right to see it (404)", partial=True)


async def test_when_no_repository_can_be_read_the_look_fails_and_names_the_setting(room, make_scope):
    with pytest.raises(Refused, match=r"shop/gone.*SERVICES_FILE.*GITHUB_TOKEN"):
        await room.look(make_scope(Service("ledger", repo="shop/gone")))


async def test_a_quiet_repository_and_services_without_one_are_no_gap(room, make_scope):
    look = await room.look(make_scope(Service("quiet", repo="shop/quiet"), Service("unknown")))

    assert (look.findings, look.gaps) == ((), ())


async def test_where_the_own_service_has_no_repository_nobody_has_looked_and_the_setting_is_named(room, make_scope):
    alone = await room.look(make_scope(Service("unknown")))
    beside = await room.look(make_scope(Service("unknown"), Service("quiet", repo="shop/quiet")))

    reason = "no repository of unknown is known: name it as `repo` in SERVICES_FILE"
    assert (alone.findings, alone.gaps) == ((), (Gap("github", reason),))
    assert (beside.findings, beside.gaps) == ((), (Gap("github", reason, partial=True),))


async def test_a_repository_of_two_services_is_asked_once_and_the_change_belongs_to_the_one_it_names(
    hub, company, room, make_scope, rollout
):
    company.told.append(rollout(3, 5 * MINUTE, service="ledger", files={"ledger/app.py": "+x"}))
    services = [Service("payments", repo="shop/payments"), Service("ledger", repo="shop/payments")]

    look = await room.look(make_scope(*services))

    assert [(change.service, change.version) for change in look.findings] == [
        ("ledger", "v2.3.0"),
        ("payments", "v2.2.0"),
    ]
    assert sum("/deployments?" in path or path.endswith("/deployments") for path in hub.requests) == 1


async def test_other_environments_are_left_out(room, make_scope):
    service = Service("payments", repo="shop/payments")

    production = await room.look(make_scope(service, env="production"))
    staging = await room.look(make_scope(service, env="staging"))

    assert [change.what for change in production.findings] == ["deployment"]
    assert [change.what for change in staging.findings] == ["release", "merge"]


async def test_ready_says_what_is_left_of_the_hour(room):
    ready = await room.ready()

    assert ready.detail == "GitHub, 4,999 of 5,000 requests left this hour"
