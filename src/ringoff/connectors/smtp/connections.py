"""Connections to one mail server, each carrying one message after the other."""

import socket
import ssl
import time

import aiosmtplib

from ringoff.connectors.smtp.options import Options, Server, parse_server

_IDLE_MOST = 60.0  # seconds; an older one is likely to be closed just while we use it


class Connections:
    """The caller bounds how many are in use at once. A connection that is not given back is closed by its user."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._server = parse_server(options.url)
        self._tls = _tls(self._server, options)
        self._idle: list[tuple[aiosmtplib.SMTP, float]] = []

    def idle(self) -> aiosmtplib.SMTP | None:
        """One that was open when last seen."""
        while self._idle:
            connection, since = self._idle.pop()
            if connection.is_connected and time.monotonic() - since < _IDLE_MOST:
                return connection
            connection.close()
        return None

    async def fresh(self) -> aiosmtplib.SMTP:
        """Raises aiosmtplib.SMTPException or OSError. Greeted, encrypted and signed in."""
        server = self._server
        connection = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password.get_secret_value() if server.user else None,
            local_hostname=self._options.hello_name or socket.gethostname(),
            timeout=self._options.timeout_seconds,
            use_tls=server.tls == "from the start",
            start_tls={"always": True, "never": False, "from the start": False}.get(server.tls),
            tls_context=self._tls,
        )
        await connection.connect()
        return connection

    def give_back(self, connection: aiosmtplib.SMTP) -> None:
        if connection.is_connected:
            self._idle.append((connection, time.monotonic()))

    async def close(self) -> None:
        while (connection := self.idle()) is not None:
            try:
                await connection.quit(timeout=2)
            except (aiosmtplib.SMTPException, OSError):
                connection.close()


def _tls(server: Server, options: Options) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=options.ca_file)
    if server.tls == "auto":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
