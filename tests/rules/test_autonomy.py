"""What runs unasked and what asks whom: the table, the settings behind it, and what a team grants on top."""

import re
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.guard.autonomy import TABLE, Approvers, Kind, Profile, rule, suggest
from bot.runs.autonomy_file import Grants, load_grants
from bot.settings import Settings
from runbooks.model import Library, Runbook, Step
from runbooks.prepared import Prepared
from tests.pages import ROOT, section, snippet, text_of
from tests.rules.runs import command

TEAM = Approvers(("S0PAY",), ("S0PAY",), ("S0PAY", "oncall"), ("S0SEN",))
NOBODY = Approvers()


def prepared(kind="medium", **changes):
    """A step of this column of the table."""
    risk = kind if kind in ("low", "medium", "high", "critical") else "critical" if kind == "unsafe" else "medium"
    unsafe = "no other way" if kind == "unsafe" else ""
    made = Prepared("1", "a step", (command("do"),), risk, kind == "read", asks=False, values={}, unsafe=unsafe)
    return replace(made, **changes)


# ── the table ────────────────────────────────────────────────────────────────────────────────────


def in_words(ruling):
    match ruling.verdict:
        case "refuse":
            return "forbidden"
        case "run":
            return "runs"
        case _:
            who = "" if ruling.asker_may else "other " if ruling.people == 1 else "others "
            return f"{ruling.people} {who}approve{'s' if ruling.people == 1 else ''}"


def test_the_page_shows_the_table_that_the_program_keeps():
    head, _, *rows = re.findall(r"^\|(.+)\|$", section("docs/autonomy.md", "The table"), re.MULTILINE)
    told = [[cell.strip(" `") for cell in line.split("|")] for line in (head, *rows)]
    kinds = list(get_args(Kind))
    real = [
        [profile, *(in_words(rule(prepared(kind), profile, TEAM, granted=False)) for kind in kinds)]
        for profile in TABLE
    ]
    assert told == [["profile", *kinds], *real]


def test_every_profile_that_can_be_set_has_a_row_with_every_kind():
    assert set(TABLE) == set(get_args(Profile)) == set(get_args(Settings.model_fields["autonomy_profile"].annotation))
    assert all(set(row) == set(get_args(Kind)) for row in TABLE.values())


@pytest.mark.parametrize("profile", [*TABLE, "party", ""])
def test_as_shipped_nothing_that_changes_a_system_runs_unasked(profile):
    for kind in get_args(Kind):
        verdict = rule(prepared(kind), profile, TEAM, granted=False).verdict
        assert verdict in (("run", "ask", "refuse") if kind == "read" else ("ask", "refuse"))


@pytest.mark.parametrize("profile", ["development", "staging", "production", "incident"])
@pytest.mark.parametrize("kind", ["read", "low", "medium", "high", "critical"])
def test_approval_required_asks_in_every_profile_granted_or_not(profile, kind):
    for granted in (False, True):
        ruling = rule(prepared(kind, asks=True), profile, TEAM, granted=granted)
        assert (ruling.verdict, ruling.people > 0) == ("ask", True)


def test_what_undoes_a_step_asks_even_where_it_reads():
    assert rule(prepared("read", path="1.rollback"), "production", TEAM, granted=True).verdict == "ask"


def test_a_profile_nobody_knows_asks_two_others_even_for_a_read():
    for kind in get_args(Kind):
        ruling = rule(prepared(kind), "party", TEAM, granted=True)
        assert (ruling.verdict, ruling.people, ruling.asker_may) == ("ask", 2, False)


def test_a_risk_nobody_knows_is_critical():
    ruling = rule(prepared(risk="spicy"), "production", TEAM, granted=True)
    assert (ruling.verdict, ruling.people, ruling.approvers) == ("ask", 2, ("S0SEN",))


def test_what_is_unsafe_is_critical_and_no_read():
    ruling = rule(prepared("unsafe", risk="low", reads=True), "production", TEAM, granted=True)
    assert (ruling.verdict, ruling.people, ruling.approvers) == ("ask", 2, ("S0SEN",))


def test_with_a_second_person_required_the_asker_never_counts():
    ruling = rule(prepared("low"), "production", replace(TEAM, second_person=True), granted=False)
    assert (ruling.asker_may, ruling.why) == (False, "low risk, by somebody else than who asked")


@pytest.mark.parametrize(
    ("step", "profile", "approvers", "why"),
    [
        (prepared("low"), "production", NOBODY, "Nobody can approve low risk. Set APPROVERS, or APPROVERS_LOW for it."),
        (
            prepared("critical"),
            "production",
            replace(TEAM, critical=("U1",)),
            "Critical risk needs two people, and APPROVERS_CRITICAL has one.",
        ),
        (
            prepared("read"),
            "observe",
            TEAM,
            "Nothing runs in the profile observe. Set AUTONOMY_PROFILE to production to run steps behind approval.",
        ),
        (
            prepared("unsafe"),
            "incident",
            TEAM,
            "A step with an interpreter or launcher does not run in the profile incident. "
            "Run it by hand, or change AUTONOMY_PROFILE.",
        ),
    ],
)
def test_a_refusal_says_what_to_do(step, profile, approvers, why):
    ruling = rule(step, profile, approvers, granted=profile == "observe")
    assert (ruling.verdict, ruling.why) == ("refuse", why)


def test_a_read_needs_no_approvers():
    assert rule(prepared("read"), "production", NOBODY, granted=False).verdict == "run"


def test_one_group_can_be_two_people():
    assert rule(prepared("critical"), "production", replace(TEAM, critical=("S0SEN",)), granted=False).verdict == "ask"


steps = st.builds(
    lambda kind, **changes: prepared(kind, **changes),
    st.sampled_from(get_args(Kind)),
    path=st.sampled_from(("1", "7", "2.rollback")),
    asks=st.booleans(),
    reads=st.booleans(),
    unsafe=st.sampled_from(("", "why")),
    risk=st.sampled_from(("low", "medium", "high", "critical", "spicy")),
)


@settings(max_examples=300, deadline=None)
@given(steps, st.sampled_from([*TABLE, "party"]), st.booleans(), st.booleans())
def test_unasked_runs_only_a_read_or_what_was_granted(step, profile, granted, second):
    ruling = rule(step, profile, replace(TEAM, second_person=second), granted=granted)
    always_asks = step.asks or step.path.endswith("rollback") or profile in ("observe", "party")
    if ruling.verdict == "run":
        assert step.reads and not step.unsafe and not always_asks
    if ruling.verdict == "granted":
        assert granted and not step.unsafe and step.risk in ("low", "medium", "high") and not always_asks
    if ruling.verdict == "ask":
        assert ruling.people >= 1 and ruling.approvers
        assert ruling.people >= 2 or step.risk in ("low", "medium", "high")
        assert not (second and ruling.asker_may)


def test_what_was_granted_still_says_whom_to_ask_should_it_have_to_run_again():
    ruling = rule(prepared("high"), "production", TEAM, granted=True)
    assert (ruling.verdict, ruling.people, ruling.approvers) == ("granted", 1, ("S0PAY", "oncall"))
    assert rule(prepared("high"), "production", NOBODY, granted=True).verdict == "granted"


# ── who approves ─────────────────────────────────────────────────────────────────────────────────


def test_lists_for_a_risk_stand_over_the_list_for_all():
    found = Approvers.of(Settings(_env_file=None, approvers="U1,S2", approvers_high="oncall"))
    assert (found.low, found.high, found.critical, found.emergency) == (
        ("U1", "S2"),
        ("oncall",),
        ("U1", "S2"),
        ("U1", "S2"),
    )
    assert found.for_risk("spicy") == ("U1", "S2")


def test_an_emergency_stop_is_lifted_by_its_own_list_else_by_those_for_critical():
    own = Settings(_env_file=None, approvers="U1", approvers_critical="U2", emergency_approvers="U3")
    assert Approvers.of(own).emergency == ("U3",)
    assert Approvers.of(own.model_copy(update={"emergency_approvers": ()})).emergency == ("U2",)


# ── what a team grants ───────────────────────────────────────────────────────────────────────────

WRITTEN = """grants:
  - runbook: tidy
    step: remove rotated logs
    command: find /var/log -name '*.gz' -delete
    profiles: [staging, production]
    by: Dana
    why: ten good runs
"""
TIDY = Step("exec", name="remove rotated logs", command="find /var/log -name '*.gz' -delete", line=7)
BOOK = Runbook("tidy", "Tidy", (TIDY,), file="tidy.yaml")


@pytest.fixture
def grants(tmp_path):
    def write(text):
        path = tmp_path / "autonomy.yaml"
        path.write_text(text)
        return load_grants(path)

    return write


def faults(found):
    return [(problem.line, problem.message) for problem in found.problems]


def test_without_a_file_nothing_is_granted():
    assert load_grants(None) == Grants()


def test_a_grant_holds_for_its_step_in_its_profiles(grants):
    found = grants(WRITTEN)
    assert found.problems == ()
    grant = found.granted("tidy", TIDY, "production", prepared())
    assert (grant.by, grant.why, grant.line) == ("Dana", "ten good runs", 2)
    assert found.granted("tidy", TIDY, "incident", prepared()) is None
    assert found.granted("other", TIDY, "production", prepared()) is None
    assert found.granted("tidy", replace(TIDY, name="another"), "production", prepared()) is None


@pytest.mark.parametrize(
    ("step", "made"),
    [
        (replace(TIDY, approval=True), prepared()),
        (TIDY, prepared(asks=True)),
        (TIDY, prepared("critical")),
        (TIDY, prepared("unsafe")),
        (TIDY, prepared(path="1.rollback")),
        (replace(TIDY, command="find / -delete"), prepared()),
        (replace(TIDY, condition="disk > 1"), prepared()),
    ],
)
def test_what_a_grant_does_not_cover(grants, step, made):
    assert grants(WRITTEN).granted("tidy", step, "production", made) is None


CONDITIONAL = WRITTEN.replace(
    "command: find /var/log -name '*.gz' -delete",
    "command: [df -h, find /var/log -delete]\n    condition: disk > 90",
)
WHEN_FULL = replace(
    TIDY,
    action="conditional",
    command="",
    condition="disk > 90",
    then=(Step("exec", command="df -h"), Step("exec", command="find /var/log -delete")),
)


def test_of_a_conditional_step_all_commands_and_the_condition_are_granted(grants):
    found = grants(CONDITIONAL)
    assert found.granted("tidy", WHEN_FULL, "staging", prepared())
    for other in (
        replace(WHEN_FULL, condition="disk > 5"),
        replace(WHEN_FULL, then=WHEN_FULL.then[::-1]),
        replace(WHEN_FULL, then=WHEN_FULL.then[:1]),
        replace(WHEN_FULL, then=(*WHEN_FULL.then, Step("http", details={"url": "http://x"}))),
    ):
        assert found.granted("tidy", other, "staging", prepared()) is None


def test_a_request_among_commands_cannot_be_granted(grants):
    found = grants(CONDITIONAL.replace("find /var/log -delete]", "'']"))
    request = Step("http", details={"url": "http://flags/off"})
    assert found.granted("tidy", replace(WHEN_FULL, then=(WHEN_FULL.then[0], request)), "staging", prepared()) is None


def test_a_request_cannot_be_granted(grants):
    step = Step("http", name="remove rotated logs", details={"url": "http://flags/off"})
    assert (
        grants(WRITTEN.replace("find /var/log -name '*.gz' -delete", "''")).granted("tidy", step, "staging", prepared())
        is None
    )


@pytest.mark.parametrize(
    ("book", "why"),
    [
        (BOOK, None),
        (replace(BOOK, id="other"), "grants nothing: there is no runbook `tidy`"),
        (
            replace(BOOK, steps=(LOOKS := Step("exec", name="look"),)),
            "grants nothing: runbook `tidy` has no step named `remove rotated logs`",
        ),
        (
            replace(BOOK, steps=(LOOKS, replace(TIDY, command="find / -delete"))),
            "has lapsed: tidy.yaml:7 reads differently now. Look at it, and grant it anew.",
        ),
        (
            replace(BOOK, steps=(replace(TIDY, approval=True),)),
            "grants nothing: the step says `approval: required` (tidy.yaml:7)",
        ),
        (replace(BOOK, steps=(replace(TIDY, unsafe="why"),)), "grants nothing: the step is `unsafe` (tidy.yaml:7)"),
        (replace(BOOK, risk="critical"), "grants nothing: the step is of critical risk"),
    ],
)
def test_a_grant_that_does_not_hold_is_named(grants, book, why):
    found = grants(WRITTEN).lapsed(Library((book,)))
    assert [(problem.line, problem.message) for problem in found] == ([(2, why)] if why else [])


@pytest.mark.parametrize(
    ("change", "line", "part"),
    [
        (("    by: Dana\n", ""), 2, "a grant needs `by`"),
        (("    why: ten good runs\n", "    why: ''\n"), 7, "a grant needs `why`"),
        (("    command: find", "    cmd: find"), 4, "unknown key `cmd`"),
        (("    command: find /var/log -name '*.gz' -delete\n", ""), 2, "a grant needs `command`"),
        (
            ("[staging, production]", "[staging, prod]"),
            5,
            "`profiles` are of development, staging, production, incident",
        ),
        (("[staging, production]", "[observe]"), 5, "`profiles` are of"),
        (("[staging, production]", "[]"), 5, "a grant needs `profiles`"),
        (("[staging, production]", "{staging: true}"), 5, "`profiles` must be text"),
        (("    by: Dana\n", "    by: Dana\n    by: Eve\n"), 7, "`by` stands there twice"),
        (("runbook: tidy", "runbook: {id: tidy}"), 2, "`runbook` must be text"),
        (("grants:", "grant:"), 1, "unknown key `grant`; did you mean `grants`?"),
        (("grants:\n", "grants: all\nother:\n"), 1, "`grants` must be a list"),
    ],
)
def test_a_bad_entry_grants_nothing_and_is_named_with_its_line(grants, change, line, part):
    found = grants(WRITTEN.replace(*change, 1))
    assert found.entries == ()
    assert any(at == line and part in message for at, message in faults(found)), faults(found)


def test_the_good_entries_beside_a_bad_one_hold(grants):
    bad = WRITTEN.replace("grants:\n", "").replace("by: Dana", "from: Dana")
    found = grants(WRITTEN + bad)
    assert len(found.entries) == 1
    assert {line for line, _ in faults(found)} == {8, 12}


def test_a_step_that_is_granted_twice_is_granted_once(grants):
    again = WRITTEN.replace("grants:\n", "").replace("[staging, production]", "[development, staging]")
    found = grants(WRITTEN + again)
    assert [grant.line for grant in found.entries] == [2]
    assert faults(found) == [(8, "`remove rotated logs` of `tidy` is granted in line 2 already")]


@pytest.mark.parametrize(
    "text", ["grants: [", "- 1", "just words", "a: &a [*a]", "grants:\n---\ngrants:", "\0", "grants: [1]"]
)
def test_a_file_that_cannot_be_used_grants_nothing_and_says_so(grants, text):
    found = grants(text)
    assert found.entries == ()
    assert len(found.problems) == 1


def test_a_file_that_cannot_be_read_names_the_setting(tmp_path):
    (problem,) = load_grants(tmp_path / "none.yaml").problems
    assert problem.message == "cannot be read (FileNotFoundError); see AUTONOMY_FILE"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_file_stops_the_bot(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("file") / "autonomy.yaml"
    path.write_bytes(content)
    assert load_grants(path).entries == ()


def test_the_example_grants_nothing_as_it_is():
    found = load_grants(ROOT / "autonomy.example.yaml")
    assert (found.entries, found.problems) == ((), ())


def test_the_example_and_the_page_show_grants_that_load(grants):
    example = re.sub(r"^  # ", "  ", text_of("autonomy.example.yaml"), flags=re.MULTILINE)
    page = snippet("docs/autonomy.md", "yaml", "grants:")
    (from_example,), (from_page,) = grants(example).entries, grants(page).entries
    assert replace(from_example, line=0) == replace(from_page, line=0)


# ── trust ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("record", "earned"),
    [
        ([], False),
        ([True] * 9, False),
        ([True] * 10, True),
        ([True] * 10 + [False], True),
        ([False] + [True] * 10, False),
        ([True] * 9 + [False, True], False),
    ],
)
def test_a_grant_is_suggested_after_ten_good_runs_in_a_row(record, earned):
    assert suggest(record) is earned
