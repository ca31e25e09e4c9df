"""Whatever Google's JSON says, the mount lives, says what is wrong, and is well again afterwards."""

import copy
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from gphotosfs.app.core import Core
from gphotosfs.errors import GPhotosError
from gphotosfs.fuse.attributes import Ownership, entry_attributes
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import content, listing, running_core
from tests.component.google_kit import Altered, small_library

DIRECTORIES = (
    "albums",
    "media/all",
    "media/by-day",
    "videos",
    "favorites",
    "recent",
    "previews/media/all",
)

GONE = object()
NUMBERS = [0, -1, 1.5, 2**31, 2**62, 2**63, 10**30, float("nan"), float("inf")]
TEXTS = [
    "", "0", "-1", str(2**40), str(2**62), "9" * 19, "9" * 40, "NaN", "1e999s", "x" * 300, "y" * 70_000,
    "a/b", "a\nb", "a\0b", "..", "\ud800", "\u202e", "e\u0301", "PROCESSING", "FAILED",
    "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:60.9-23:59",
    "2024-02-30T00:00:00Z", "1677-09-21T00:12:43Z", "2262-04-11T23:47:17Z", "image/", "video/mp4",
    "http://evil.example/", "https:1", "http://[", "\r\nX: y",
]  # fmt: skip
OTHERS = [None, True, [], {}, [None], [{}], {"id": 1}, GONE]
ODD = st.sampled_from([*NUMBERS, *TEXTS, *OTHERS])

ALTERATIONS = st.lists(st.tuples(st.integers(0, 10_000), ODD), min_size=1, max_size=12)
"""What is put where: a number chooses one of all the places that an answer has."""


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container within, with each of its keys or positions."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


def altered(answer: Any, alterations: list[tuple[int, Any]]) -> Any:
    """The answer with something odd at some of its places."""
    for number, odd in alterations:
        if found := list(places(answer)):
            holder, key = found[number % len(found)]
            if odd is GONE:
                del holder[key]
            else:
                holder[key] = copy.copy(odd)  # or a list might come to hold itself
    return answer


@contextmanager
def bugs() -> Iterator[list[str]]:
    """The errors that are logged meanwhile, of which each is a bug."""
    found: list[str] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    handler = Listening(logging.ERROR)
    logging.getLogger().addHandler(handler)
    try:
        yield found
    finally:
        logging.getLogger().removeHandler(handler)


async def ids_in(core: Core, directory: str) -> set[str]:
    """The ids of what a directory shows; a name may be that of an item that was made up before."""
    return {
        (await core.tree.attribute(node.inode, b"user.gphotos.id")).decode()
        for node in (await listing(core, directory)).values()
    }


async def use(core: Core) -> None:
    """Do what programs do, as far as it goes."""
    owner = Ownership(uid=0, gid=0, file_mode=0o444, dir_mode=0o555)
    for directory in DIRECTORIES:
        shown = {}
        with suppress(GPhotosError):
            shown = await listing(core, directory)
        for name, node in [*shown.items()][:3]:
            with suppress(GPhotosError):
                now = await core.tree.stat(node.inode)
                assert now.is_directory or 0 < now.size_bytes < 2**63
                entry_attributes(now, owner, 300.0)
                for attribute in await core.tree.attribute_names(node.inode):
                    await core.tree.attribute(node.inode, attribute)
                if not node.is_directory:
                    await content(core, f"{directory}/{name}")
    with suppress(GPhotosError):
        await core.refresh()


@settings(max_examples=10)
@given(alterations=ALTERATIONS)
def test_odd_answers_are_survived_without_a_bug(alterations: list[tuple[int, Any]]) -> None:
    photos = SimulatedGoogle(small_library(items=12, album_sizes=[5, 2]))
    photos.options.access_token_life_s = 1e9
    are_odd = True

    def alter(_path: str, answer: Any) -> object:
        return altered(answer, alterations) if are_odd else answer

    async def main(folder: Path) -> None:
        nonlocal are_odd
        async with running_core(folder, photos, transport=Altered(photos, alter)) as core:
            await use(core)
            await trio.sleep(4000)  # the slow look at every item has come by
            are_odd = False
            await core.refresh()
            assert {item.id for item in photos.world.items()} <= await ids_in(core, "media/all")

    with tempfile.TemporaryDirectory() as folder, bugs() as found:
        trio.run(main, Path(folder), clock=MockClock(autojump_threshold=0))
    assert found == []
