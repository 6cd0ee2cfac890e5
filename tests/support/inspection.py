"""What is asked of every page, whoever wrote it: read by everybody, small, quiet, in one language."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.async_api import ConsoleMessage, Page

BYTES_MOST = 60 * 1024
_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN = """(options) => axe.run(document, options).then(({violations}) =>
    violations.flatMap(({id, nodes}) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`)))"""
_TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth, wide = [];
  if (document.documentElement.scrollWidth <= room) return wide;
  for (const one of document.body.querySelectorAll("*"))
    if (one.getBoundingClientRect().right > room + 1 && !one.closest(".scroll")) wide.push(one.outerHTML);
  return ["the page", ...wide.slice(-3)];
}"""
_TEXT = "(size) => { document.documentElement.style.fontSize = size }"


@dataclass
class Inspector:
    """Looks at whatever `page` shows; `wrong` is what it found, each with the name of the page."""

    page: Page
    language: str
    wrong: list[str] = field(default_factory=list)
    bytes: dict[str, int] = field(default_factory=dict)
    _received: int = 0
    _said: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        """As at a first visit: nothing comes from the browser's cache."""
        listening = await self.page.context.new_cdp_session(self.page)
        await listening.send("Network.enable")
        await listening.send("Network.setCacheDisabled", {"cacheDisabled": True})
        listening.on("Network.requestWillBeSent", self._asked)
        listening.on("Network.loadingFinished", self._loaded)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self._said.append(str(error)))

    async def look(self, name: str) -> None:
        await self.page.wait_for_load_state("load")
        self.bytes[name] = self._received
        problems = [*self._said, *await self._plain(), *await self._readable(), *await self._fitting()]
        self._said.clear()
        if self._received > BYTES_MOST:
            problems.append(f"{self._received} bytes")
        self.wrong += [f"{name} ({self.language}): {problem}" for problem in problems]

    async def _plain(self) -> list[str]:
        found = []
        if (language := await self.page.locator("html").get_attribute("lang")) != self.language:
            found.append(f"its language is {language}")
        if (count := await self.page.locator("h1").count()) != 1:
            found.append(f"{count} headlines")
        return found

    async def _readable(self) -> list[str]:
        await self.page.evaluate(_AXE)
        options: dict[str, Any] = {
            "runOnly": {"type": "tag", "values": _RULES},
            "rules": {"target-size": {"enabled": True}},
            "resultTypes": ["violations"],
            "preload": False,
        }
        found = await self.page.evaluate(_RUN, options)
        if self.language != "en":  # colours are the same in every language
            return list(found)
        await self.page.emulate_media(color_scheme="dark")
        in_the_dark = await self.page.evaluate(_RUN, {"runOnly": ["color-contrast"], "preload": False})
        await self.page.emulate_media(color_scheme="light")
        return [*found, *(f"in the dark: {each}" for each in in_the_dark)]

    async def _fitting(self) -> list[str]:
        """On the narrowest screen, and with letters twice as large."""
        size, found = self.page.viewport_size, []
        await self.page.set_viewport_size({"width": 320, "height": 640})
        found += [f"wider than 320: {each}" for each in await self.page.evaluate(_TOO_WIDE)]
        await self.page.evaluate(_TEXT, "36px")
        found += [f"too wide at 200 %: {each}" for each in await self.page.evaluate(_TOO_WIDE)]
        await self.page.evaluate(_TEXT, "")
        assert size is not None
        await self.page.set_viewport_size(size)
        return found

    def _asked(self, event: dict[str, Any]) -> None:
        if event["type"] == "Document":
            self._received = 0

    def _loaded(self, event: dict[str, Any]) -> None:
        self._received += int(event["encodedDataLength"])

    def _heard(self, message: ConsoleMessage) -> None:
        """Chromium also says so when a page of ours answers 4xx: those are looked at like any other."""
        ours = "Failed to load resource" in message.text and message.location["url"] == self.page.url
        if message.type in ("error", "warning") and not ours:
            self._said.append(f"console: {message.text}")
