"""What base URLs answer (reference 2)."""

import functools
import io
import re
from dataclasses import dataclass, replace
from typing import Any, Final

from PIL import Image

from gphotosfs.simulator.base_urls import BaseUrls
from gphotosfs.simulator.content import Content, Whole
from gphotosfs.simulator.exchange import Answer, Request, html_answer
from gphotosfs.simulator.library.items import Item
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.options import Options

_PATH: Final = re.compile(r"/lr/([A-Za-z0-9_=-]*?)(?:=([a-z][A-Za-z0-9-]*))?")
_SIZES: Final = re.compile(r"(?:w\d{1,5}|h\d{1,5}|w\d{1,5}-h\d{1,5}(?:-c)?)(?:-no)?")

# Seen on real answers (reference 2.4).
_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Length",
    "Cache-Control": "private, max-age=86400, no-transform",
    "Server": "fife",
    "Timing-Allow-Origin": "*",
    "Vary": "Origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Asked:
    """What a base URL means: an item, when the URL was made, and the parameter behind it."""

    number: int
    issued_s: float
    session: int
    """Of the Picker, whose URLs need a token besides; 0 for the Library's."""
    variant: str


def asked(urls: BaseUrls, request: Request) -> Asked | None:
    """What the path of a request asks for; None if no base URL was ever made so."""
    match = _PATH.fullmatch(request.path)
    found = urls.read(match[1]) if match else None
    return Asked(*found, match[2] or "") if match and found else None


def answer(
    request: Request,
    wanted: Asked | None,
    world: World,
    options: Options,
    now_s: float,
    redirect: str | None,
) -> Answer:
    """The picture, film, redirect or error for a base URL.

    `redirect` is where a film's bytes are; None when this is that place.
    """
    if wanted is None or now_s - wanted.issued_s >= options.url_life_s:
        return _expired(options)
    if request.method == "HEAD" and options.head == "refused":
        return html_answer(405, "Method Not Allowed", "The request method HEAD is inappropriate.")
    if world.was_removed(wanted.number):
        return Answer(404, Whole("image/png", _tile()), dict(_HEADERS))
    item = world.at(wanted.number)
    if not wanted.variant:
        if options.bare_url == "error":
            return html_answer(400, "Bad Request", "Your client has issued a malformed request.")
        wanted = replace(wanted, variant="w512-h512")
    if wanted.variant == "dv":
        if not item.is_video:
            return html_answer(404, "Not Found", "There is no film of this item.")
        if item.status != "READY":
            return html_answer(404, "Not Found", "The film is still being processed.")
        if redirect is not None:
            page = Whole(
                "text/html; charset=UTF-8", b"<HTML><TITLE>Moved Temporarily</TITLE></HTML>\n"
            )
            return Answer(302, page, {**_HEADERS, "Location": redirect})
        content = world.content(item, "dv")
    elif wanted.variant == "d" or _SIZES.fullmatch(wanted.variant):
        content = world.content(item, wanted.variant)
    else:
        return html_answer(400, "Bad Request", "Your client has issued a malformed request.")
    return _send(request, item, wanted.variant, content, options)


def _send(request: Request, item: Item, variant: str, content: Content, options: Options) -> Answer:
    disposition = "attachment" if variant in ("d", "dv") else "inline"
    headers = {
        **_HEADERS,
        "Content-Disposition": f'{disposition};filename="{_header_safe(item.filename)}"',
        "ETag": f'"v{item.motif % 65536:x}"',
    }
    ranges = options.video_ranges if variant == "dv" else options.ranges
    answer = Answer(200, content, headers, length_known=options.content_length)
    if ranges:
        headers["Accept-Ranges"] = "bytes"
        apply_range(request.headers.get("range", ""), answer)
    if request.method == "HEAD":
        answer.has_body = False
        answer.length_known = options.head == "length" and options.content_length
    return answer


def apply_range(header: str, answer: Answer) -> None:
    """Make a 200 the 206 or 416 that a Range header asks for; an unclear one is passed over."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if match is None or match.group() == "bytes=-":
        return
    total = answer.content.size_bytes
    if match[1]:
        start = int(match[1])
        end = min(int(match[2]) + 1, total) if match[2] else total
        if match[2] and int(match[2]) < start:
            return
    else:
        start, end = max(0, total - int(match[2])), total
    if start >= total or start >= end:
        answer.status = 416
        answer.headers["Content-Range"] = f"bytes */{total}"
        answer.content = Whole("text/html; charset=UTF-8", b"<p>Requested range not satisfiable\n")
        answer.start, answer.end = 0, answer.content.size_bytes
        return
    answer.status, answer.start, answer.end = 206, start, end
    answer.headers["Content-Range"] = f"bytes {start}-{end - 1}/{total}"


def token_lacking() -> Answer:
    """What the URL of a picked item answers to who is not known: a picture (reference 2.3)."""
    return Answer(403, Whole("image/png", _tile()), dict(_HEADERS))


def quota_used_up() -> Answer:
    """The 429 that comes from the picture host itself."""
    return html_answer(429, "Too Many Requests", "Quota exceeded.")


def _expired(options: Options) -> Answer:
    if options.expired_body == "png":
        return Answer(403, Whole("image/png", _tile()), dict(_HEADERS))
    return html_answer(403, "Forbidden", "Your client does not have permission to get this URL.")


def _header_safe(name: str) -> str:
    """The name as a header can carry it: what is not printable ASCII becomes an underscore."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "_" for c in name)


@functools.lru_cache(maxsize=1)
def _tile() -> bytes:
    """The grey square that stands for a picture that is not there."""
    buffer = io.BytesIO()
    options: dict[str, Any] = {"optimize": True}
    Image.new("RGB", (64, 64), (218, 220, 224)).save(buffer, "PNG", **options)
    return buffer.getvalue()


def prepare(world: World, wanted: Asked) -> None:
    """Draw what is asked for, if it can be, so that the answer has it at hand."""
    item = world.at(wanted.number)
    if (
        wanted.variant == "d"
        or _SIZES.fullmatch(wanted.variant)
        or (wanted.variant == "dv" and item.is_video)
    ):
        world.content(item, wanted.variant)
