"""Tests use real parts. Where one cannot be had a developer's run says so and skips; the official run fails."""

import os
import shutil
from pathlib import Path

import pytest


def require(part: str, found: object, advice: str) -> None:
    """`found` is truthy when the real part is there; `advice` says how to get it."""
    if found:
        return
    message = f"{part} is missing: {advice}"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def require_program(name: str, advice: str) -> Path:
    """The path of a program, also where Debian keeps it from ordinary users."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    require(name, found, advice)
    assert found is not None
    return Path(found)
