"""Blobs that are kept whole: continued where a try ended, and never mixed."""

import errno
import os
from pathlib import Path

import pytest

from gphotosfs.blobs.kept import BUFFER_BYTES, KeptBlobs
from gphotosfs.errors import ServerTroubleError, StoreError
from tests.component.core_kit import inline
from tests.fake_source import Behaviour, FakeSource, film, some_bytes

KEY = film("a")
CONTENT = some_bytes(3 * BUFFER_BYTES + 12_345)
BROKEN = Behaviour(breaks_after=2 * BUFFER_BYTES + 500, broken=ServerTroubleError("it broke"))


def source_of(content: bytes = CONTENT) -> FakeSource:
    return FakeSource({KEY: content}, first_byte_s=0, piece_s=0)


def files_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*.*"))


def names_in(folder: Path) -> list[str]:
    return [path.suffix for path in files_in(folder)]


async def fetched(folder: Path, source: FakeSource) -> tuple[int, list[int]]:
    """The length as it is in the end, and as it was told on the way."""
    told: list[int] = []
    return await KeptBlobs(folder, inline).fetch(KEY, source, told.append), told


async def content_in(folder: Path, size_bytes: int = len(CONTENT)) -> bytes:
    reader = await KeptBlobs(folder, inline).open(KEY, size_bytes)
    parts = [bytes(await reader.read(at, 100_000)) for at in range(0, size_bytes + 1, 100_000)]
    reader.close()
    return b"".join(parts)


async def interrupted(folder: Path, source: FakeSource, behaviour: Behaviour = BROKEN) -> None:
    source.behave = lambda _: behaviour
    with pytest.raises(ServerTroubleError):
        await fetched(folder, source)
    source.behave = lambda _: Behaviour()


async def test_a_blob_is_fetched_with_one_request_and_read_from_the_disk(tmp_path: Path) -> None:
    source = source_of()

    assert await fetched(tmp_path, source) == (len(CONTENT), [len(CONTENT)])
    assert await content_in(tmp_path) == CONTENT
    assert [(r.start, r.end) for r in source.log] == [(0, None)]
    assert names_in(tmp_path) == [".blob"]
    assert [path.stat().st_mode & 0o777 for path in files_in(tmp_path)] == [0o600]


async def test_what_is_here_is_not_fetched_again(tmp_path: Path) -> None:
    await fetched(tmp_path, source_of())
    source = source_of()

    assert await fetched(tmp_path, source) == (len(CONTENT), [])
    assert source.log == []


async def test_a_try_that_broke_is_continued(tmp_path: Path) -> None:
    source = source_of()
    await interrupted(tmp_path, source)

    await fetched(tmp_path, source)

    assert source.log[1].start == 2 * BUFFER_BYTES
    assert await content_in(tmp_path) == CONTENT
    assert names_in(tmp_path) == [".blob"]


async def test_a_server_that_ignores_the_range_begins_anew(tmp_path: Path) -> None:
    source = source_of()
    await interrupted(tmp_path, source)
    source.behave = lambda _: Behaviour(ignores_range=True)

    await fetched(tmp_path, source)

    assert await content_in(tmp_path) == CONTENT


async def test_versions_are_never_mixed(tmp_path: Path) -> None:
    await interrupted(tmp_path, source_of())
    newer = some_bytes(len(CONTENT) + 1, seed=1)

    assert await fetched(tmp_path, source_of(newer)) == (len(newer), [len(newer)] * 2)
    assert await content_in(tmp_path, len(newer)) == newer
    assert names_in(tmp_path) == [".blob"]


async def test_a_try_whose_length_nobody_told_is_not_continued(tmp_path: Path) -> None:
    source = source_of()
    await interrupted(
        tmp_path, source, Behaviour(hides_length=True, breaks_after=2 << 20, broken=BROKEN.broken)
    )

    await fetched(tmp_path, source)

    assert source.log[1].start == 0
    assert await content_in(tmp_path) == CONTENT
    assert names_in(tmp_path) == [".blob"]


async def test_without_a_length_the_end_of_the_answer_is_the_blobs(tmp_path: Path) -> None:
    source = source_of()
    source.behave = lambda _: Behaviour(hides_length=True)

    assert await fetched(tmp_path, source) == (len(CONTENT), [])
    assert await content_in(tmp_path) == CONTENT


async def test_an_answer_that_ends_early_is_no_blob(tmp_path: Path) -> None:
    await interrupted(tmp_path, source_of(), Behaviour(stops_after=BUFFER_BYTES))

    assert names_in(tmp_path) == [".part"]


async def test_a_file_that_was_cut_or_removed_is_not_handed_out(tmp_path: Path) -> None:
    await fetched(tmp_path, source_of())
    (path,) = files_in(tmp_path)
    os.truncate(path, 100)
    with pytest.raises(StoreError, match="damaged or removed"):
        await content_in(tmp_path)
    path.unlink()
    with pytest.raises(StoreError, match="damaged or removed"):
        await content_in(tmp_path)


async def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("in the way")

    with pytest.raises(StoreError, match=os.strerror(errno.ENOTDIR)):
        await fetched(tmp_path, source_of())


async def test_dropping_takes_what_an_earlier_try_left_too(tmp_path: Path) -> None:
    await interrupted(tmp_path, source_of())
    kept = KeptBlobs(tmp_path, inline)

    assert await kept.drop([KEY]) == 2 * BUFFER_BYTES
    assert names_in(tmp_path) == []
    assert await kept.drop([KEY]) == 0
