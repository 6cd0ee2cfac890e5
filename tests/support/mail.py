"""A real mail server for tests: Exim, from a private config, on loopback, as an ordinary user.

Whatever it takes lies in one maildir. `unknown@…` is refused for good (550), `later@…` for now (451).
"""

import email
import email.policy
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path

from tests.support.postgres import reachable_folder
from tests.support.real import require_program

_UNPRIVILEGED = "Debian-exim"  # made by the package; Exim delivers nothing as root

CONFIG = """
primary_hostname = mail.test
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/exim.pid
exim_user = {user}
exim_group = {group}
never_users =
deliver_drop_privilege
keep_environment =
local_interfaces = <; 127.0.0.1
daemon_smtp_ports = {port}
host_lookup =
tls_advertise_hosts =
smtp_accept_queue_per_connection = 0
smtp_accept_max_per_connection = {per_connection}
smtp_accept_max = 200
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  deny  local_parts = unknown
        message = no such user here
  defer local_parts = later
        message = greylisted, try again in 300 seconds
  accept
begin routers
everybody:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {folder}/maildir
  maildir_format
  create_directory
  envelope_to_add
begin retry
* * F,1h,1s
"""


class MailServer:
    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.url = f"smtp://127.0.0.1:{port}"
        self._folder = folder
        self._read: dict[str, EmailMessage] = {}

    def messages(self) -> list[EmailMessage]:
        """All that arrived until now, in the order of arrival; `Envelope-To` says for whom."""
        for path in sorted((self._folder / "maildir/new").glob("*")):
            if path.name not in self._read:
                with path.open("rb") as file:
                    self._read[path.name] = email.message_from_binary_file(file, policy=email.policy.default)
        return list(self._read.values())

    def wait_for(self, count: int, seconds: float = 30) -> list[EmailMessage]:
        """Exim delivers just after it has answered."""
        deadline = time.monotonic() + seconds
        while len(found := self.messages()) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(found)} of {count} messages arrived\n{self.log()}")
            time.sleep(0.02)
        return found

    def log(self) -> str:
        return "".join(path.read_text() for path in sorted((self._folder / "log").glob("*")))


@contextmanager
def running_mail_server(port: int | None = None, per_connection: int = 0) -> Iterator[MailServer]:
    """`per_connection`: after how many messages the server closes a connection (0: never)."""
    program = require_program("exim4", "apt-get install exim4-daemon-light")
    with reachable_folder() as folder:
        server = MailServer(folder, port or _free_port())
        process = _start(program, folder, server, per_connection)
        try:
            _wait_until_up(process, server)
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)
            _end_what_it_left(process.pid)


def _end_what_it_left(group: int) -> None:
    """A message that is just being delivered outlives the daemon, and would write into a folder that is going."""
    with suppress(ProcessLookupError):
        for _ in range(100):
            os.killpg(group, signal.SIGKILL)
            time.sleep(0.02)


def _start(program: Path, folder: Path, server: MailServer, per_connection: int) -> "subprocess.Popen[bytes]":
    user = pwd.getpwnam(_UNPRIVILEGED) if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    config = folder / "exim.conf"
    config.write_text(
        CONFIG.format(
            folder=folder, user=user.pw_uid, group=user.pw_gid, port=server.port, per_connection=per_connection
        )
    )
    for name in ("spool", "log"):
        (folder / name).mkdir()
    if os.getuid() == 0:
        for path in (folder, config, folder / "spool", folder / "log"):
            os.chown(path, user.pw_uid, user.pw_gid)
    return subprocess.Popen(
        [program, "-C", config, "-bdf", "-q5s"],
        user=user.pw_uid,
        group=user.pw_gid,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _wait_until_up(process: "subprocess.Popen[bytes]", server: MailServer) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"exim did not start\n{server.log()}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
