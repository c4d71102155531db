"""Who calls people who are not there, as tests hand it in."""

from integrations.contract import Paged


class FakePager:
    """`bot.runs.action_ports.Pager` that notes whom it calls."""

    def __init__(self, missing="", problem=None):
        self.missing, self.problem = missing, problem
        self.keys = []
        self.told = []

    def off(self, service):
        return self.missing

    async def before(self, service, key):
        if self.problem:
            raise self.problem
        return Paged(("Dana Demir",), "https://pager.example/1", True, False) if key in self.keys else None

    async def page(self, service, title, body, key):
        self.told.append((title, body))
        if self.problem:
            raise self.problem
        self.keys.append(key)
        return Paged(("Dana Demir",), "https://pager.example/1", before=self.keys.count(key) > 1)
