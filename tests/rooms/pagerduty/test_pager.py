"""The pager of the settings: what is missing is named one by one, and then it pages."""

from __future__ import annotations

import pytest

from bot.catalog import Catalog
from bot.house.open_pager import open_pager
from bot.settings import Settings
from integrations.contract import Refused, Service
from tests.rooms.pagerduty.conftest import BOB, KEY

CATALOG = Catalog({"pay": Service("pay", oncall="PPAY"), "web": Service("web")})


@pytest.mark.parametrize(
    ("more", "service", "missing"),
    [
        ({}, "pay", "PAGERDUTY_API_KEY"),
        ({"pagerduty_api_key": KEY}, "pay", "PAGERDUTY_FROM"),
        ({"pagerduty_api_key": KEY, "pagerduty_from": BOB.email}, "web", "SERVICES_FILE"),
    ],
)
async def test_what_is_missing_is_named(more, service, missing):
    pager = open_pager(Settings(_env_file=None, **more), CATALOG)
    assert missing in pager.off(service)
    with pytest.raises(Refused, match=missing):
        await pager.page(service, "title", "body", "key")


async def test_it_pages_the_policy_of_the_service(hub, certificates):
    known = {"pagerduty_api_url": hub.url, "extra_ca_file": certificates.ca_file}
    settings = Settings(_env_file=None, pagerduty_api_key=KEY, pagerduty_from=BOB.email, **known)
    pager = open_pager(settings, CATALOG)
    assert pager.off("pay") == ""
    assert (await pager.page("pay", "title", "body", "key")).who == ("Dana Demir",)
