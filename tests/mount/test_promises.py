"""What the mount promises about entries: one inode, no change, attributes, and what looking costs."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from gphotosfs.simulator.process import Running
from tests.mount.mounting import Home, Mount, Pictures, Spent, counted, eventually, sh

pytestmark = pytest.mark.mount

NOTHING = Spent(api=0, media=0)


def every_view(mount: Mount) -> list[Path]:
    """Every path of every photo, all directories listed; picked/ is empty and says so."""
    readme = mount / "picked/README.txt"
    return [path for path in mount.path.rglob("*") if not path.is_dir() and path != readme]


# --- one photo, one inode -----------------------------------------------------------------------


def test_a_photo_has_one_inode_in_every_view(gallery: Mount, pictures: Pictures) -> None:
    found: dict[str, set[tuple[int, int]]] = {}
    paths = every_view(gallery)
    for path in paths:
        attributes = path.stat()
        found.setdefault(path.name, set()).add((attributes.st_ino, attributes.st_nlink))

    assert set(found) == set(pictures.items)
    for name, seen in found.items():
        ((_, links),) = seen
        assert links == sum(path.name == name for path in paths) > 1


def test_inodes_outlive_a_mount(home: Home) -> None:
    with home.mounted() as mount:
        before = {path.name: path.stat().st_ino for path in (mount / "media/all").iterdir()}
    with home.mounted() as mount:
        after = {path.name: path.stat().st_ino for path in (mount / "media/all").iterdir()}

    assert len(before) == 120
    assert after == before


# --- nothing can be changed -----------------------------------------------------------------------

CHANGES: dict[str, Callable[[Path], object]] = {
    "create": lambda photo: (photo.parent / "new").touch(),
    "mkdir": lambda photo: (photo.parent / "new").mkdir(),
    "unlink": lambda photo: photo.unlink(),
    "rmdir": lambda photo: photo.parent.rmdir(),
    "chmod": lambda photo: photo.chmod(0o644),
    "chown": lambda photo: os.chown(photo, 1, 1),
    "rename": lambda photo: photo.rename(photo.parent / "new"),
    "link": lambda photo: (photo.parent / "new").hardlink_to(photo),
    "symlink": lambda photo: (photo.parent / "new").symlink_to(photo),
    "truncate": lambda photo: os.truncate(photo, 0),
    "write": lambda photo: photo.write_bytes(b""),
    "utime": os.utime,
    "setxattr": lambda photo: os.setxattr(photo, "user.mine", b"1"),
    "removexattr": lambda photo: os.removexattr(photo, "user.mime_type"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_refused_as_read_only(
    gallery: Mount, pictures: Pictures, change: str
) -> None:
    with pytest.raises(OSError, match="Read-only") as refused:
        CHANGES[change](gallery / "media/all" / next(iter(pictures.items)))

    assert refused.value.errno == errno.EROFS


def test_programs_say_read_only(gallery: Mount, pictures: Pictures) -> None:
    photo = gallery / "media/all" / next(iter(pictures.items))
    for command in (
        ("touch", photo),
        ("mkdir", gallery / "media/new"),
        ("rm", "-f", photo),
        ("chmod", "600", photo),
        ("mv", photo, gallery / "media"),
    ):
        sh(*command, code=1)


def test_modes_say_that_nothing_can_be_written(gallery: Mount) -> None:
    for path in (gallery.path, *gallery.path.rglob("*")):
        mode = path.stat().st_mode
        assert stat.S_IMODE(mode) == (0o555 if stat.S_ISDIR(mode) else 0o444)


def test_files_may_be_read_and_directories_entered(gallery: Mount, pictures: Pictures) -> None:
    photo = gallery / "media/all" / next(iter(pictures.items))

    for allowed, path, wanted in (
        (True, photo, os.R_OK),
        (False, photo, os.W_OK),
        (False, photo, os.X_OK),
        (True, photo.parent, os.R_OK | os.X_OK),
        (False, photo.parent, os.W_OK),
    ):
        assert os.access(path, wanted) is allowed


# --- attributes -----------------------------------------------------------------------------------


def test_extended_attributes_are_read_by_getfattr(gallery: Mount, pictures: Pictures) -> None:
    name, item = next((n, i) for n, i in pictures.items.items() if i["mime_type"] == "image/jpeg")

    lines = sh("getfattr", "-d", "--absolute-names", gallery / "media/all" / name).splitlines()

    shown = dict(line.split("=", 1) for line in lines if "=" in line)
    expected = {
        "user.gphotos.id": item["id"],
        "user.gphotos.camera": f"{item['camera_make']} {item['camera_model']}",
        "user.gphotos.width": str(item["width"]),
        "user.gphotos.height": str(item["height"]),
        "user.gphotos.source": "library",
        "user.mime_type": "image/jpeg",
        "user.xdg.origin.url": f"https://photos.google.com/lr/photo/{item['id']}",
    }
    assert expected.items() <= {n: value.strip('"') for n, value in shown.items()}.items()


def test_an_attribute_that_is_not_there_is_no_data(gallery: Mount) -> None:
    with pytest.raises(OSError, match="No data") as missing:
        os.getxattr(gallery.path, "user.nothing")
    assert missing.value.errno == errno.ENODATA
    with pytest.raises(OSError, match="not supported") as refused:
        os.getxattr(gallery.path, "security.selinux")
    assert refused.value.errno == errno.EOPNOTSUPP


def test_a_directory_is_as_new_as_its_newest_photo(gallery: Mount, pictures: Pictures) -> None:
    newest_ns = max(item["created_ns"] for item in pictures.items.values())

    assert (gallery / "media/all").stat().st_mtime_ns == newest_ns


def test_file_system_figures_need_no_network(home: Home, simulator: Running) -> None:
    with home.mounted() as mount:
        os.listdir(mount / "media/all")  # noqa: PTH208 - only to have it listed
        simulator.stop()

        figures = os.statvfs(mount.path)

    assert figures.f_files - figures.f_ffree == 120
    assert figures.f_namemax == 255
    assert figures.f_flag & os.ST_RDONLY


def test_free_is_what_the_cache_may_still_take(home: Home) -> None:
    """With nothing free, file managers draw a full disk, and programs that watch disks complain."""
    with home.mounted("-o", "cache_size=1M,cache_min_free=0") as mount:
        empty = os.statvfs(mount.path)
        photo = next((mount / "media/all").glob("*.*"))
        photo.read_bytes()
        eventually(lambda: os.statvfs(mount.path).f_bavail < empty.f_bavail)
        filled = os.statvfs(mount.path)

    assert empty.f_bavail * empty.f_frsize == 1 << 20
    assert empty.f_blocks == filled.f_blocks == empty.f_bavail
    assert filled.f_bfree == filled.f_bavail > 0


# --- what looking costs ---------------------------------------------------------------------------


def test_mounting_asks_google_nothing(home: Home, simulator: Running) -> None:
    with counted(simulator) as requests, home.mounted() as mount:
        mount.path.stat()
        assert (mount / "media/by-day") in (mount / "media").iterdir()

        assert requests() == NOTHING


def test_days_cost_no_call_once_the_timeline_is_known(home: Home, simulator: Running) -> None:
    with home.mounted() as mount:
        everything = {path.name for path in (mount / "media/all").iterdir()}
        with counted(simulator) as requests:
            days = sh("find", mount / "media/by-day", "-type", "f", "-printf", "%f\n")

            assert set(days.splitlines()) == everything
            assert requests() == NOTHING


def test_a_name_in_a_known_directory_costs_nothing(home: Home, simulator: Running) -> None:
    with home.mounted() as mount:
        names = os.listdir(mount / "media/all")  # noqa: PTH208 - the names alone
        with counted(simulator) as requests:
            assert all((mount / "media/all" / name).exists() for name in names)
            assert not (mount / "media/all/no such photo.jpg").exists()

            # Sizes that nobody knows yet are probed for, with the addresses that came with the list.
            assert requests().api == 0


PROBED = (
    ".Trash",
    ".Trash-0",
    ".hidden",
    ".directory",
    "autorun.inf",
    ".git",
    "desktop.ini",
    "BDMV",
)


@pytest.mark.parametrize("where", ["", "media", "media/all", "albums"])
def test_what_file_managers_probe_for_costs_nothing(
    home: Home, simulator: Running, where: str
) -> None:
    with home.mounted() as mount, counted(simulator) as requests:
        for name in PROBED:
            assert not (mount / where / name).exists()

        assert requests() == NOTHING


def test_sizes_are_asked_for_once(home: Home, simulator: Running) -> None:
    with home.mounted() as mount:
        os.listdir(mount / "media/all")  # noqa: PTH208 - only to have it listed
        with counted(simulator) as requests:
            sizes = sh("du", "-ab", mount / "media/all")

            assert requests().media == 120
        with counted(simulator) as requests:
            assert sh("du", "-ab", mount / "media/all") == sizes

            assert requests().media == 0
    with home.mounted() as mount, counted(simulator) as requests:
        assert sh("du", "-ab", mount / "media/all") == sizes

        assert requests().media == 0


def test_a_file_manager_is_told_what_to_call_the_mount(home: Home) -> None:
    """Also where `x-gvfs-show` comes with it, on which an older libfuse would refuse to mount."""
    with home.mounted("-o", "x-gvfs-show,x-gvfs-name=Anna's%20photos") as mount:
        told = (mount / ".xdg-volume-info").read_text()
        icon = (mount / ".VolumeIcon.svg").read_text()

        assert not {name for name in os.listdir(mount.path) if name.startswith(".")}  # noqa: PTH208

    assert told == "[Volume Info]\nName=Anna's photos\nIconFile=.VolumeIcon.svg\n"
    assert icon.startswith("<svg")


def test_status_is_a_file_that_is_not_listed(gallery: Mount) -> None:
    assert ".gphotosfs" not in os.listdir(gallery.path)  # noqa: PTH208 - as readdir gives them
    text = (gallery / ".gphotosfs/status.json").read_text()

    assert '"library"' in text
    assert "token" not in text
