"""Where a visitor goes on to after signing in or proving themselves: a page of ours, never anybody else's."""

from urllib.parse import quote, urlsplit

HOME = "/account"
_MOST = 500
_NEVER = ("/sign-in", "/sign-out", "/speak", "/static")


def onward_of(text: str) -> str:
    """`text` if it is a path of this site, else the account's page.

    Browsers read `//host`, `/\\host` and paths with control characters in them as other sites.
    """
    if not text.startswith("/") or text.startswith("//") or len(text) > _MOST or text.startswith(_NEVER):
        return HOME
    if "\\" in text or any(ord(c) <= 0x20 or ord(c) == 0x7F for c in text):
        return HOME
    parts = urlsplit(text)
    return HOME if parts.scheme or parts.netloc else text


def with_onward(path: str, onward: str) -> str:
    """`path`, and how it goes on from there."""
    return path if onward == HOME else f"{path}?onward={quote(onward, safe='/')}"
