"""A real browser without a window, driven by Debian's chromedriver; it never looks for another on the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.real.programs import where

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1440,900",
)


@contextmanager
def browser_window() -> Iterator[Chrome]:
    """A window of 1440 by 900 with an empty page."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = where("chromium")
    for argument in ARGUMENTS:
        options.add_argument(argument)
    window = Chrome(options=options, service=Service(executable_path=where("chromedriver")))
    try:
        window.set_page_load_timeout(30)
        yield window
    finally:
        window.quit()
