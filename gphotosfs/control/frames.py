"""What travels over the control socket.

A frame is two lengths (32 bits each, network order), a JSON object, and bytes that need no JSON.

    {"id": 7, "call": "read", "args": {…}}        client: do this
    {"cancel": 7}                                 client: nobody waits for 7 any more
    {"id": 7, "result": …}            + payload   server: done
    {"id": 7, "error": "QuotaError", "message": …, "fields": {…}}

Answers come in any order. A file's name is a str made by `os.fsdecode`: JSON carries the
surrogates that stand for bytes outside UTF-8.
"""

import json
import struct
from typing import Any, Final

from gphotosfs import errors

Header = dict[str, Any]

LENGTHS: Final = struct.Struct("!II")

# The kernel reads at most 1 MiB at once (fuse_conn.max_pages is 256), so a payload is never larger.
PAYLOAD_MAX_BYTES: Final = 1 << 20

# A page of 10,000 entries is about 2 MiB of JSON; more than this is a broken peer, not an answer.
HEADER_MAX_BYTES: Final = 16 << 20


class BrokenFrameError(Exception):
    """The peer sent something that is no frame, or stopped within one."""


def pack(header: Header, payload: bytes | memoryview = b"") -> bytes:
    """A frame as it travels."""
    text = json.dumps(header, separators=(",", ":")).encode()
    if len(text) > HEADER_MAX_BYTES or len(payload) > PAYLOAD_MAX_BYTES:
        raise ValueError(f"a frame of {len(text)} and {len(payload)} bytes is too large")
    return b"".join((LENGTHS.pack(len(text), len(payload)), text, payload))


def unpack_lengths(lengths: bytes) -> tuple[int, int]:
    """The lengths of the JSON and of the payload that follow."""
    header_bytes, payload_bytes = LENGTHS.unpack(lengths)
    if header_bytes > HEADER_MAX_BYTES or payload_bytes > PAYLOAD_MAX_BYTES:
        raise BrokenFrameError(f"lengths of {header_bytes} and {payload_bytes} bytes")
    return header_bytes, payload_bytes


def unpack_header(text: bytes) -> Header:
    """The JSON object of a frame."""
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise BrokenFrameError("a header that is no JSON") from exc
    if not isinstance(header, dict):
        raise BrokenFrameError("a header that is no object")
    return header


def error_header(exc: errors.GPhotosError) -> Header:
    """An error as JSON can carry it."""
    return {
        "error": type(exc).__name__,
        "message": str(exc),
        # The few errors that say more have it as attributes named like their arguments.
        "fields": {name: value for name, value in vars(exc).items() if name[0] != "_"},
    }


def pack_error(call_id: object, exc: errors.GPhotosError) -> bytes:
    """The frame that carries an error to whoever called."""
    return pack({"id": call_id, **error_header(exc)})


def unpack_error(header: Header) -> errors.GPhotosError:
    """The error of a frame, as the same class; one that we don't know is an InternalError."""
    message = str(header.get("message", ""))
    error_class = getattr(errors, str(header["error"]), None)
    if isinstance(error_class, type) and issubclass(error_class, errors.GPhotosError):
        return error_class(message, **header.get("fields", {}))
    return errors.InternalError(f"{header['error']}: {message}")
