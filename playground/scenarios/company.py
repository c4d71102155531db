"""The people of the playground's company, the same in Slack, PagerDuty and GitHub."""

from __future__ import annotations

from playground.world import Person


def _person(slack_id: str, handle: str, name: str) -> Person:
    return Person(slack_id, handle, name, f"{handle}@playground.example")


PEOPLE: tuple[Person, ...] = (
    _person("U0ALICE001", "alice", "Alice Moreau"),
    _person("U0BEN00002", "ben", "Ben Okafor"),
    _person("U0CHEN0003", "chen", "Chen Li"),
    _person("U0DANA0004", "dana", "Dana Petrova"),
    _person("U0EMRE0005", "emre", "Emre Yılmaz"),
    _person("U0FATIMA06", "fatima", "Fatima Haddad"),
    _person("U0GUS00007", "gus", "Gus Lindqvist"),
    _person("U0HANA0008", "hana", "Hana Sato"),
    _person("U0IVO00009", "ivo", "Ivo Novák"),
    _person("U0JUNE0010", "june", "June Abara"),
    _person("U0KOFI0011", "kofi", "Kofi Mensah"),
    _person("U0LENA0012", "lena", "Lena Fischer"),
)

BY_HANDLE = {person.handle: person for person in PEOPLE}
