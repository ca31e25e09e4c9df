"""What has to be true of a visit: `python -m bench.desktop --check` ends with 1 if it is not."""

from collections.abc import Iterator, Mapping
from typing import Final

from bench.desktop.viewers import PAGES, Viewed
from bench.desktop.visit import Visit

FULL_SHARE_MAX: Final = 0.05
"""Of what the same file manager reads through `rclone mount`: one may be quicker than Google."""

AHEAD: Final = 10
"""Photos that may be fetched before somebody gets to them: a walk is four ahead, a viewer one."""


def wrong_with(
    ours: Mapping[str, Visit], theirs: Mapping[str, Visit], requests_a_photo: int
) -> Iterator[str]:
    """What is not as it should be in the three visits to one album, beside rclone's."""
    first, *later = ours.values()
    photos = first.thumbnails.expected
    for name, visit in ours.items():
        if visit.gave_up:
            yield f"{name}: {visit.gave_up} pages never stood still"
        if visit.thumbnails.missing:
            yield f"{name}: no thumbnail of {', '.join(visit.thumbnails.missing[:5])}"
    if first.spent.small > photos:
        yield f"{first.spent.small} small requests for {photos} photos"
    if first.spent.media > photos * (requests_a_photo + FULL_SHARE_MAX):
        yield f"{first.spent.media} requests for bytes of {photos} photos"
    if theirs:
        most = FULL_SHARE_MAX * next(iter(theirs.values())).spent.full_bytes
        if first.spent.full_bytes > most:
            yield f"{first.spent.full_bytes:,} bytes of originals, more than {most:,.0f}"
    for visit in later:
        if visit.spent.media:
            yield f"{visit.spent.media} requests for bytes, where all is here"


def wrong_with_viewer(viewed: Viewed, photo_bytes: list[int]) -> Iterator[str]:
    """What is not as it should be when somebody pages through photos of these sizes."""
    yield from _wrong_with_pages(viewed)
    touched = PAGES + 1 + AHEAD
    most = sum(sorted(photo_bytes)[-touched:])
    if viewed.spent.full_bytes > most:
        yield f"{viewed.spent.full_bytes:,} bytes for {PAGES + 1} photos"
    if viewed.spent.full + viewed.spent.heads > 2 * touched + len(photo_bytes):
        yield f"{viewed.spent.full} requests for {PAGES + 1} photos"


def wrong_with_player(viewed: Viewed) -> Iterator[str]:
    """What is not as it should be when somebody jumps on in a film.

    How much of it is fetched depends on the line: here a minute's jump stays within what was read
    ahead. No byte is fetched twice.
    """
    yield from _wrong_with_pages(viewed)
    if viewed.spent.full_bytes > viewed.file_bytes:
        yield f"{viewed.spent.full_bytes:,} of {viewed.file_bytes:,} bytes fetched"


def _wrong_with_pages(viewed: Viewed) -> Iterator[str]:
    if viewed.pages < viewed.pressed:
        yield f"{viewed.pages} of {viewed.pressed} keys changed what is shown"
