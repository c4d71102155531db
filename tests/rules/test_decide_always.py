"""What holds at every gate, whatever people do at it and in whatever order."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.approve import decide
from bot.domain.approval import Approved, Denied, Expired, Halted, Person, Vote, Waiting
from tests.rules.made import EXPIRES, GATE, STOP, at

IDS = ("ASKER", "ANN", "BEN", "CAT")
MAY = (True, False, None)
enough = settings(max_examples=200, deadline=None)

people = st.builds(Person, st.sampled_from(IDS), full_member=st.booleans(), may=st.sampled_from(MAY))
approvers = st.builds(Person, st.sampled_from(IDS), full_member=st.just(True), may=st.just(True))
moments = st.sampled_from([0, 1, 2, 150, 299, 299.9, 300, 301, 900]).map(at)
answers = st.sampled_from(("approve", "deny", "withdraw"))
gates = st.builds(
    lambda risk, people, asker_may, lists: replace(
        GATE, risk=risk, people=people, asker_may=asker_may, approvers=lists
    ),
    st.sampled_from(("low", "medium", "high", "critical")),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from(((), ("S0PAY",), ("oncall", "U0DANA"))),
)


def votes_of(people=people, answers=answers, most=12):
    one = st.builds(
        Vote,
        st.sampled_from((GATE.id, GATE.id, GATE.id, "G0THER")),
        st.sampled_from((GATE.digest, GATE.digest, GATE.digest, "d0")),
        people,
        answers,
        moments,
        st.sampled_from(("reaction", "command", "button")),
    )
    return st.lists(one, max_size=most).map(lambda votes: sorted(votes, key=lambda vote: vote.at))


def could_count(gate, vote):
    """Whether this vote is an approval that any reading of the rules could count."""
    return (
        vote.answer == "approve"
        and (vote.gate_id, vote.digest) == (gate.id, gate.digest)
        and vote.person.full_member
        and vote.person.may is True
        and vote.at < EXPIRES
        and bool(gate.approvers)
        and (gate.asker_may or vote.person.id != gate.asked_by)
    )


@enough
@given(gates, votes_of(), moments)
def test_without_approvals_by_enough_allowed_people_nothing_runs(gate, votes, now):
    found = decide(gate, votes, now, None)
    if isinstance(found, Approved):
        allowed = {vote.person.id for vote in votes if could_count(gate, vote)}
        assert set(found.by) <= allowed
        assert len(set(found.by)) == len(found.by) >= max(1, gate.people, 2 * (gate.risk == "critical"))


@enough
@given(gates, votes_of().map(lambda votes: [vote for vote in votes if not could_count(GATE, vote)]), moments)
def test_no_sequence_without_an_approval_by_an_allowed_person_is_approved(gate, votes, now):
    assert not isinstance(decide(gate, votes, now, None), Approved)


@enough
@given(gates, votes_of(), approvers, st.integers(0, 12), moments)
def test_a_denial_by_an_allowed_person_that_stands_is_never_approved(gate, votes, person, place, now):
    others = [vote for vote in votes if vote.person.id != person.id]
    denial = Vote(gate.id, gate.digest, person, "deny", at(50))
    assert isinstance(decide(gate, [*others[:place], denial, *others[place:]], now, None), Denied)


@enough
@given(gates, votes_of(), moments)
def test_what_is_read_after_the_expiry_never_helps(gate, votes, now):
    found = decide(gate, votes, now, None)
    in_time = decide(gate, [vote for vote in votes if vote.at < EXPIRES], now, None)
    if isinstance(found, Approved):
        assert isinstance(in_time, Approved)


@enough
@given(gates, votes_of(), moments)
def test_after_the_expiry_it_is_decided(gate, votes, now):
    found = decide(gate, votes, now, None)
    assert now < EXPIRES or not isinstance(found, Waiting)
    assert now >= EXPIRES or not isinstance(found, Expired)


@enough
@given(gates, votes_of(), moments)
def test_while_the_emergency_stop_is_on_it_is_halted(gate, votes, now):
    assert decide(gate, votes, now, STOP) == Halted(STOP.reason, STOP.by)


@enough
@given(gates, votes_of(approvers, st.just("approve")), moments)
def test_the_asker_alone_never_approves_where_another_must(gate, votes, now):
    gate = replace(gate, asker_may=False)
    own = [replace(vote, person=replace(vote.person, id=gate.asked_by)) for vote in votes]
    assert not isinstance(decide(gate, own, now, None), Approved)


@enough
@given(gates, votes_of(approvers, st.just("approve")), moments)
def test_one_person_alone_is_never_two(gate, votes, now):
    own = [replace(vote, person=replace(vote.person, id="ANN")) for vote in votes]
    assert not isinstance(decide(replace(gate, people=2), own, now, None), Approved)


@enough
@given(gates, votes_of(), st.randoms(use_true_random=False), moments)
def test_the_order_among_different_people_does_not_matter(gate, votes, random, now):
    queues = {person: [vote for vote in votes if vote.person.id == person] for person in IDS}
    mixed = []
    while left := [person for person in IDS if queues[person]]:
        mixed.append(queues[random.choice(left)].pop(0))
    assert sense(decide(gate, mixed, now, None)) == sense(decide(gate, votes, now, None))


def sense(decision):
    """The decision, without the order of names and without who of two denied first."""
    match decision:
        case Approved(by):
            return "approved", set(by)
        case Waiting(missing, so_far, turned_down):
            return "waiting", missing, set(so_far), dict(turned_down)
        case _:
            return decision.kind


@enough
@given(gates, votes_of(), moments)
def test_only_the_last_answers_of_each_person_matter(gate, votes, now):
    """What a person answered earlier changes nothing, once they answered again in time and for this gate."""
    meant = [vote for vote in votes if (vote.gate_id, vote.digest) == (gate.id, gate.digest) and vote.at < EXPIRES]
    last = {}
    for vote in meant:
        if not (before := last.get(vote.person.id)) or before.at != vote.at or before.answer != "deny":
            last[vote.person.id] = vote
    whole, short = (sense(decide(gate, some, now, None)) for some in (meant, list(last.values())))
    assert whole[:3] == short[:3]


@enough
@given(gates, votes_of(), moments)
def test_who_waits_in_vain_is_told_a_whole_sentence(gate, votes, now):
    found = decide(gate, votes, now, None)
    if isinstance(found, Waiting):
        assert not set(found.so_far) & found.turned_down.keys()
        assert all(text[0].isupper() and text.endswith(".") for text in found.turned_down.values())
