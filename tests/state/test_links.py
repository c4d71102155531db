"""Which incidents are told with which: by rules at intake, by people afterwards; never a chain, never one lost."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.dependencies import FARTHEST, Dependencies
from bot.domain.incident import Channel
from bot.state.database import migrate, open_database
from bot.state.journal import journal
from bot.state.links import SqlLinks
from integrations.contract import Alert, Scope, Service, Window
from tests.state.test_intake import START

RULES = (("service",), ("env",), 3600)
CALLS = {
    "web": ("payment-api", "search"),
    "payment-api": ("payment-db",),
    "payment-db": (),
    "search": ("index",),
    "cart": ("cart",),
}


@pytest.fixture
async def graph(database, clock):
    """The journal over services that depend on each other."""
    return journal(database, clock, RULES, CALLS)


@pytest.fixture
async def links(database):
    return SqlLinks(database)


async def opens(record, service, env="prod", name="Down", *, starts_at=START, status="firing"):
    labels = {"service": service, "env": env}
    fired = Alert("generic", f"{service} {env} {name}", name, status, starts_at, labels=labels)
    (taken,) = await record.take([fired])
    return await record.incident(taken.incident_id)


async def test_a_service_that_another_depends_on_follows_it(graph):
    api = await opens(graph, "payment-api")
    db = await opens(graph, "payment-db")
    assert (api.lead, api.linked_by) == (None, "")
    assert (db.lead, db.linked_because, db.linked_by) == (api.id, "payment-api depends on payment-db", "rules")


async def test_who_depends_on_it_follows_too(graph):
    db = await opens(graph, "payment-db")
    web = await opens(graph, "web")
    assert (web.lead, web.linked_because) == (db.id, "web depends on payment-db through payment-api")


async def test_two_that_only_have_a_third_in_common_are_two(graph):
    assert (await opens(graph, "payment-api")).lead is None
    assert (await opens(graph, "search")).lead is None


async def test_without_a_path_nothing_is_linked(graph):
    await opens(graph, "payment-db")
    assert (await opens(graph, "index")).lead is None
    assert (await opens(graph, "unheard-of")).lead is None


async def test_a_lead_has_no_lead(graph):
    db = await opens(graph, "payment-db")
    await opens(graph, "payment-api")
    web = await opens(graph, "web")
    assert web.lead == db.id
    assert web.linked_because == "web depends on payment-api"


async def test_the_nearest_leads(graph):
    await opens(graph, "payment-db")
    search = await opens(graph, "search")
    web = await opens(graph, "web")
    assert web.lead == search.id


@pytest.mark.parametrize(("minutes", "linked"), [(5, True), (5.1, False)])
async def test_only_what_opened_within_five_minutes_leads(graph, clock, minutes, linked):
    db = await opens(graph, "payment-db")
    clock.pass_(minutes=minutes)
    assert (await opens(graph, "payment-api")).lead == (db.id if linked else None)


async def test_what_fired_again_lately_leads_too(graph, clock):
    db = await opens(graph, "payment-db")
    await opens(graph, "payment-db", status="resolved")
    clock.pass_(minutes=30)
    again = await opens(graph, "payment-db", starts_at=clock.now())
    assert again.opening == 2
    assert (await opens(graph, "payment-api")).lead == db.id


async def test_what_is_over_leads_nothing(graph):
    await opens(graph, "payment-db")
    await opens(graph, "payment-db", status="resolved")
    assert (await opens(graph, "payment-api")).lead is None


async def test_environments_stay_apart(graph):
    await opens(graph, "payment-db", env="staging")
    assert (await opens(graph, "payment-api", env="prod")).lead is None


async def test_the_same_service_folds_as_ever(graph):
    first = await opens(graph, "payment-db")
    again = await opens(graph, "payment-db", name="Another")
    assert again.id == first.id


def test_beyond_the_bound_nothing_counts():
    chain = {f"s{n}": (f"s{n + 1}",) for n in range(FARTHEST + 2)}
    assert max(Dependencies(chain).paths("s0"), key=lambda name: int(name[1:])) == f"s{FARTHEST}"
    assert set(Dependencies(chain).paths(f"s{FARTHEST + 1}")) == {f"s{n}" for n in range(1, FARTHEST + 3)} - {
        f"s{FARTHEST + 1}"
    }


def test_cycles_do_no_harm():
    around = {"a": ("b",), "b": ("c",), "c": ("a", "c")}
    assert Dependencies(around).paths("a") == {"b": ("a", "b"), "c": ("c", "a")}


async def test_each_change_of_a_linked_one_is_one_of_its_lead(graph):
    db = await opens(graph, "payment-db")
    for change in ({}, {"name": "Another"}, {"status": "resolved"}):
        before = await graph.revision(db.id)
        await opens(graph, "payment-api", **change)
        assert await graph.revision(db.id) == before + 1


async def test_a_linked_one_that_fires_again_keeps_its_link(graph, clock, links):
    db = await opens(graph, "payment-db")
    await opens(graph, "payment-api")
    await opens(graph, "payment-api", status="resolved")
    await opens(graph, "payment-db", status="resolved")
    clock.pass_(minutes=30)
    again = await opens(graph, "payment-api", starts_at=clock.now())
    assert (again.opening, again.lead) == (2, db.id)
    assert [one.id for one in await links.linked_to(db.id)] == [again.id]


async def test_one_that_was_split_off_stays_so(graph, clock, links):
    db = await opens(graph, "payment-db")
    api = await opens(graph, "payment-api")
    assert await links.split(api.id, "U1")
    await opens(graph, "payment-api", status="resolved")
    clock.pass_(minutes=1)
    again = await opens(graph, "payment-api", starts_at=clock.now())
    assert (again.lead, again.linked_by, again.split_off) == (None, "U1", True)
    assert await links.linked_to(db.id) == ()


async def test_splitting_twice_does_no_harm(graph, links):
    await opens(graph, "payment-db")
    api = await opens(graph, "payment-api")
    assert await links.split(api.id, "U1")
    revision = await graph.revision(api.id)
    assert not await links.split(api.id, "U2")
    assert await graph.revision(api.id) == revision
    assert (await graph.incident(api.id)).linked_by == "U1"


async def test_what_is_told_with_one_goes_along_when_it_is_merged(graph, links):
    db, search = await opens(graph, "payment-db"), await opens(graph, "search")
    api = await opens(graph, "payment-api")
    assert await links.merge(db.id, search.id, "U1")
    found = await links.linked_to(search.id)
    assert {one.id for one in found} == {db.id, api.id}
    assert (await graph.incident(api.id)).linked_because == "payment-api depends on payment-db"
    assert (await graph.incident(db.id)).linked_by == "U1"


async def test_no_merge_makes_a_chain(graph, links):
    db, search = await opens(graph, "payment-db"), await opens(graph, "search")
    api = await opens(graph, "payment-api")
    assert not await links.merge(search.id, api.id, "U1")
    assert not await links.merge(db.id, api.id, "U1")
    assert not await links.merge(db.id, db.id, "U1")
    assert not await links.merge(db.id, "INC-NONE", "U1")
    assert (await graph.incident(search.id)).lead is None


async def test_an_incident_is_found_by_id_channel_and_service(graph, links):
    prod, staging = await opens(graph, "search"), await opens(graph, "search", env="staging")
    await graph.keep_channel(prod.id, Channel("C7", "inc-search"))
    for name in (prod.id, prod.id.lower(), "C7", "inc-search"):
        assert (await links.find(name, "prod")).id == prod.id
    assert (await links.find("search", "staging")).id == staging.id
    assert (await links.find("search", "elsewhere")).id in (prod.id, staging.id)
    assert await links.find("unheard-of", "prod") is None


async def test_a_lead_that_gets_its_channel_brings_the_others_there(graph, links):
    db = await opens(graph, "payment-db")
    api = await opens(graph, "payment-api")
    await graph.keep_briefed(api.id, 1)
    await graph.keep_shown(api.id, await graph.revision(api.id))
    assert await graph.stale() == ()
    await graph.keep_channel(db.id, Channel("C7", "inc-db"))
    assert await graph.stale() == (api.id,)


async def test_a_channel_that_comes_while_the_others_are_being_shown_brings_them_there_too(graph):
    db = await opens(graph, "payment-db")
    api = await opens(graph, "payment-api")
    await graph.keep_briefed(api.id, 1)
    as_it_began = await graph.revision(api.id)
    await graph.keep_channel(db.id, Channel("C7", "inc-db"))
    await graph.keep_shown(api.id, as_it_began)
    assert await graph.stale() == (api.id,)


async def test_what_fires_in_a_linked_one_is_told_in_its_leads_channel(graph):
    db = await opens(graph, "payment-db")
    await graph.keep_channel(db.id, Channel("C7", "inc-db"))
    api = await opens(graph, "payment-api")
    services = {name: Service(name) for name in ("payment-db", "payment-api")}
    scope = Scope("INC-OTHER", "prod", db.alerts, services, Window(START, START + timedelta(hours=1)))
    found = await graph.firing_elsewhere(scope)
    assert {one.incident_id: one.channel_id for one in found} == {db.id: "C7", api.id: "C7"}


_SERVICES = ("a", "b", "c", "d", "e")
_GRAPHS = st.dictionaries(st.sampled_from(_SERVICES), st.lists(st.sampled_from(_SERVICES), max_size=3).map(tuple))
_DOINGS = st.lists(
    st.tuples(
        st.sampled_from(("firing", "firing", "firing", "resolved", "split", "merge")),
        st.sampled_from(_SERVICES),
        st.sampled_from(_SERVICES),
        st.sampled_from(("prod", "staging")),
        st.integers(0, 7),
    ),
    max_size=25,
)


@given(calls=_GRAPHS, doings=_DOINGS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_whatever_happens_there_is_no_chain_and_nothing_is_linked_without_a_reason(
    calls, doings, tmp_path_factory, clock
):
    url = f"sqlite:///{tmp_path_factory.mktemp('links') / 'test.sqlite'}"

    async def run():
        migrate(url)
        database = open_database(url)
        record, links = journal(database, clock, RULES, calls), SqlLinks(database)
        known = {}
        for number, (what, service, other, env, minutes) in enumerate(doings):
            clock.pass_(minutes=minutes)
            here, there = known.get((service, env)), known.get((other, env))
            if what == "firing":
                known[service, env] = (await opens(record, service, env, starts_at=clock.now(), name=f"A{number}")).id
            elif what == "split" and here:
                await links.split(here, "U1")
            elif what == "merge" and here and there:
                await links.merge(here, there, "U1")
        found = {id_: await record.incident(id_) for id_ in known.values()}
        by_lead = {id_: {one.id for one in await links.linked_to(id_)} for id_ in found}
        opened = await record.open_incidents()
        await database.dispose()
        return found, by_lead, opened

    found, by_lead, opened = asyncio.run(run())
    assert {one.id for one in opened} >= set(found)
    for one in found.values():
        if one.lead is None:
            continue
        assert found[one.lead].lead is None
        assert one.id in by_lead[one.lead]
        assert one.env == found[one.lead].env
        if one.linked_by == "rules":
            assert " depends on " in one.linked_because
            assert reaches(calls, *one.linked_because.split(" through ")[0].split(" depends on "))


def reaches(calls, caller, callee):
    """Whether there is a way along the edges, told the plain way."""
    found, level = {caller}, [caller]
    while level:
        level = [there for here in level for there in calls.get(here, ()) if there not in found]
        found.update(level)
    return callee in found
