"""Why a step with a condition is asked for: in words, with figures as people read them."""

import pytest

from bot.domain.plain import as_text
from bot.runs import gate_message
from runbooks.model import Step
from runbooks.prepared import Value
from tests.rules.runs import gate_of, run_of, step


def because(condition, **values):
    prepared = step("1")
    given = {name: Value(text, source) for name, (text, source) in values.items()}
    run = run_of(Step("exec", name="restart", condition=condition), given=given)
    said = as_text(gate_message.gate(run, (prepared,), gate_of(prepared, run=run)))
    return next(line for line in said.splitlines() if line.startswith("Because"))


@pytest.mark.parametrize(
    ("condition", "values", "told"),
    [
        (
            "{{memory_growth_rate}} > 10",
            {"memory_growth_rate": ("30.2132", "signal memory")},
            "Because `memory growth rate > 10`: it is `30.2` (signal memory)",
        ),
        (
            "{{ error_rate }} > 5 and {{namespace}} != 'none'",
            {"error_rate": ("23.4", "signal error_rate"), "namespace": ("pay_ments", "services.yaml")},
            "Because `error rate > 5 and namespace != 'none'`: error rate is `23.4` (signal error_rate), "
            "namespace is `pay_ments` (services.yaml)",
        ),
        (
            "{{lag}} > 10",
            {"lag": ("10.04", "signal lag")},
            "Because `lag > 10`: it is `10.04` (signal lag)",
        ),
        ("{{id}} > 10", {"id": ("1234567", "step 1")}, "Because `id > 10`: it is `1234567` (step 1)"),
        ("any(query.duration > '10 minutes')", {}, "Because `any(query.duration > '10 minutes')`"),
    ],
)
def test_a_condition_is_told_in_words_with_what_it_rests_on(condition, values, told):
    assert because(condition, **values) == told
