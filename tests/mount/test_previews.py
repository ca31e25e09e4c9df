"""Previews through a real mount: programs copy, view and show them."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.process import running
from gphotosfs.simulator.takeout.exports import Quirks, export
from tests.mount.mounting import Home, Mount, Pictures, counted, eventually, sh
from tests.mount.test_takeout import Alone

pytestmark = pytest.mark.mount

ALL = "previews/media/all"


@pytest.fixture(scope="module")
def previews(pictures: Pictures) -> dict[str, bytes]:
    """Google's previews of a library, by their names."""
    simulator = pictures.simulator
    return {
        name if name.upper().endswith(".JPG") else f"{name}.jpg": simulator.bytes_of(
            item["id"], "w2048-h2048"
        )
        for name, item in pictures.items.items()
        if not item["mime_type"].startswith("video/")
    }


@pytest.fixture(scope="module")
def mounted(pictures: Pictures, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mount]:
    home = Home(tmp_path_factory.mktemp("previews"), pictures.simulator)
    with home.mounted("-o", "previews") as mount:
        yield mount


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def found_in(folder: Path) -> dict[str, str]:
    """Every photo and directory below a folder: type, inode, links and time, by path."""
    lines = sh("find", folder, "-mindepth", "1", "-printf", "%P\t%y %i %n %T@\n").splitlines()
    return dict(line.split("\t") for line in lines)


def test_previews_stand_in_the_same_directories(mounted: Mount, pictures: Pictures) -> None:
    roots = sh("ls", mounted.path).split()
    for folder in ("albums", "media", "favorites", "recent", "previews"):
        found_in(mounted / folder)  # once more below: links are those that are known
    originals = {
        f"{top}/{path}" for top in roots if top != "previews" for path in found_in(mounted / top)
    }
    previews = found_in(mounted / "previews")

    films = {name for name, item in pictures.items.items() if item["mime_type"].startswith("video")}
    wanted = {
        path if path.upper().endswith(".JPG") or (mounted / path).is_dir() else f"{path}.jpg"
        for path in originals
        if path.rpartition("/")[2] not in films and not path.startswith("videos")
    }
    assert roots == ["albums", "favorites", "media", "picked", "previews", "recent", "videos"]
    assert {path for path in previews if "/" in path and "README" not in path} == {
        path for path in wanted if "README" not in path
    }


def test_a_preview_is_one_file_in_all_its_directories(mounted: Mount) -> None:
    sh("ls", "-R", mounted / "previews")
    for path in list((mounted / ALL).iterdir())[:3]:
        found = path.stat()
        same = sh("find", mounted.path, "-inum", str(found.st_ino)).splitlines()
        original = sh("getfattr", "--only-values", "-n", "user.gphotos.preview_of", path)
        originals = sh("find", mounted.path, "-inum", original).splitlines()

        assert found.st_nlink == len(same) == len(originals) > 3
        assert found.st_ino < 1 << 32
        assert {Path(one).stat().st_mtime_ns for one in same + originals} == {found.st_mtime_ns}


def test_programs_copy_previews_byte_for_byte(
    mounted: Mount, previews: dict[str, bytes], tmp_path: Path
) -> None:
    folder, archive = mounted / ALL, tmp_path / "all.tar"

    sh("cp", "-r", folder, tmp_path / "copied")
    sh("rsync", "-a", f"{folder}/", tmp_path / "synced")
    sh("tar", "-C", folder.parent, "-cf", archive, "all")
    total = sh("du", "-sbL", folder).split()[0]

    assert contents(tmp_path / "copied") == previews
    assert contents(tmp_path / "synced") == previews
    with tarfile.open(archive) as tar:
        stored = {Path(one.name).name: tar.extractfile(one) for one in tar if one.isfile()}
        assert {name: file.read() for name, file in stored.items() if file} == previews
    assert total == str(sum(map(len, previews.values())))


def test_viewers_find_jpegs_of_at_most_2048_pixels(
    mounted: Mount, previews: dict[str, bytes]
) -> None:
    for name in previews:
        with Image.open(mounted / ALL / name) as image:
            image.load()
            assert (image.format, max(image.size)) == ("JPEG", 2048)
    types = sh("file", "--mime-type", "-b", *(mounted / ALL / name for name in previews))
    assert set(types.split()) == {"image/jpeg"}
    shown = sh("feh", "--loadable", mounted / ALL).splitlines()
    assert {Path(path).name for path in shown} == set(previews)


def test_previews_are_fetched_once_and_stay_offline(tmp_path: Path) -> None:
    """Sizes, numbers and bytes, also after a remount."""
    with running("--items", "12") as simulator:
        home = Home(tmp_path, simulator)
        with home.mounted("-o", "previews") as mount:
            before = contents(mount / ALL)
            files = found_in(mount / ALL)
        with counted(simulator) as requests, home.mounted("--previews") as mount:
            assert contents(mount / ALL) == before
            assert requests().media == 0
        simulator.stop()
        with home.mounted("-o", "previews", alarms=True) as mount:
            total = sh("du", "-sbL", mount / ALL).split()[0]
            assert contents(mount / ALL) == before
            assert found_in(mount / ALL) == files

    assert total == str(sum(map(len, before.values())))


def test_previews_of_an_album_can_be_a_mount_of_their_own(home: Home) -> None:
    album = home.simulator.call("GET", "albums")[0]["title"]
    source = f"default:previews/albums/{album}"
    with home.mounted() as whole, home.mounted(source=source, at="one") as one:
        names = {path.name for path in (whole / "albums" / album).iterdir()}
        shown = {path.name for path in one.path.iterdir()}

        assert "previews" not in {path.name for path in whole.path.iterdir()}
        assert shown
        assert {name.removesuffix(".jpg") for name in shown} <= {
            n.removesuffix(".jpg") for n in names
        }
        assert (one / ".gphotosfs/status.json").read_text().startswith("{")
        home.run("refresh", one.path)


def test_each_mount_says_whether_it_shows_previews(home: Home) -> None:
    with home.mounted(at="one") as one, home.mounted("-o", "previews", at="two") as two:
        assert not (one / "previews").exists()
        assert (two / ALL).is_dir()


def test_what_comes_at_google_comes_among_previews(home: Home) -> None:
    with home.mounted("-o", "previews") as mount:
        sh("ls", mount / ALL)
        assert not (mount / ALL / "new.heic.jpg").exists()
        item = home.simulator.change("add_item", filename="new.heic", mime_type="image/heic")

        mount.refresh(ALL)

        eventually((mount / ALL / "new.heic.jpg").exists)
        home.simulator.change("remove_item", item["id"])
        mount.refresh(ALL)
        eventually(lambda: not (mount / ALL / "new.heic.jpg").exists())


def test_archives_have_previews_without_a_sign_in(tmp_path: Path) -> None:
    """Made here, once; a copy is exact though nobody knew a size before it."""
    world = World(
        3, items=12, pixels_max=1_000_000, kinds={"image/jpeg": 2, "image/png": 1, "video/mp4": 1}
    )
    made = export(world, tmp_path, Quirks(parts=2))
    home = Alone(tmp_path)
    home.run("takeout", "add", *made.paths)
    with home.mounted("-o", "previews") as mount:
        assert all(path.stat().st_size for path in (mount / ALL).iterdir())
        sh("tar", "-C", mount / "previews/media", "-cf", tmp_path / "all.tar", "all")
        sh("cp", "-r", mount / ALL, tmp_path / "copied")
        for path in made.paths:
            path.rename(path.with_suffix(".gone"))
        again = contents(mount / ALL)
        total = sh("du", "-sbL", mount / ALL).split()[0]

    copied = contents(tmp_path / "copied")
    assert len(copied) == sum(not item.is_video for item in world.items())
    assert copied == again
    assert total == str(sum(map(len, copied.values())))
    with tarfile.open(tmp_path / "all.tar") as tar:
        stored = {Path(one.name).name: tar.extractfile(one) for one in tar if one.isfile()}
        assert {name: file.read() for name, file in stored.items() if file} == copied
    for content in copied.values():
        with Image.open(io.BytesIO(content)) as image:
            image.load()
            assert image.format == "JPEG"
