"""Which log lines grew."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence.line import masked, read, weight_of
from bot.evidence.log_patterns import growths, onset_in, strongest
from tests.evidence.made import ALERT, at, logs, said, spread

ONSET, NOW = at(-5).timestamp(), at(1).timestamp()


def grown(*lines, total=None):
    return growths(logs(*lines, total=total), ONSET, NOW)


QUIET = said("pay", "paid order {n}", "INFO", spread(-90, 1, 200))


def test_lines_that_differ_in_their_numbers_are_one_template_with_its_count_and_first_moment():
    first, *_ = grown(QUIET, said("pay", "cannot charge order {n} after 3000 ms", "ERROR", spread(-5, 1, 60)))
    assert first.pattern.template == "cannot charge order <*> after <*> ms"
    assert (first.pattern.count, first.pattern.before, first.pattern.new) == (60, 0, True)
    assert first.pattern.first_seen == at(-5)
    assert first.pattern.sample == "cannot charge order 1000 after 3000 ms"


def test_what_is_said_as_often_as_before_has_not_grown():
    assert not [g for g in grown(said("pay", "retrying {n}", "ERROR", spread(-90, 1, 300))) if g.share > 0.1]


def test_before_is_scaled_to_the_same_span():
    (first,) = grown(
        said("pay", "lock timeout {n}", "ERROR", spread(-65, -5, 60)),
        said("pay", "lock timeout {n}", "ERROR", spread(-5, 1, 90)),
    )
    assert first.pattern.before == pytest.approx(6, abs=0.5)
    assert not first.pattern.new
    assert first.pattern.usual == "6 before"


def test_what_was_said_before_and_grew_is_told_since_it_grew():
    steady, more = spread(-65, -5, 60), spread(-4.5, 1, 90)
    (first,) = grown(said("pay", "lock timeout {n}", "ERROR", [*steady, *more]))
    assert first.pattern.first_seen == at(-4.5)


@pytest.mark.parametrize(
    ("since", "usual"),
    [
        (-90, "none seen in the hour before"),
        (-65, "none seen in the hour before"),
        (-50, "none seen in the 45 min before"),
        (-9, "none seen in the 4 min before"),
    ],
)
def test_what_is_new_is_new_to_the_lines_that_were_read(since, usual):
    quiet = said("pay", "paid order {n}", "INFO", spread(since, 1, 200))
    first, *_ = grown(quiet, said("pay", "refused", "ERROR", spread(-5, 1, 60)))
    assert first.pattern.usual == usual


def test_none_was_seen_up_to_the_first_that_was():
    quiet = said("pay", "paid order {n}", "INFO", spread(-64, 1, 200))
    first, *_ = grown(quiet, said("pay", "refused", "ERROR", spread(-3, 1, 60)))
    assert first.pattern.usual == "none seen in the hour before", "59 minutes before the onset, and two after it"


def test_growth_counts_for_more_than_novelty_and_errors_for_more_than_infos():
    found = grown(
        QUIET,
        said("pay", "lock timeout {n}", "ERROR", [*spread(-60, -5, 12), *spread(-5, 1, 90)]),
        said("pay", "a new thing was said once", "ERROR", [-3]),
        said("pay", "cache warmed {n}", "INFO", spread(-5, 1, 200)),
    )
    assert next(g.pattern.template for g in found) == "lock timeout <*>"
    assert [g.weight for g in found if g.pattern.template == "cache warmed <*>"] == ["info"]
    assert strongest(found)[-1].template == "cache warmed <*>"


def test_a_burst_that_happens_every_half_hour_surprises_nobody():
    habit = [minute for start in (-60, -33, -3) for minute in spread(start, start + 1, 40)]
    assert not [g for g in grown(QUIET, said("pay", "flush late {n}", "ERROR", habit)) if g.share > 0.1]


def test_a_sample_is_scaled_up_to_what_there_was():
    lines = said("pay", "refused", "ERROR", spread(-5, 1, 50))
    (first,) = [g for g in grown(QUIET, lines, total=10 * (len(QUIET) + 50)) if g.weight == "error"]
    assert (first.pattern.count, first.pattern.often) == (500, "about 500")


def test_of_a_sample_no_more_is_told_than_is_known():
    lines = [*QUIET, *said("pay", "refused", "ERROR", spread(-5, 1, 91))]
    counts = [[g.pattern.often for g in grown(lines, total=n) if g.weight == "error"] for n in (291, 55_000, 4_000_000)]
    assert counts == [["91"], ["about 17,000"], ["about 1,300,000"]]


def test_where_nothing_is_known_of_before_nothing_is_called_new():
    (found,) = growths(logs(said("pay", "refused", "ERROR", spread(-5, 1, 50))), ONSET, NOW) or (None,)
    assert found is None


def test_silence_is_silence():
    assert growths(logs(), ONSET, NOW) == ()


def test_error_lines_alone_can_tell_when_it_began():
    quiet = said("pay", "lost {n}", "ERROR", spread(-90, -15, 30))
    assert onset_in(
        logs(quiet, said("pay", "refused", "ERROR", spread(-6, 1, 200))), ALERT.timestamp()
    ) == pytest.approx(at(-6).timestamp(), abs=60)
    assert onset_in(logs(quiet), ALERT.timestamp()) is None


@pytest.mark.parametrize(("message", "template"), [
    ("user 17 from 10.0.0.3:8080 paid 12.50", "user <*> from <*> paid <*>"),
    ("connection refused: payment-gateway.internal:8443", "connection refused: payment-gateway.internal:8443"),
    ("trace 4fa1c09be2d17733 id=9b2e6f0a-0c1d-4b8e-8a4f-1f2e3d4c5b6a", "trace <*> id=<*>"),
    ('cannot open "/var/data/x" or /etc/app/conf.d/a.yaml', "cannot open <*> or <*>"),
    ("took 12ms at 2026-03-01T11:59:00.123Z", "took <*> at <*>"),
    ("java.lang.NullPointerException at com.shop.Cart.add", "java.lang.NullPointerException at com.shop.Cart.add"),
    ("mail to a.b@shop.example failed", "mail to <*> failed"),
    ("can't read user's cart", "can't read user's cart"),
    ("pointer 0xdeadbeef is bad", "pointer <*> is bad"),
])  # fmt: skip
def test_what_changes_from_line_to_line_is_masked_and_names_stay(message, template):
    assert masked(message) == template


@pytest.mark.parametrize(("level", "message", "weight"), [
    ("ERROR", "x", "error"), ("fatal", "x", "error"), ("warn", "x", "warning"), ("info", "request failed", "info"),
    ("", "request failed", "error"), ("", "upstream timed out", "error"), ("", "all is well", "info"),
    ("", "java.io.IOException: broken", "error"), ("", "11:59:00 INFO  [main] 3 retries failed before", "info"),
    ("", "2026-03-01 11:59:00,123 WARN  pool: nearly full", "warning"), ("", "[ERROR] no", "error"),
    ("", '{"severity": "info", "message": "no error"}', "info"), ("", '{"level": "error", "msg": "no"}', "error"),
    ("", '{"message": "refused", "error": null}', "error"), ("", '{"message": "served", "error": null}', "info"),
    ("", 'time=1 level=warning msg="slow disk"', "warning"), ("INFO", '{"level": "error", "msg": "x"}', "info"),
])  # fmt: skip
def test_a_line_weighs_by_its_level_or_else_by_its_words(level, message, weight):
    assert weight_of(level, message) == weight


@pytest.mark.parametrize(("message", "words"), [
    ('{"severity": "error", "message": "cannot charge", "pid": 7}', "cannot charge"),
    ('{"level": "error", "msg": "rpc failed", "error": "deadline exceeded"}', "rpc failed deadline exceeded"),
    ('{"log": "{\\"severity\\": \\"info\\", \\"message\\": \\"inner\\"}"}', "inner"),
    ('level=error ts=1 msg="cannot \\"charge\\"" err=EOF', 'cannot \\"charge\\" EOF'),
    ("a=b and c=d are no fields", "a=b and c=d are no fields"), ('{"broken": ', '{"broken": '), ("[1, 2]", "[1, 2]"),
    ('{"numbers": 3}', '{"numbers": 3}'), ("", ""),
])  # fmt: skip
def test_a_line_that_holds_fields_is_read_for_its_words(message, words):
    assert read(message)[1] == words


def test_lines_in_json_are_told_apart_by_their_words_and_not_by_their_quotes():
    quiet = said("pay", '{"severity": "info", "message": "paid {n}", "id": "{n}"}', "", spread(-90, 1, 200))
    loud = said("pay", '{"severity": "error", "message": "card refused {n}", "id": "{n}"}', "", spread(-5, 1, 60))
    first, *_ = grown(quiet, loud)
    assert (first.pattern.template, first.pattern.count, first.weight) == ("card refused <*>", 60, "error")
    assert first.pattern.sample == "card refused 1000"


def test_a_busy_line_that_is_said_a_fifth_more_is_only_traffic():
    busy = said("pay", "refused {n}", "ERROR", [*spread(-60, -5, 11_000), *spread(-5, 1, 1_450)])
    assert grown(busy) == ()
    rare = said("pay", "refused {n}", "ERROR", [*spread(-60, -5, 110), *spread(-5, 1, 145)])
    assert grown(rare)[0].share > 0.5


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=20))
def test_any_text_can_be_mined_and_no_line_is_lost(messages):
    lines = tuple(line for message in messages for line in said("s", message, "ERROR", spread(-4, 0, 30)))
    found = grown(said("s", "zzz quiet zzz", "INFO", spread(-90, -6, 5)), lines)
    assert sum(growth.pattern.count for growth in found) == len(lines)


@pytest.mark.parametrize("seconds", [0, 1, 30, 59])
def test_minutes_are_counted_from_the_alert_and_not_by_the_clock(seconds):
    alerted = at(seconds / 60).timestamp()
    burst = said("pay", "refused", "ERROR", [seconds / 60 - 3 + place / 60 for place in range(60)])
    assert onset_in(logs(QUIET, burst), alerted) == alerted - 180


def test_what_chance_does_to_a_count_is_no_vote():
    steady = [place * 6.0 - 65 for place in range(10)]
    usual = [minute + part for minute in steady for part in spread(0, 5.9, 9)]
    more = said("pay", "retry {n}", "ERROR", [*usual, *spread(-5, 1, 16)])
    assert grown(more) == ()
    assert grown(more, said("pay", "retry {n}", "ERROR", spread(-5, 1, 20)))[0].share > 0.3
