"""What a model may ask GitHub: what was changed, and what a change holds, within its bytes."""

from datetime import timedelta

import pytest

from integrations.contract import TOOL_ANSWER_BYTES, Refused, Service, Unreachable
from integrations.github import Settings
from integrations.github import open as open_github
from playground import github as stand_in
from tests.rooms.github.conftest import REPO, TOKEN, Company, rolled_out, scope_of
from tests.rooms.misbehaving import hangs, misbehaving

PATCH = "@@ -1,3 +1,3 @@\n gateway:\n-  host: old.example\n+  host: new.example\n"


def tools(room):
    return {tool.spec.name: tool for tool in room.tools}


async def deployments(room, scope, service="payments", hours=48):
    return await tools(room)["deployments"].use({"service": service, "hours": hours}, scope)


async def diff(room, scope, version="", pull_request=0, service="payments"):
    given = {"service": service, "version": version, "pull_request": pull_request}
    return await tools(room)["show_diff"].use(given, scope)


async def test_what_was_changed_newest_first(company, room, scope):
    company.told.append(rolled_out(3, timedelta(minutes=2)))
    answer = await deployments(room, scope)
    assert answer.text.splitlines() == [
        "shop/payments, payments, last 48 h: 2 changes",
        "03-03 03:40 deployment v2.3.0 (before: v2.2.0) by alice: Change number 3 | src/part3.py",
        "03-03 03:27 deployment v2.2.0 (before: v2.1.0) by alice: Change number 2 | src/part2.py",
    ]
    assert (answer.cut, answer.services, answer.hard) == ("", ("payments",), False)
    assert answer.url.endswith("/shop/payments/pull/403")


async def test_only_the_hours_that_were_asked_for(room, scope, hub):
    answer = await deployments(room, scope, hours=1)
    assert answer.text.count("\n") == 1
    nothing = await deployments(room, scope_of(Service("quiet", repo="shop/quiet")), "quiet", 1)
    assert nothing.text == "shop/quiet, quiet, last 1 h: 0 changes"
    assert nothing.url == f"{hub.url}/shop/quiet"


async def test_more_than_are_told_is_said(company, room, scope):
    company.told[:] = [rolled_out(n, timedelta(minutes=40 - n)) for n in range(1, 31)]
    answer = await deployments(room, scope)
    assert answer.text.count(" deployment v") == 20
    assert "no more than 20 are told" in answer.cut


async def test_a_version_against_the_one_before(company, room, scope):
    company.told[:] = [
        rolled_out(1, timedelta(days=2)),
        rolled_out(2, timedelta(hours=2), files={"config/gateway.yaml": PATCH, "src/a.py": "@@ -1 +1 @@\n-a\n+b"}),
    ]
    answer = await diff(room, scope, "v2.2.0")
    assert answer.text.splitlines() == [
        "shop/payments v2.1.0 → v2.2.0: Change number 2 (#402)",
        "2 files",
        "M config/gateway.yaml +1 -1",
        "M src/a.py +1 -1",
        "=== config/gateway.yaml",
        *PATCH.splitlines(),
        "=== src/a.py",
        "@@ -1 +1 @@",
        "-a",
        "+b",
    ]
    assert (answer.cut, answer.hard, answer.services) == ("", False, ("payments",))
    assert "/shop/payments/compare/" in answer.url


@pytest.mark.parametrize("named", [f"{2:040x}", f"{2:040x}"[:12]])
async def test_a_version_by_its_commit(room, scope, named):
    assert "v2.1.0 → v2.2.0" in (await diff(room, scope, named)).text


async def test_the_first_version_is_that_of_its_pull_request(company, room, scope):
    company.told[:] = [rolled_out(2, timedelta(hours=2))]
    answer = await diff(room, scope, "v2.2.0")
    assert answer.text.startswith("shop/payments v2.2.0 (#402): Change number 2\n1 file\n")
    assert answer.url.endswith("/shop/payments/pull/402")


async def test_a_pull_request(room, scope):
    answer = await diff(room, scope, pull_request=402)
    assert answer.text.splitlines()[:3] == ["shop/payments #402: Change number 2", "1 file", "M src/part2.py +1 -1"]


async def test_a_large_diff_is_cut_at_a_line_and_says_so(company, room, scope):
    long = "@@ -1 +1,900 @@\n" + "\n".join(f"+line {n} of a long file, word after word" for n in range(900))
    company.told[:] = [
        rolled_out(2, timedelta(hours=2), files={"a.py": long, "b.py": long, "c.min.js": "+" + "x" * 9_000})
    ]
    answer = await diff(room, scope, pull_request=402)
    assert len(answer.text.encode()) <= TOOL_ANSWER_BYTES
    assert answer.cut.endswith(" of 1806 lines of the diff".replace("1806", "1,806"))
    assert answer.text.endswith(f"(cut: {answer.cut})")
    assert answer.text.splitlines()[2:5] == ["M a.py +900 -0", "M b.py +900 -0", "M c.min.js +1 -0"]


async def test_a_diff_of_many_files_is_read_in_part_and_says_so(company, room, scope, hub):
    files = {f"src/f{n:03d}.py": "@@ -1 +1 @@\n-a\n+b" for n in range(75)}
    company.told[:] = [rolled_out(2, timedelta(hours=2), files=files)]
    answer = await diff(room, scope, pull_request=402)
    assert "only its first 30 files were read" in answer.cut
    assert "src/f029.py" in answer.text
    assert "src/f030.py" not in answer.text
    assert len([path for path in hub.requests if "/files" in path]) == 2


async def test_a_file_of_which_github_shows_nothing(company, room, scope):
    company.told[:] = [rolled_out(2, timedelta(hours=2), files={"logo.png": ""})]
    assert "(GitHub shows no lines of it)" in (await diff(room, scope, pull_request=402)).text


@pytest.mark.parametrize(
    ("tool", "given", "told"),
    [
        ("deployments", {"service": "ledger"}, "'ledger' is no service of this incident; ask about payments"),
        ("deployments", {"hours": 0}, "a whole number from 1 to 168, not 0"),
        ("deployments", {"hours": "48"}, "hours must be a number, not '48'"),
        ("deployments", {"repo": "x/y"}, "there is no argument 'repo'"),
        ("show_diff", {"version": "", "pull_request": 0}, "give either a version or a pull_request"),
        ("show_diff", {"version": "v2.2.0", "pull_request": 402}, "give either a version or a pull_request"),
        ("show_diff", {"version": "v9"}, "no deployment of 'v9' in shop/payments; there are v2.2.0, v2.1.0"),
        ("show_diff", {"version": "../../../user"}, "no deployment of '../../../user'"),
        ("show_diff", {"version": "", "pull_request": 9}, "there is no pull request #9 in shop/payments"),
        ("show_diff", {"version": "", "pull_request": -1}, "a whole number from 0 to 10000000"),
        ("show_diff", {"version": "v" * 101}, "version may have 100 characters"),
    ],
)
async def test_refused_with_what_to_ask_instead(room, scope, tool, given, told):
    usual = {"deployments": {"hours": 48}, "show_diff": {"version": "v2.2.0", "pull_request": 0}}[tool]
    with pytest.raises(Refused) as refused:
        await tools(room)[tool].use({"service": "payments", **usual, **given}, scope)
    assert told in refused.value.reason
    assert len(refused.value.reason) < 240


async def test_a_service_without_a_repository_is_known_by_nobody(room):
    with pytest.raises(Refused, match=r"services.yaml names none"):
        await deployments(room, scope_of(Service("payments")))


async def test_a_wrong_token_names_the_setting(hub, open_room, scope):
    for asked in (deployments, diff):
        with pytest.raises(Refused, match="GITHUB_TOKEN"):
            await asked(open_room(hub.url, token="wrong"), scope, **({"pull_request": 402} if asked is diff else {}))


async def test_who_does_not_answer_is_not_waited_for(scope):
    with misbehaving(hangs) as silent:
        room = open_github(Settings(TOKEN, silent.url, timeout_s=1, limit_s=0.5))
        with pytest.raises(Unreachable, match=r"no answer in 0.5 s"):
            await diff(room, scope, pull_request=402)
        await room.close()


async def test_services_of_one_repository_are_told_apart(open_room):
    both = [
        rolled_out(2, timedelta(minutes=20), service="payments", title="payments: retry"),
        rolled_out(3, timedelta(minutes=10), service="refunds", title="refunds: retry"),
    ]
    scope = scope_of(Service("payments", repo=REPO), Service("refunds", repo=REPO))
    async with stand_in.running(Company(both), token=TOKEN, repos=set()) as hub:
        room = open_room(hub.url)
        assert "refunds: retry" not in (await deployments(room, scope)).text
        assert "refunds: retry" in (await deployments(room, scope, "refunds")).text
