"""What a model is told of an incident."""

from dataclasses import replace

from bot.questions.case import case
from tests.stories.incident_sample import NOW, REPORT, SCOPE, incident


def told(**namespaces):
    services = {name: replace(one, namespace=namespaces.get(name)) for name, one in SCOPE.services.items()}
    context = replace(REPORT.context, scope=replace(SCOPE, services=services))
    return case(incident(), replace(REPORT, context=context), NOW).words


def test_the_namespaces_that_are_known_are_told_so_that_commands_can_name_them():
    assert "namespaces: ledger in money" in told(ledger="money").splitlines()
    assert "namespaces:" not in told()
