"""Which past incidents are shown, in which order, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.analysis import Moved
from bot.domain.memory import Blamed, Fingerprint, Pattern
from bot.evidence.likeness import fingerprint, likeness, moved
from bot.evidence.onset import Shift
from bot.memory.seen_before import FLOOR, Past, fuse, seen_before
from integrations.contract import History, Similar
from tests.memory.made import NOW, OTHER, PRINT, memory, report


def by_text(id_: str, why: str = "same alert") -> Similar:
    return Similar(id_, NOW, "payment", "HighErrorRate", "as the room has it", "", None, 1.0, why)


def shown(report_, past):
    return [one.incident_id for one in seen_before(report_, past).context.of(Similar)]


def test_the_same_evidence_is_found_with_its_cause_what_fixed_it_and_why():
    (found,) = seen_before(report(), Past((memory(), memory("INC-OOM", fingerprint=OTHER)))).context.of(Similar)
    assert (found.incident_id, found.cause) == ("INC-892", "the gateway's address was wrong in a new version")
    assert (found.resolution, found.minutes) == ("rolled back to the version before", 11.0)
    assert found.why == "same new log pattern; also after a deploy; 2 signals moved the same way"
    assert not found.reviewed


def test_what_a_person_looked_at_is_told_as_such():
    (found,) = seen_before(report(), Past((memory(review="accepted"),))).context.of(Similar)
    assert found.reviewed


def test_what_reads_alike_is_not_shown_where_other_things_moved():
    """The same alert of the same service, found by its text; but another thing was wrong."""
    past = Past((memory(fingerprint=OTHER),))
    assert shown(report(PRINT, by_text("INC-892")), past) == []


def test_a_record_without_evidence_is_shown_where_its_text_reads_alike():
    past = Past((memory(fingerprint=Fingerprint(), origin="markdown"),))
    assert shown(report(PRINT, by_text("INC-892")), past) == ["INC-892"]
    assert shown(report(PRINT), past) == []


def test_an_incident_of_ours_in_which_nothing_moved_is_not_like_one_in_which_something_did():
    past = Past((memory(fingerprint=Fingerprint()),))
    assert shown(report(PRINT, by_text("INC-892")), past) == []
    assert shown(report(Fingerprint(), by_text("INC-892")), past) == ["INC-892"]


def test_an_incident_without_evidence_goes_by_text():
    assert shown(report(Fingerprint(), by_text("INC-892")), Past((memory(),))) == ["INC-892"]


def test_the_record_tells_it_not_the_rooms_copy():
    (found,) = seen_before(report(PRINT, by_text("INC-892")), Past((memory(),))).context.of(Similar)
    assert found.cause == "the gateway's address was wrong in a new version"
    assert found.why.endswith("; same alert")


def test_of_what_the_evidence_puts_close_together_what_the_text_has_too_comes_first():
    near = replace(PRINT, moved=PRINT.moved[:1])
    past = Past((memory("INC-A"), memory("INC-B", fingerprint=near)))
    assert shown(report(), past) == ["INC-A", "INC-B"]
    assert shown(report(PRINT, by_text("INC-B")), past) == ["INC-B", "INC-A"]


def test_three_are_shown_at_most_and_each_incident_once():
    past = Past(tuple(memory(f"INC-{n}") for n in range(5)))
    assert len(shown(report(), past)) == 3
    again = Past((memory(), memory("INC-892.2", incident_id="INC-892", opening=2)))
    assert shown(report(), again) == ["INC-892"]


def test_an_incident_that_was_closed_and_fires_again_is_told_of_its_earlier_opening():
    assert shown(report(PRINT, by_text("INC-892"), incident_id="INC-892"), Past((memory(),))) == ["INC-892"]


@pytest.mark.parametrize("id_", ["INC-892", "INC-892.2"])
def test_what_was_closed_while_it_fired_is_no_past_of_its_own(id_):
    """A person closed it and opened it again: the alert that fires now fired in that opening too."""
    closed = memory(id_, incident_id="INC-892", opened_at=NOW - timedelta(minutes=4), minutes=4.5)
    again = report(PRINT, by_text(id_), History(1), incident_id="INC-892")
    assert shown(again, Past((closed,))) == []
    assert seen_before(again, Past((closed,))).context.of(History) == (History(0),)
    assert shown(report(PRINT, by_text(id_)), Past((closed,))) == ["INC-892"], "to another one it is"


def test_an_incident_of_which_nothing_is_remembered_is_not_like_itself():
    assert shown(report(PRINT, by_text("INC-892"), incident_id="INC-892"), Past(())) == []


def test_what_the_record_does_not_know_is_left_out_while_the_room_is_behind():
    """Somebody turned it down, or had it removed; the room's copy goes later."""
    found = report(PRINT, by_text("INC-GONE"))
    assert shown(found, Past(in_step=False)) == []
    assert shown(found, Past()) == ["INC-GONE"]
    assert shown(found, Past(searched=False, in_step=False)) == ["INC-GONE"]


def test_how_many_were_searched_is_told():
    looked = seen_before(report(PRINT, History(3)), Past((memory(fingerprint=OTHER),)))
    assert looked.context.of(History) == (History(3),)
    assert seen_before(report(), Past((memory(), memory("INC-2")))).context.of(History) == (History(2),)
    assert seen_before(report(), Past(searched=False)).context.of(History) == ()


def test_a_cause_that_people_doubted_is_told_with_that():
    (found,) = seen_before(report(), Past((memory(disliked=2, liked=1),))).context.of(Similar)
    assert found.cause.startswith("doubted by people: ")
    (found,) = seen_before(report(), Past((memory(disliked=2, cause_by="person"),))).context.of(Similar)
    assert not found.cause.startswith("doubted")


def test_a_place_by_evidence_counts_more_than_one_by_text_and_equal_ones_go_by_their_id():
    assert fuse(["b", "a"], ["a", "b"]) == ["b", "a"]
    assert fuse([], ["c"]) == ["c"]
    assert fuse(["b"], []) == fuse([], ["b"]) == ["b"]


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        (PRINT, PRINT, 1.0, 1.0),
        (PRINT, OTHER, FLOOR / 10, FLOOR),  # the cause lies in the same service; nothing else is the same
        (PRINT, Fingerprint(), 0.0, 0.0),
        (PRINT, replace(PRINT, patterns=()), FLOOR, 0.99),
    ],
)
def test_likeness_by_what_is_shared(one, other, least, most):
    assert least <= likeness(one, other) <= most


def test_only_the_clearest_of_a_signals_shifts_is_kept():
    def shift(surprise: float, instance: str = "") -> Shift:
        return Shift("payment", "cpu", "", "up", 1.0, 2.0, 0.0, surprise, instance=instance)

    assert moved([shift(0.4, "pod-1"), shift(0.8), shift(0.01)]) == (Moved("payment", "cpu", "up", 0.8),)


def test_what_an_analysis_is_recognised_by():
    assert fingerprint(report().analysis) == PRINT


names = st.sampled_from(["payment", "cart", "ledger"])
prints = st.builds(
    Fingerprint,
    moved=st.lists(
        st.builds(
            Moved, names, st.sampled_from(["cpu", "error_rate"]), st.sampled_from(["up", "down"]), st.floats(0, 1)
        ),
        max_size=5,
    ).map(tuple),
    patterns=st.lists(st.builds(Pattern, names, st.sampled_from(["a", "b"])), max_size=4).map(tuple),
    causes=st.lists(st.builds(Blamed, names, st.sampled_from(["change", "network"])), max_size=2).map(tuple),
)


@given(prints, prints)
def test_likeness_is_a_share_and_the_same_both_ways(one, other):
    much = likeness(one, other)
    assert 0.0 <= much <= 1.0
    assert much == pytest.approx(likeness(other, one))


@given(prints, st.lists(prints, max_size=6))
def test_nothing_below_the_floor_is_ever_shown_by_evidence_alone(now, before):
    past = Past(tuple(memory(f"INC-{n}", fingerprint=one) for n, one in enumerate(before)))
    looked = seen_before(report(now), past)
    mine = fingerprint(looked.analysis)
    for one in looked.context.of(Similar):
        assert likeness(mine, next(m for m in past.memories if m.id == one.incident_id).fingerprint) >= FLOOR


def test_what_is_old_counts_as_what_is_new():
    past = Past((memory(opened_at=NOW - timedelta(days=900)),))
    assert shown(report(), past) == ["INC-892"]
