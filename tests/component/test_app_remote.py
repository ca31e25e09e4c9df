"""What further mounts of a profile are told."""

from typing import Any

import trio
import trio.testing

from gphotosfs.app.remote import NEWS_KEPT, News
from gphotosfs.catalog.places import Changes
from gphotosfs.model import Inode


def arrival(number: int) -> Changes:
    return Changes(appeared=[(Inode(4), b"%d.jpg" % number)])


def names(told: list[tuple[Changes, Any]]) -> list[bytes]:
    return [name for changes, _ in told for _, name in changes.appeared]


async def test_changes_between_two_questions_are_not_lost() -> None:
    news = News()
    seen, told = await news.since(None)
    assert told == []
    for number in range(3):
        news.tell(arrival(number))

    seen, told = await news.since(seen)

    assert names(told) == [b"0.jpg", b"1.jpg", b"2.jpg"]
    news.tell(arrival(3), [Inode(70)])
    seen, told = await news.since(seen)
    assert names(told) == [b"3.jpg"]
    assert told[0][1] == [Inode(70)]


async def test_who_has_seen_everything_waits() -> None:
    news = News()
    seen, _ = await news.since(None)
    found: list[bytes] = []

    async def ask() -> None:
        found.extend(names((await news.since(seen))[1]))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        assert found == []
        news.tell(arrival(1))

    assert found == [b"1.jpg"]


async def test_what_nobody_asks_for_takes_no_memory() -> None:
    news = News()
    seen, _ = await news.since(None)
    for number in range(NEWS_KEPT + 50):
        news.tell(arrival(number))

    _, told = await news.since(seen)

    assert len(told) == NEWS_KEPT
    assert names(told)[-1] == b"%d.jpg" % (NEWS_KEPT + 49)
