"""Colours as `#rrggbb`, and whether text in them can be read (WCAG 2.2, 7 to 1)."""

_READABLE = 7.0
_STEP = 0.04


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, *, on: str, towards: str) -> str:
    """`colour`, moved `towards` another just as far as text in it can be read."""
    part = 0.0
    while contrast(mixed := _mix(colour, towards, part), on) < _READABLE:
        part += _STEP
    return mixed


def _mix(colour: str, other: str, part: float) -> str:
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * min(part, 1.0)):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
