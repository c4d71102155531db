"""Somebody at the playground's page, in a real browser."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


LIMIT_S = 60.0
"""How long something may take to be seen."""


class Reader:
    """Somebody at the page. Waits for what is to be seen instead of hoping that it is there."""

    def __init__(self, window: "Chrome") -> None:
        self._window = window

    def go(self, url: str) -> None:
        self._window.get(url)

    def sees(self, selector: str, text: str = "", *, limit: float = LIMIT_S) -> None:
        """Waits for an element that fits and holds the text."""
        self._with(selector, text, lambda element: None, limit)

    def misses(self, selector: str) -> None:
        self._until(lambda window: not window.find_elements("css selector", selector), f"no {selector}")

    def clicks(self, selector: str, text: str = "") -> None:
        self._with(selector, text, lambda element: self._window.execute_script("arguments[0].click()", element))

    def types(self, selector: str, text: str) -> None:
        self._with(selector, "", lambda element: element.send_keys(text))

    def is_(self, who: str, name: str) -> None:
        """Goes on as this person, by their id and their name."""
        self.clicks(f'[data-person="{who}"]')
        self.sees("#sidebar .acting b", name)

    def keeps(self, file: Path, *, width: int, height: int, at: str = "") -> None:
        """A screenshot at that size, scrolled so that the element `at` ends at its bottom."""
        self._window.set_window_size(width, height)
        if at:
            script = "arguments[0].scrollIntoView({block: 'end'})"
            self._with(at, "", lambda element: self._window.execute_script(script, element))
        file.parent.mkdir(parents=True, exist_ok=True)
        self._window.save_screenshot(str(file))

    def reckons(self, script: str) -> Any:
        """What a script in the page gives back."""
        return self._window.execute_script(script)

    def title(self) -> str:
        return str(self._window.title)

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self._window.get_log("browser") if entry["level"] == "SEVERE"]

    def _with(self, selector: str, text: str, act: Callable[[Any], object], limit: float = LIMIT_S) -> None:
        """Acts on the first element that fits and holds the text; one that is drawn anew is looked for again."""

        def done(window: "Chrome") -> bool:
            fitting = window.find_elements("css selector", selector)
            found = next((element for element in fitting if text in element.text), None)
            if found is not None:
                act(found)
            return found is not None

        self._until(done, f"{selector} with «{text}»", limit)

    def _until(self, condition: Callable[["Chrome"], Any], wanted: str, limit: float = LIMIT_S) -> None:
        from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
        from selenium.webdriver.support.wait import WebDriverWait

        try:
            stale = (StaleElementReferenceException,)
            WebDriverWait(self._window, limit, 0.05, ignored_exceptions=stale).until(condition)
        except TimeoutException:
            shown = self._window.find_element("css selector", "body").text
            pytest.fail(f"never saw {wanted}; the page shows:\n{shown}")
