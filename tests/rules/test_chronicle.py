"""Everything that happened, in order, each with its source; nothing that was taken back."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

from bot.domain.briefing import Briefing
from bot.domain.entry import Entry, Kind
from bot.domain.question import Answer, Question
from bot.life.chronicle import Record, chronicle
from tests.stories.incident_sample import ALERTED, DEPLOYED, NOW, REPORT, alert, incident


def entry(number, kind, **more):
    at = NOW + timedelta(minutes=number)
    return Entry("INC-1", f"k{number}", at, kind, "U1", number=number, **more)


def told(record):
    return [one.text for one in chronicle(record)]


def test_alerts_findings_and_deploys_come_with_their_links_oldest_first():
    happened = chronicle(Record(incident(alerts=(alert(),)), REPORT))
    assert [one.at for one in happened] == sorted(one.at for one in happened)
    deploy = next(one for one in happened if "v2.34.1" in one.text)
    assert (deploy.at, deploy.source) == (DEPLOYED, "changes")
    assert deploy.link == "https://github.example/acme/payment-service/deployments/7"
    fired = next(one for one in happened if one.text.startswith("alert HighErrorRate fired"))
    assert (fired.at, fired.source) == (ALERTED, "alertmanager")
    assert fired.link.startswith("http://prometheus.example")
    assert any("a new log pattern of payment-service, 1,204 times" in one.text for one in happened)


def test_people_are_told_with_who_did_it_and_to_whom():
    record = Record(incident(), None, [entry(1, "lead", value="U2"), entry(2, "handoff", value="U3", text="the pool")])
    lead, handoff = chronicle(record)[-2:]
    assert (lead.text, lead.who, lead.to) == ("gave the lead", ("U1",), "U2")
    assert (handoff.text, handoff.to) == ("handed over: the pool", "U3")


def test_whoever_names_themselves_took_the_lead():
    lead = chronicle(Record(incident(alerts=()), None, [entry(1, "lead", value="U1")]))[-1]
    assert (lead.text, lead.who, lead.to) == ("took the lead", ("U1",), "")


def test_every_kind_of_entry_is_told_but_those_that_only_ask_take_back_or_are_told_elsewhere():
    kinds = [kind for kind in get_args(Kind) if kind not in ("reminded", "unpinned", "changed")]
    record = Record(incident(alerts=()), None, [entry(n, kind, value=f"{n}") for n, kind in enumerate(kinds, 1)])
    assert len([one for one in chronicle(record) if one.source == "people"]) == len(kinds)
    hidden = [entry(n, kind) for n, kind in enumerate(("reminded", "unpinned", "changed"), 1)]
    assert [one for one in chronicle(Record(incident(), None, hidden)) if one.source == "people"] == []


def test_a_pin_that_was_taken_back_is_not_told():
    pins = [entry(1, "pinned", value="1.1", text="first"), entry(2, "pinned", value="1.2", text="second")]
    taken_back = entry(3, "unpinned", value="1.1")
    record = Record(incident(), None, [*pins, taken_back])
    assert "wrote: second" in told(record)
    assert "wrote: first" not in told(record)
    again = replace(pins[0], number=4)
    assert "wrote: first" in told(replace(record, entries=[*record.entries, again]))


def test_questions_are_told_with_the_beginning_of_their_answer():
    question = Question("C1:1.1", "INC-1", "C1", "1.1", "U1", "why?", NOW)
    answer = Answer(Briefing("p", "h"), "because\nof the pool " + "x" * 400, "complete")
    (one,) = [one for one in chronicle(Record(incident(), None, answers=[(question, answer)])) if one.who == ("U1",)]
    assert one.text.startswith("asked: why? · answered: because of the pool xxx")
    assert len(one.text) < 250


def test_a_cause_that_was_rejected_is_told_as_that():
    named, rejected = entry(1, "cause", text="the moon"), entry(2, "cause")
    assert told(Record(incident(), None, [named, rejected]))[-2:] == [
        "named the cause: the moon",
        "rejected a cause that was named",
    ]
