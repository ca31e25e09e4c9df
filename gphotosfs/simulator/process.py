"""Starts the simulated Google as a process, and drives it from this one."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Running:
    """A simulated Google in another process."""

    api: str
    """The origin of the API; base URLs are there as well."""
    token_uri: str
    video: str
    """The origin of the second host, to which films are redirected."""
    control: str
    credentials: dict[str, Any]
    """google-auth's `authorized_user`, with `token_uri`."""
    client: dict[str, Any]
    """The file of its OAuth client, as the console gives it to download."""
    pid: int
    proxy: str = ""
    """The CONNECT proxy, if one was asked for; the origins are Google's own then."""

    def call(self, method: str, what: str, given: object = None) -> Any:
        """Ask the control path; see `control.answer` for what there is."""
        return json.loads(self.fetch(method, what, given))

    def fetch(self, method: str, what: str, given: object = None) -> bytes:
        """The same for answers that are not JSON."""
        body = None if given is None else json.dumps(given).encode()
        request = urllib.request.Request(self.control + what, data=body, method=method)  # noqa: S310 - http
        # It is on loopback, and whatever proxy is set is for others.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request) as response:
            answer: bytes = response.read()
        return answer

    def log(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The rows of the log, all or of one kind."""
        rows: list[dict[str, Any]] = self.call("GET", "log")
        return [row for row in rows if kind in (None, row["kind"])]

    def clear_log(self) -> None:
        """Begin counting anew."""
        self.call("DELETE", "log")

    def set(self, **options: Any) -> None:
        """Change options."""
        self.call("POST", "options", options)

    def fault(self, effect: str, **fields: Any) -> None:
        """Let something go wrong; see `Fault`."""
        self.call("POST", "faults", {"effect": effect, **fields})

    def change(self, method: str, *args: Any, **fields: Any) -> Any:
        """Call a method of `World` that changes the library."""
        return self.call("POST", f"world/{method}", fields or list(args))

    def items(self, limit: int = 10_000) -> list[dict[str, Any]]:
        """The newest items, with all their fields."""
        items: list[dict[str, Any]] = self.call("GET", f"items?limit={limit}")
        return items

    def bytes_of(self, item_id: str, variant: str) -> bytes:
        """The exact bytes of an item."""
        return self.fetch("GET", f"bytes/{item_id}/{variant}")

    def pick(self, *item_ids: str) -> None:
        """What a person does on the page that waits: tick these, and press Done."""
        self.call("POST", "pick", item_ids)

    def stop(self) -> None:
        """Let it end."""
        self.call("POST", "stop")


def start(*args: str) -> tuple[Running, "subprocess.Popen[bytes]"]:
    """Start `python -m gphotosfs.simulator` with these arguments and wait until it serves.

    Raises:
        RuntimeError: it ended instead; its own words are on stderr.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "gphotosfs.simulator", *args],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    with process.stdout:
        line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the simulator ended with {process.wait()}")
    return Running(**json.loads(line)), process


@contextmanager
def running(*args: str) -> Iterator[Running]:
    """A simulated Google for as long as the context lasts."""
    simulator, process = start(*args)
    try:
        yield simulator
    finally:
        process.terminate()
        process.wait()
