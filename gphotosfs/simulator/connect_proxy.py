"""A CONNECT proxy that ends TLS itself, so that programs with fixed hosts reach the simulator.

rclone asks Google's own host names and nothing else, but it honours `HTTPS_PROXY` and `--ca-cert`.
"""

import ssl
from pathlib import Path
from typing import Final

import h11
import trio
import trustme

from gphotosfs.simulator.server import Server

# The hosts that the simulator plays; other CONNECTs are refused, nothing leaves the machine.
HOSTS: Final = (
    "photoslibrary.googleapis.com",
    "oauth2.googleapis.com",
    "lh3.googleusercontent.com",
    "video-downloads.googleusercontent.com",
    "www.googleapis.com",
)


class ConnectProxy:
    """Hands on what comes through it to a server, whose origins are Google's real ones."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._authority = trustme.CA()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # HTTP/1.1 is all that the server speaks.
        self._tls.set_alpn_protocols(["http/1.1"])
        self._authority.issue_cert(*HOSTS).configure_cert(self._tls)

    def write_authority(self, path: Path) -> None:
        """Write the certificate that clients must trust."""
        self._authority.cert_pem.write_to_path(str(path))

    async def run(
        self,
        listener: trio.SocketListener,
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            await nursery.start(trio.serve_listeners, self._serve, [listener])
            task_status.started()

    async def _serve(self, stream: trio.SocketStream) -> None:
        connection = h11.Connection(h11.SERVER)
        try:
            host = await _connect_target(stream, connection)
            if host not in HOSTS:
                await stream.send_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            await stream.send_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
            tls = trio.SSLStream(stream, self._tls, server_side=True, https_compatible=True)
            await self._server.serve(tls)
        except (trio.BrokenResourceError, trio.ClosedResourceError, h11.RemoteProtocolError):
            pass  # the client went away
        finally:
            await stream.aclose()


async def _connect_target(stream: trio.SocketStream, connection: h11.Connection) -> str | None:
    """The host that a CONNECT asks for; None for any other request."""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(bytes(await stream.receive_some(1 << 16)))
        elif isinstance(event, h11.Request):
            target = event.target.decode() if event.method == b"CONNECT" else ""
            host, _, port = target.rpartition(":")
            return host if port == "443" else None
        else:
            return None
