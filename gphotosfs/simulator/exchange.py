"""A request, its answer and what is written down of both."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal
from urllib.parse import parse_qs, unquote

from gphotosfs.simulator.content import Content, Whole
from gphotosfs.simulator.faults import Fault

Kind = Literal["api", "media", "redirected", "token", "other"]


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    method: str
    host: str
    """As in the Host header."""
    target: str
    """Path and query as they were sent."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        """The path, without percent signs."""
        return unquote(self.target.partition("?")[0])

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """Every parameter with all its values."""
        return parse_qs(self.target.partition("?")[2], keep_blank_values=True)

    def value(self, name: str) -> str | None:
        """The last value of a parameter, None where it is not given."""
        return self.query.get(name, [None])[-1]


@dataclass
class Logged:
    """One row of the log. `bytes_sent` grows while the body goes out."""

    method: str
    host: str
    path: str
    query: dict[str, str | list[str]]
    body: Any
    """The decoded JSON body, None where there was none."""
    status: int
    kind: Kind
    headers: dict[str, str]
    """The request's, names in lower case."""
    bytes_sent: int = 0
    """Bytes of the answer's body that were handed to the client."""


@dataclass
class Answer:
    """What is sent back: bytes `start` to `end` of a content."""

    status: int
    content: Content
    headers: dict[str, str] = field(default_factory=dict)
    start: int = 0
    end: int = -1
    """-1: to the content's end."""
    has_body: bool = True
    """False for HEAD: headers as for GET, nothing behind them."""
    length_known: bool = True
    """False: sent in chunks, without Content-Length."""
    fault: Fault | None = None
    """What goes wrong while it is sent."""

    def __post_init__(self) -> None:
        if self.end < 0:
            self.end = self.content.size_bytes

    def all_headers(self) -> dict[str, str]:
        """The headers as sent, with the body's type and length."""
        headers = {"Content-Type": self.content.content_type} | self.headers
        if self.length_known:
            promised = self.end - self.start
            if self.fault is not None and self.fault.effect == "wrong_length":
                promised += self.fault.bytes
            headers["Content-Length"] = str(max(0, promised))
        return headers


class BrokenConnectionError(Exception):
    """A fault breaks the connection here."""


class ApiError(Exception):
    """An answer in Google's error envelope (reference 1.7)."""

    def __init__(
        self,
        code: int,
        message: str,
        details: list[dict[str, Any]] | None = None,
        *,
        status: str = "",
    ) -> None:
        """`status` is the word for it where it is not the usual one of this code."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.status = status or STATUS_NAMES.get(code, "UNKNOWN")

    def answer(self) -> Answer:
        """The envelope."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "status": self.status,
        }
        if self.details:
            error["details"] = self.details
        return json_answer({"error": error}, self.code)


STATUS_NAMES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def json_answer(value: Any, status: int = 200, *, pretty: bool = True) -> Answer:
    """JSON as Google sends it: two spaces of indentation unless the client asked for none."""
    text = _pretty(value, "\n") if pretty else _encode(value)
    return Answer(
        status,
        Whole("application/json; charset=UTF-8", (text + "\n").encode()),
        {"Cache-Control": "private", "Vary": "Origin, X-Origin, Referer", "Server": "ESF"},
    )


_encode: Final = json.JSONEncoder(ensure_ascii=False).encode


def _pretty(value: Any, line: str) -> str:
    """What `json.dumps` makes with two spaces of indentation, in half its time.

    (Its encoder in C can't indent, and half of what a page of items costs here is its text.)
    """
    inner = line + "  "
    if isinstance(value, dict) and value:
        parts = [f"{inner}{_encode(name)}: {_pretty(part, inner)}" for name, part in value.items()]
        return "{" + ",".join(parts) + line + "}"
    if isinstance(value, list) and value:
        return "[" + ",".join([inner + _pretty(part, inner) for part in value]) + line + "]"
    return _encode(value)


def html_answer(status: int, title: str, text: str) -> Answer:
    """One of the HTML pages that Google's front end answers itself."""
    page = (
        "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
        f"<title>Error {status} ({title})!!1</title>\n"
        f"<p><b>{status}.</b> <ins>That\u2019s an error.</ins>\n<p>{text}\n"
    )
    return Answer(status, Whole("text/html; charset=UTF-8", page.encode()))


def not_found(path: str) -> Answer:
    """The answer to a path that nothing stands behind: a page, not JSON."""
    text = f"The requested URL <code>{path}</code> was not found on this server."
    return html_answer(404, "Not Found", text)
