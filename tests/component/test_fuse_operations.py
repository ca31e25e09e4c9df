"""The request handlers, called as pyfuse3 calls them but without a kernel."""

import errno
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pyfuse3
import pytest
import trio
import trio.testing
from pyfuse3 import FileHandleT, FileNameT, InodeT, XAttrNameT

from gphotosfs import errors
from gphotosfs.app.core import Core
from gphotosfs.fuse import errno_map
from gphotosfs.fuse.attributes import Ownership
from gphotosfs.fuse.operations import Operations
from gphotosfs.model import ROOT, Entry, Inode, Node, Usage
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import listing, running_core
from tests.component.google_kit import small_library

OWNER = Ownership(uid=1000, gid=1000)
CTX = pyfuse3.RequestContext()
ALL = InodeT(4)


class BrokenTree:
    """A tree in which nothing goes well: every answer is this error, or silence."""

    def __init__(self, failure: Exception | None) -> None:
        self._failure = failure

    async def _fail(self) -> None:
        if self._failure is None:
            await trio.sleep_forever()
        else:
            raise self._failure

    async def lookup(self, parent: Inode, name: bytes) -> Node | None:
        await self._fail()
        return None

    async def stat(self, inode: Inode, *, probe: bool = True, patient: bool = False) -> Node:
        await self._fail()
        raise AssertionError

    async def opened(self, directory: Inode) -> None:
        await self._fail()

    async def entries(self, directory: Inode, after: int | None, most: int = 256) -> list[Entry]:
        await self._fail()
        return []

    async def open(self, inode: Inode, *, unattended: bool = False) -> int:
        await self._fail()
        return 1

    async def read(self, handle: int, offset: int, size: int) -> bytes:
        await self._fail()
        return b""

    def close(self, handle: int) -> None:
        if self._failure is not None:
            raise self._failure

    async def attribute_names(self, inode: Inode) -> list[bytes]:
        await self._fail()
        return []

    async def attribute(self, inode: Inode, name: bytes) -> bytes:
        await self._fail()
        return b""

    async def usage(self) -> Usage:
        await self._fail()
        return Usage(0, 0, 0)


def broken(failure: Exception | None) -> Operations:
    return Operations(BrokenTree(failure), OWNER, root=ROOT, timeout_s=30.0, entry_timeout_s=5.0)


@asynccontextmanager
async def operating(
    folder: Path, photos: SimulatedGoogle
) -> AsyncIterator[tuple[Operations, Core]]:
    """The handlers over a whole profile."""
    async with running_core(folder, photos) as core:
        yield (
            Operations(core.tree, OWNER, root=ROOT, timeout_s=30.0, entry_timeout_s=5.0),
            core,
        )


def leaves(kind: type[errors.GPhotosError]) -> set[type[errors.GPhotosError]]:
    below = kind.__subclasses__()
    return {one for each in below for one in leaves(each)} if below else {kind}


def test_every_error_has_an_errno() -> None:
    """Whoever adds an error says what the kernel is told."""
    assert leaves(errors.GPhotosError) <= set(errno_map.ERRNO)


def test_no_errno_makes_programs_loop_or_delete() -> None:
    told = {
        kind: number for kind, number in errno_map.ERRNO.items() if kind is not errors.NoEntryError
    }
    assert not {errno.EINTR, errno.EAGAIN, errno.ENOENT} & set(told.values())


HANDLERS: dict[str, Callable[[Operations], object]] = {
    "lookup": lambda ops: ops.lookup(ALL, FileNameT(b"a.jpg"), CTX),
    "getattr": lambda ops: ops.getattr(ALL, CTX),
    "opendir": lambda ops: ops.opendir(ALL, CTX),
    "open": lambda ops: ops.open(ALL, pyfuse3.FlagT(os.O_RDONLY), CTX),
    "read": lambda ops: ops.read(FileHandleT(1), 0, 4096),
    "statfs": lambda ops: ops.statfs(CTX),
    "listxattr": lambda ops: ops.listxattr(ALL, CTX),
    "getxattr": lambda ops: ops.getxattr(ALL, XAttrNameT(b"user.a"), CTX),
}


@pytest.mark.parametrize("name", HANDLERS)
async def test_a_failure_is_its_errno(name: str) -> None:
    with pytest.raises(pyfuse3.FUSEError) as caught:
        await HANDLERS[name](broken(errors.OfflineError("no network")))  # type: ignore[misc]
    assert caught.value.errno == errno.ENETUNREACH


@pytest.mark.parametrize("name", HANDLERS)
async def test_a_bug_is_an_io_error_and_a_trace_in_the_log(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(pyfuse3.FUSEError) as caught:
        await HANDLERS[name](broken(ZeroDivisionError("a bug")))  # type: ignore[misc]
    assert caught.value.errno == errno.EIO
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert caplog.records[0].exc_info is not None


@pytest.mark.parametrize("name", HANDLERS)
async def test_no_call_waits_longer_than_its_deadline(
    name: str, autojump_clock: trio.testing.MockClock
) -> None:
    operations = broken(None)
    with trio.fail_after(30.5), pytest.raises(pyfuse3.FUSEError) as caught:
        await HANDLERS[name](operations)  # type: ignore[misc]
    assert caught.value.errno == errno.ETIMEDOUT
    assert len(operations.requests) == 0


async def test_the_end_of_the_mount_answers_everybody(
    autojump_clock: trio.testing.MockClock,
) -> None:
    operations = broken(None)
    answers = []

    async def ask() -> None:
        with pytest.raises(pyfuse3.FUSEError) as caught:
            await operations.getattr(ALL, CTX)
        answers.append(caught.value.errno)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        operations.requests.end_all()
    assert trio.current_time() == 0
    assert len(answers) == 3


async def test_closing_a_file_never_ends_the_mount() -> None:
    """pyfuse3 ends on any exception but FUSEError, in release as well."""
    with pytest.raises(pyfuse3.FUSEError):
        await broken(ZeroDivisionError("a bug")).release(FileHandleT(1))


@pytest.mark.parametrize(
    "name",
    ["create", "mknod", "mkdir", "unlink", "rmdir", "symlink", "rename", "link", "setattr",
     "setxattr", "removexattr", "write"],
)  # fmt: skip
async def test_every_change_is_refused(name: str) -> None:
    with pytest.raises(pyfuse3.FUSEError) as caught:
        await getattr(broken(None), name)(1, b"a", CTX)
    assert caught.value.errno == errno.EROFS


async def test_a_known_name_waits_for_nobody(tmp_path: Path) -> None:
    """A name in a listed directory is resolved from the catalogue: no request, no checkpoint."""
    photos = SimulatedGoogle(small_library(items=30))
    async with operating(tmp_path, photos) as (operations, core):
        nodes = await listing(core, "media/all")
        asked = len(photos.log)
        with trio.testing.assert_no_checkpoints():
            for name, node in nodes.items():
                entry = await operations.lookup(ALL, FileNameT(name.encode()), CTX)
                assert entry.st_ino == node.inode
                assert entry.attr_timeout == 0  # the size is an estimate so far
            missing = await operations.lookup(ALL, FileNameT(b"no such name"), CTX)
        assert missing.st_ino == 0
        assert missing.entry_timeout > 0
        assert len(photos.log) == asked


async def test_cached_bytes_ask_nobody(tmp_path: Path) -> None:
    photos = SimulatedGoogle(small_library(items=3, kinds={"image/jpeg": 1}))
    item = next(iter(photos.world.items()))
    async with operating(tmp_path, photos) as (operations, core):
        inode = InodeT(await core.tree.resolve(f"media/all/{item.filename}"))
        opened = await operations.open(inode, pyfuse3.FlagT(os.O_RDONLY), CTX)
        assert opened.keep_cache
        content = bytes(await operations.read(opened.fh, 0, 1 << 20))
        assert content == photos.world.bytes_of(item.id, "d")
        asked = len(photos.log)
        again = bytes(await operations.read(opened.fh, 0, 1 << 20))
        assert again == content
        assert len(photos.log) == asked
        await operations.release(opened.fh)


@pytest.mark.parametrize("name", [b".Trash", b".Trash-1000", b".hidden", b"autorun.inf", b".git"])
async def test_probed_names_cost_nothing_even_where_nothing_is_known(
    tmp_path: Path, name: bytes
) -> None:
    photos = SimulatedGoogle(small_library(items=3))
    async with operating(tmp_path, photos) as (operations, _):
        with trio.testing.assert_no_checkpoints():
            entry = await operations.lookup(ALL, FileNameT(name), CTX)
        assert entry.st_ino == 0
        assert entry.entry_timeout >= 600
        assert photos.log == []


async def test_extended_attributes_have_the_errnos_that_ls_expects(tmp_path: Path) -> None:
    photos = SimulatedGoogle(small_library(items=3))
    async with operating(tmp_path, photos) as (operations, core):
        inode = InodeT(next(iter((await listing(core, "media/all")).values())).inode)
        assert await operations.getxattr(inode, XAttrNameT(b"user.mime_type"), CTX)
        expected = {
            b"user.nothing": errno.ENODATA,
            b"security.selinux": errno.EOPNOTSUPP,
            b"system.posix_acl_access": errno.EOPNOTSUPP,
            b"trusted.overlay.opaque": errno.EOPNOTSUPP,
        }
        for name, number in expected.items():
            with pytest.raises(pyfuse3.FUSEError) as caught:
                await operations.getxattr(inode, XAttrNameT(name), CTX)
            assert caught.value.errno == number
        for name in await operations.listxattr(inode, CTX):
            assert name.startswith(b"user.")


async def test_whether_a_file_may_be_run_costs_no_probe(tmp_path: Path) -> None:
    """GIO asks that for each file of a folder."""
    photos = SimulatedGoogle(small_library(items=3))
    async with operating(tmp_path, photos) as (operations, core):
        inode = InodeT(next(iter((await listing(core, "media/all")).values())).inode)
        asked = len(photos.log)
        assert not await operations.access(inode, pyfuse3.ModeT(os.X_OK), CTX)
        assert await operations.access(ALL, pyfuse3.ModeT(os.X_OK), CTX)
        assert len(photos.log) == asked


async def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    photos = SimulatedGoogle(small_library(items=3))
    async with operating(tmp_path, photos) as (operations, _):
        with pytest.raises(pyfuse3.FUSEError) as caught:
            await operations.lookup(ALL, FileNameT(b"x" * 256), CTX)
        assert caught.value.errno == errno.ENAMETOOLONG


async def test_files_and_directories_are_told_apart(tmp_path: Path) -> None:
    photos = SimulatedGoogle(small_library(items=3))
    async with operating(tmp_path, photos) as (operations, core):
        file = InodeT(next(iter((await listing(core, "media/all")).values())).inode)
        for call, number in (
            (operations.opendir(file, CTX), errno.ENOTDIR),
            (operations.lookup(file, FileNameT(b"a"), CTX), errno.ENOTDIR),
            (operations.open(ALL, pyfuse3.FlagT(os.O_RDONLY), CTX), errno.EISDIR),
            (operations.getattr(InodeT(999_999), CTX), errno.ENOENT),
        ):
            with pytest.raises(pyfuse3.FUSEError) as caught:
                await call
            assert caught.value.errno == number
