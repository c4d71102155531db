"""The tables of leaks and of harmless lines: what is missed and what is masked wrongly is printed, and held to nothing.

Run with `-s` to see the figures.
"""

import re

import pytest

from bot.guard.instructions import addresses_the_assistant
from bot.guard.redact import Redaction, redact, redact_lines
from tests.guard.harmless import HARMLESS, IDS, ORDINARY
from tests.guard.leaks import LEAKS, PARTS
from tests.guard.made import pem

MARKED = re.compile(r"\[redacted: [a-z ]+\]")


def survives(leak, told):
    """Whether the secret, or its end, can still be read."""
    return leak.secret in told or leak.secret[-8:] in told


@pytest.mark.parametrize("part", PARTS)
def test_no_leak_of_the_table_is_missed(part, capsys):
    missed = [leak.name for leak in PARTS[part] if survives(leak, redact(leak.line))]
    with capsys.disabled():
        print(f"\n{part}: {len(PARTS[part])} leaks, {len(missed)} missed {missed or ''}")
    assert missed == []


def test_no_harmless_line_of_the_table_is_masked(capsys):
    masked = [told for line, told in zip(HARMLESS, redact_lines(HARMLESS), strict=True) if told != line]
    with capsys.disabled():
        print(f"\n{len(HARMLESS)} harmless lines, {len(masked)} masked {masked or ''}")
    assert masked == []


def test_the_tables_are_as_large_as_was_asked_for():
    assert len({leak.line for leak in LEAKS}) >= 150
    assert len(set(HARMLESS)) >= 300
    assert set(ORDINARY).isdisjoint(IDS)


def test_a_masked_line_stays_readable():
    """Of what stands around a secret, all but a few words is still there."""
    told = {leak: MARKED.sub("", redact(leak.line)) for leak in LEAKS}
    kept = {leak: len(line) / max(len(leak.before + leak.after), 1) for leak, line in told.items()}
    assert sum(share >= 0.9 for share in kept.values()) >= 0.9 * len(LEAKS)


def test_no_harmless_line_speaks_to_an_assistant():
    assert [line for line in HARMLESS if addresses_the_assistant(line)] == []


CARDS = ["4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444", "378282246310005", "3782 822463 10005"]
NO_CARDS = ["4111 1111 1111 1112", "4111 1111-1111 1111", "1700000000123", "20261121034200", "4444444444444444444444"]
EMAILS = ["alice@example.com", "a.b+c@mail.example.co.uk", "<bob@example.org>", '"x@y-z.example"']
NO_EMAILS = ["git@github.com:acme/app.git", "app@sha256:0123", "http://user@host.example/x", "@here", "a@b", "p99@1m"]


@pytest.mark.parametrize("card", CARDS)
def test_card_numbers_are_masked_where_that_is_asked_for(card):
    assert Redaction(cards=True).text(f"paid with {card}, ok") == "paid with [redacted: card number], ok"
    assert redact(f"paid with {card}, ok") == f"paid with {card}, ok"


@pytest.mark.parametrize("number", NO_CARDS)
def test_a_number_that_is_no_card_stays(number):
    assert Redaction(cards=True).text(f"id={number} x") == f"id={number} x"


@pytest.mark.parametrize("email", EMAILS)
def test_addresses_are_masked_where_that_is_asked_for(email):
    told = Redaction(emails=True).text(f"mail from {email}")
    assert told == "mail from " + re.sub(r"[^<>\"]+", "[redacted: email address]", email)
    assert redact(f"mail from {email}") == f"mail from {email}"


@pytest.mark.parametrize("text", NO_EMAILS)
def test_what_is_no_address_stays(text):
    assert Redaction(emails=True).text(text) == text


def test_both_are_masked_in_findings_and_lines_and_only_once():
    both = Redaction(emails=True, cards=True)
    line = f"{EMAILS[0]} paid with {CARDS[0]}"
    told = "[redacted: email address] paid with [redacted: card number]"
    assert both.lines([line, "fine"]) == [told, "fine"]
    assert both.finding({"note": line}) == {"note": told}
    assert both.text(told) == told
    assert redact(told) == told


def test_what_is_masked_is_counted_by_its_kind_and_once():
    seen = []
    counted = Redaction(count=lambda kind, times: seen.append((kind, times)))
    told = counted.text("password=Xy7abcdefg token=[redacted: secret] password=Zw8abcdefg")
    assert told.count("[redacted: password]") == 2
    counted.text(told)
    counted.text("nothing to see")
    counted.text(f"key {pem()} end")
    counted.lines(["fine", *pem().split("\n"), "api_key=Xy7abcdefg"])
    counted.finding({"db_password": "Xy7abcdefg", "note": "password=Xy7abcdefg"})
    assert seen == [
        ("password", 2),
        ("private key", 1),
        ("private key", 1),
        ("secret", 1),
        ("password", 1),
        ("password", 1),
    ]
