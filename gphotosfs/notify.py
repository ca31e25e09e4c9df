"""What a service tells systemd about itself, by the protocol of sd_notify(3)."""

import logging
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """The service manager that started this process, if one did."""

    address: str = ""
    """Its socket; "" where there is none, and then nothing is told."""
    watchdog_s: float | None = None
    """It wants to hear `alive` more often than this; None where it does not."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """The one that the variables of the environment name."""
        usec = environment.get("WATCHDOG_USEC", "")
        for_us = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        return cls(
            address=environment.get("NOTIFY_SOCKET", ""),
            watchdog_s=int(usec) / 1e6 if usec.isdecimal() and int(usec) and for_us else None,
        )

    def ready(self) -> None:
        """What depends on the service may start."""
        self._tell("READY=1")

    def status(self, text: str) -> None:
        """Show a line in `systemctl status`."""
        self._tell(f"STATUS={' '.join(text.split())}")

    def alive(self) -> None:
        """The service works; where this is not heard in time it is started anew."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """The service has begun to end."""
        self._tell("STOPPING=1")

    def _tell(self, line: str) -> None:
        if not self.address:
            return
        # An address that begins with @ is in the abstract namespace, unix(7).
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as talking:
                talking.sendto(line.encode(), address)
        except OSError as exc:
            log.debug("systemd was not told %s: %s", line, exc)
