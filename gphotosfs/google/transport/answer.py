"""What the headers of an answer with bytes promise, and whether they can be true."""

import re
from dataclasses import dataclass
from typing import Final

import httpx

from gphotosfs.errors import BadAnswerError
from gphotosfs.limits import MEDIA_MAX_BYTES

# RFC 9110, section 14.4: `bytes 0-99/1234`, `bytes 0-99/*`, and with a 416 `bytes */1234`.
_CONTENT_RANGE: Final = re.compile(
    r"bytes (?:([0-9]{1,19})-([0-9]{1,19})|\*)/([0-9]{1,19}|\*)", re.ASCII | re.IGNORECASE
)
_LENGTH: Final = re.compile(r"[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose body is about to be read."""

    response: httpx.Response
    start: int
    """Where its first byte stands in the blob."""
    end: int | None
    """Where its body ends in the blob (exclusive); None if the server did not say."""
    total_bytes: int | None
    """The blob's length; None if the server did not say."""


def judged(response: httpx.Response, start: int, end: int | None) -> Answer:
    """The answer to a request for the bytes from start up to end.

    A server may ignore the range, and answers 416 where nothing stands at or behind start. No photo or
    video is empty: believed once, that would be a file of no bytes for good.

    Raises:
        BadAnswerError: it can't be an answer to this request.
    """
    if response.status_code == 416:
        total = _content_range(response)[2]
        if not total or start < total:
            raise BadAnswerError("a range inside the file was refused")
        return Answer(response, start, start, total)
    check_is_media(response)
    length = _length(response)
    if response.status_code == 200:
        if length is not None and not _is_possible(length):
            raise BadAnswerError(f"{length} bytes were promised, which no photo or video has")
        return Answer(response, 0, length, length)
    if response.status_code != 206:
        raise BadAnswerError(f"a request for bytes was answered with {response.status_code}")
    first, last, total = _content_range(response)
    if first != start or last is None or last < first:
        raise BadAnswerError("another range came than the one asked for")
    stop = last + 1
    too_far = (end is not None and stop > end) or (total is not None and stop > total)
    if total is not None and not _is_possible(total):
        raise BadAnswerError(f"a file of {total} bytes, which no photo or video has")
    if too_far or (length is not None and length != stop - first):
        raise BadAnswerError("a range came whose length is not the one asked for")
    return Answer(response, start, stop, total)


def length_of_head(response: httpx.Response) -> int | None:
    """The blob's length from the answer to a HEAD; None where HEAD is of no use."""
    if response.status_code != 200:
        return None
    check_is_media(response)
    length = _length(response)
    return length if length is not None and _is_possible(length) else None


def check_is_media(response: httpx.Response) -> None:
    """Let bytes of a photo or video pass; a page about an error may come with status 200.

    Raises:
        BadAnswerError: these are no such bytes, or not as they are stored.
    """
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in ("application/json", "multipart/byteranges"):
        raise BadAnswerError(f"{response.url.host} sent {kind} in place of a photo or video")
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise BadAnswerError(
            f"{response.url.host} sent bytes in an encoding that was not asked for"
        )


def _is_possible(total_bytes: int) -> bool:
    return 0 < total_bytes <= MEDIA_MAX_BYTES


def _length(response: httpx.Response) -> int | None:
    text = response.headers.get("Content-Length", "").strip()
    return int(text) if _LENGTH.fullmatch(text) else None


def _content_range(response: httpx.Response) -> tuple[int | None, int | None, int | None]:
    """First and last byte and the total, each None where it is not given."""
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if match is None:
        return None, None, None
    first, last, total = match.groups()
    return (
        None if first is None else int(first),
        None if last is None else int(last),
        None if total == "*" else int(total),
    )
