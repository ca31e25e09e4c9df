"""What a mount is called in a file manager: two files of its root that no listing shows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio.testing

from gphotosfs import errors
from gphotosfs.app.labelled import LabelledTree, icon, volume_info
from gphotosfs.config import MountRequest, Profile, Settings
from gphotosfs.model import ROOT, Inode
from gphotosfs.simulator.service import SimulatedGoogle
from gphotosfs.views.virtual import VOLUME_ICON, VOLUME_INFO
from tests.component.core_kit import running_core
from tests.component.google_kit import small_library

ALBUMS = Inode(2)


def request(path: str = "", profile: str = "default", **for_desktop: str) -> MountRequest:
    return MountRequest(
        profile=Profile(profile),
        settings=Settings(),
        path=path,
        mountpoint=Path("/home/anna/Best of Anna"),
        source=profile,
        for_desktop={name.replace("_", "-"): value for name, value in for_desktop.items()},
    )


@pytest.mark.parametrize(
    "asked, name",
    [
        (request(), "Google Photos"),
        (request(profile="work"), "Google Photos (work)"),
        (request("albums/Paris 2024"), "Paris 2024"),
        (request("album-id=AF1Q"), "Best of Anna"),
        (request("albums/Paris", x_gvfs_name="Anna's%20Paris"), "Anna's Paris"),
        (request("albums/ a\\b"), r"\sa\\b"),
    ],
)
def test_a_mount_is_called_by_what_it_shows_unless_options_say_otherwise(
    asked: MountRequest, name: str
) -> None:
    lines = volume_info(asked).decode().splitlines()

    assert lines == ["[Volume Info]", f"Name={name}", "IconFile=.VolumeIcon.svg"]


def test_an_icon_of_the_theme_may_be_asked_for() -> None:
    assert b"\nIcon=camera-photo\n" in volume_info(request(x_gvfs_icon="camera-photo"))


@asynccontextmanager
async def labelled(tmp_path: Path, root: Inode) -> AsyncIterator[LabelledTree]:
    photos = SimulatedGoogle(small_library())
    async with running_core(tmp_path, photos) as core:
        tree = LabelledTree()
        tree.serve_from(core.tree)
        tree.label(root, request(), now_ns=1_000)
        yield tree


async def test_both_files_are_in_the_mounts_root_and_in_no_listing(tmp_path: Path) -> None:
    async with labelled(tmp_path, ROOT) as tree:
        for file, text in ((VOLUME_INFO, volume_info(request())), (VOLUME_ICON, icon())):
            with trio.testing.assert_no_checkpoints():
                node = await tree.lookup(ROOT, file.name)
                assert node == await tree.stat(file.inode)
                handle = await tree.open(file.inode)
                content = await tree.read(handle, 0, 1 << 20)
            tree.close(handle)

            assert node is not None
            assert (node.size_bytes, content) == (len(text), text)

        listed = {entry.name for entry in await tree.entries(ROOT, None)}
        assert await tree.lookup(ALBUMS, VOLUME_INFO.name) is None

    assert b"albums" in listed
    assert not listed & {VOLUME_INFO.name, VOLUME_ICON.name}


async def test_the_files_of_the_library_are_there_as_before(tmp_path: Path) -> None:
    async with labelled(tmp_path, ALBUMS) as tree:
        assert await tree.lookup(ALBUMS, VOLUME_INFO.name) is not None
        assert await tree.lookup(ROOT, VOLUME_INFO.name) is None

        status = await tree.lookup(Inode(32), b"status.json")
        assert status is not None
        handle = await tree.open(status.inode)
        assert bytes(await tree.read(handle, 0, 1)) == b"{"
        tree.close(handle)
        with pytest.raises(errors.NoEntryError):
            await tree.stat(Inode(37))
