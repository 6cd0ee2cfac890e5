"""A browser without a screen and without JavaScript: keeps cookies, follows links, fills in the forms that it is shown.

It sends what a real one does (Origin, Fetch Metadata), and can only fill in fields that stand in the form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
from starlette.types import ASGIApp

DEVICE = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
Values = Mapping[str, str | Sequence[str] | None]
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass(slots=True)
class Form:
    """`fields` as they would be sent; `offers` every name that stands in it, boxes without a tick too."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    offers: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Text (or its label for screen readers), name, value."""


class Page(HTMLParser):
    """An answer, read as its visitor would. `text` is what is seen, in one line."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.response = response
        self.status = response.status_code
        self.path = response.url.raw_path.decode()
        self.html = response.text if "html" in response.headers.get("content-type", "") else ""
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self.headings: list[str] = []
        self.title = ""
        self.language = ""
        self._words: list[str] = []
        self._seen: list[str] = []
        self._open: list[tuple[str, dict[str, str], int]] = []
        self.feed(self.html)
        self.text = " ".join(" ".join(self._seen).split())

    def form(self, button: str | None = None, *, action: str | None = None) -> Form:
        """The only one with that button or that address."""
        found = [f for f in self.forms if action is None or f.action == action]
        if button is not None:
            found = [f for f in found if any(text == button for text, _, _ in f.buttons)]
        offered = [(f.action, [text for text, _, _ in f.buttons]) for f in self.forms]
        assert len(found) == 1, f"{self.path} ({self.status}) has {len(found)} such forms, of {offered}\n{self.text}"
        return found[0]

    def link(self, text: str) -> str:
        """The address of the first link with that text."""
        found = [href for says, href in self.links if says == text]
        assert found, f"{self.path} ({self.status}) has no link {text!r}, only {[says for says, _ in self.links]}"
        return found[0]

    @property
    def headline(self) -> str:
        return self.headings[0] if self.headings else ""

    # ── HTMLParser ──
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if "id" in has:
            self.ids.append(has["id"])
        if tag == "html":
            self.language = has.get("lang", "")
        if tag == "form":
            self.forms.append(Form(has.get("action", ""), has.get("method", "get")))
        elif tag in ("input", "select", "textarea") and self.forms and "name" in has:
            self._offer(tag, has)
        elif tag == "option" and "selected" in has:
            self._value_of_select([has.get("value", "")])
        if tag not in _VOID:
            self._open.append((tag, has, len(self._words)))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, has, start = self._open.pop()
            if name == tag:
                self._closed(tag, has, " ".join(" ".join(self._words[start:]).split()))
                return

    def handle_data(self, data: str) -> None:
        inside = {tag for tag, _, _ in self._open}
        if "title" in inside and "svg" not in inside:
            self.title += data
        elif not inside & {"head", "script", "style", "option"}:
            self._words.append(data)
            if not any("hidden" in has for _, has, _ in self._open):
                self._seen.append(data)

    def _offer(self, tag: str, has: dict[str, str]) -> None:
        form, name, kind = self.forms[-1], has["name"], has.get("type", "text")
        form.offers.add(name)
        if tag == "select":
            form.fields.setdefault(name, [])
        elif tag == "input" and (kind not in ("checkbox", "radio") or "checked" in has):
            form.fields.setdefault(name, []).append(has.get("value", "on" if kind == "checkbox" else ""))

    def _value_of_select(self, value: list[str]) -> None:
        for tag, has, _ in reversed(self._open):
            if tag == "select" and self.forms and "name" in has:
                self.forms[-1].fields[has["name"]] = value
                return

    def _closed(self, tag: str, has: dict[str, str], text: str) -> None:
        if tag == "a" and "href" in has:
            self.links.append((has.get("aria-label", text), has["href"]))
        elif tag in ("h1", "h2"):
            self.headings.append(text)
        elif tag == "textarea" and "name" in has and self.forms:
            self.forms[-1].fields[has["name"]] = [text]
        elif tag == "button" and self.forms and has.get("type", "submit") == "submit":
            self.forms[-1].buttons.append((has.get("aria-label", text), has.get("name", ""), has.get("value", "")))


class Browser:
    """`page` is what it shows; `views` how many pages it has been shown, errors included."""

    def __init__(self, site: ASGIApp, url: str, *, language: str = "en", address: str = "192.0.2.7") -> None:
        transport = httpx.ASGITransport(site, client=(address, 40_000))
        headers = {"accept-language": language, "user-agent": DEVICE}
        self.client = httpx.AsyncClient(transport=transport, base_url=url, headers=headers)
        self.url = url
        self.views = 0
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        assert self._page is not None, "nothing has been opened yet"
        return self._page

    @property
    def csrf(self) -> str:
        """The secret of the forms on this page."""
        return next(f.fields["csrf"][0] for f in self.page.forms if "csrf" in f.fields)

    def cookie(self, name: str) -> str | None:
        """By its bare name, whatever it begins with."""
        return next((c.value for c in self.client.cookies.jar if c.name.removeprefix("__Host-") == name), None)

    async def open(self, path: str) -> Page:
        """An address of our own, or a link from a mail."""
        return await self._show(await self.client.get(path, headers={"sec-fetch-site": "same-origin"}))

    async def click(self, text: str) -> Page:
        return await self.open(urljoin(self.page.path, self.page.link(text)))

    async def submit(
        self, button: str | None = None, values: Values | None = None, *, action: str | None = None, **more: Any
    ) -> Page:
        """Fill in the form with that button, press it, and go where it leads. None clears a field."""
        form = self.page.form(button, action=action)
        fields, given = dict(form.fields), {**(values or {}), **more}
        missing = given.keys() - form.offers
        assert not missing, f"the form at {form.action} has no {missing}, only {form.offers}"
        for name, value in given.items():
            fields[name] = [] if value is None else [value] if isinstance(value, str) else list(value)
        for text, name, value in form.buttons:
            if text == button and name:
                fields[name] = [value]
        target = urljoin(self.page.path, form.action or self.page.path)
        if form.method.lower() == "get":
            return await self.open(f"{target}?{urlencode(fields, doseq=True)}")
        return await self.post(target, fields)

    async def post(self, path: str, values: Mapping[str, str | Sequence[str]], **headers: str) -> Page:
        """Send this as a form of ours would be sent; `headers` (with underscores) replace what a browser says."""
        says = {"origin": self.url, "sec-fetch-site": "same-origin"}
        says |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value if isinstance(value, str) else list(value) for name, value in values.items()}
        return await self._show(await self.client.post(path, data=sent, headers=says))

    async def close(self) -> None:
        await self.client.aclose()

    async def _show(self, response: httpx.Response) -> Page:
        for _ in range(5):
            if response.status_code not in (302, 303, 307):
                break
            target = urljoin(str(response.url), response.headers["location"])
            assert urlsplit(target).netloc == urlsplit(self.url).netloc, f"it leads elsewhere: {target}"
            response = await self.client.get(target, headers={"sec-fetch-site": "same-origin"})
        self.views += 1
        self._page = Page(response)
        return self._page
