"""How two ranks become one, and where the floor lies."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.chromadb import Memory
from integrations.chromadb.client import Near
from integrations.chromadb.lexical import Lexical
from integrations.chromadb.rank import Candidate, Query, alike, covered, fuse, query

ids = st.lists(st.text("abcdefgh", min_size=1, max_size=2), unique=True, max_size=12)


@settings(max_examples=100, deadline=None)
@given(ids, ids)
def test_a_fused_score_is_a_share_and_leading_both_ranks_is_best(near, lexical):
    fused = fuse([Near(id_, 0.5) for id_ in near], [(id_, 1.0) for id_ in lexical])

    assert {id_ for id_, _ in fused} == {*near, *lexical}
    assert all(0 < score <= 1 for _, score in fused)
    if near and lexical and near[0] == lexical[0]:
        assert fused[0] == (near[0], 1.0)


def test_second_in_both_ranks_beats_first_in_one():
    near, lexical = [Near("a", 0.9), Near("b", 0.8)], [("c", 9.0), ("b", 8.0)]

    assert fuse(near, lexical)[0][0] == "b"


@pytest.mark.parametrize(
    ("service", "cosine", "kept"),
    [("cart", 0.21, True), ("cart", 0.19, False), ("other", 0.41, True), ("other", 0.39, False)],
)
def test_the_floor_of_vectors_is_half_as_high_at_home(service, cosine, kept):
    memory = Memory("INC-1", service, "Words of their own", datetime(2026, 1, 1, tzinfo=UTC))
    asked = Query("cart", ("CartBroken",), "CartBroken baskets vanish")

    found = alike(asked, [Candidate(memory, 1.0, cosine)], Lexical({"INC-1": memory.text()}), floor=0.4)

    assert [one.incident_id for one in found] == (["INC-1"] if kept else [])


def test_a_rare_word_covers_more_than_a_common_one():
    index = Lexical({str(at): "request failed" for at in range(50)} | {"x": "quorum lost"})
    asked = Query("cart", (), "request quorum")

    assert covered(asked, "the quorum", index) > 0.9 > 0.1 > covered(asked, "a request", index)
    assert covered(Query("cart", (), ""), "anything", index) == 0.0


def test_the_query_is_what_was_said_without_the_places_and_its_symptoms_without_the_service(make_scope):
    scope = make_scope("cart", "CartBroken", "Baskets of cart vanish", pod="cart-7d9f", queue="orders", severity="page")

    asked = query(scope)

    assert asked.alerts == ("CartBroken",)
    assert asked.symptoms.split() == ["CartBroken", "Baskets", "of", "vanish", "orders"]
    assert asked.text.startswith("cart\n")


def test_bm25_counts_rare_words_more_and_long_texts_less():
    index = Lexical({"short": "disk full", "long": "disk full " + "other words here " * 20, "none": "memory"})

    assert [id_ for id_, _ in index.search("disk full", 5)] == ["short", "long"]
    assert index.search("disk full", 1) == index.search("disk full", 5)[:1]
    assert index.search("", 5) == []
    assert Lexical({}).search("disk", 5) == []
