"""Thumbnails that are there before a program would read a photo to draw one."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gphotosfs.desktop.thumbnail_files import uri_of
from gphotosfs.pictures import texts_of
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.process import Running, running
from gphotosfs.simulator.takeout.exports import export
from tests.mount.mounting import HANG_GUARD_S, Home, Mount, counted, eventually, sh

pytestmark = pytest.mark.mount

ITEMS = 30


@pytest.fixture(scope="module")
def library() -> Iterator[Running]:
    """Photos and films in albums, which no test changes."""
    sizes = ("--photo-bytes", "200000", "--video-bytes", "600000", "--album-sizes", "20")
    with running("--items", str(ITEMS), "--cheap-bytes", *sizes) as simulator:
        yield simulator


@pytest.fixture
def home(tmp_path: Path, library: Running) -> Home:
    """A profile on it, that has asked for nothing yet."""
    library.clear_log()
    return Home(tmp_path, library)


def called(home: Home, name: str, program: str = "ls") -> str:
    """A program as one of another name."""
    path = home.folder / name
    if not path.exists():
        found = shutil.which(program)
        assert found is not None
        shutil.copy(found, path)
    return str(path)


def run(home: Home, *command: str | Path) -> str:
    """What a program of this user says."""
    done = subprocess.run(
        command, env=home.environment, check=True, capture_output=True, timeout=HANG_GUARD_S
    )
    return done.stdout.decode()


def look(home: Home, folder: Path, manager: str = "thunar") -> None:
    """Show a folder in a file manager."""
    run(home, called(home, manager), "-lU", folder)


def asked(simulator: Running) -> Counter[str]:
    """What base URLs were asked for: the method and the parameter."""
    rows = simulator.log("media")
    return Counter(f"{row['method']} {row['path'].rpartition('=')[2]}" for row in rows)


def uris(home: Home) -> set[str]:
    """What has thumbnails of both usual sizes."""
    cache = home.folder / "cache" / "thumbnails"
    found = [
        {texts_of(path.read_bytes())["Thumb::URI"] for path in cache.glob(f"{size}/*.png")}
        for size in ("normal", "large")
    ]
    return found[0] & found[1]


def has_all(home: Home, folder: Path) -> bool:
    """Whether every file in a folder has its thumbnails."""
    return {uri_of(bytes(path)) for path in folder.iterdir()} <= uris(home)


def album(mount: Mount) -> Path:
    """The only one."""
    return next((mount / "albums").iterdir())


def test_a_file_manager_costs_one_small_request_a_photo(home: Home, library: Running) -> None:
    """Neither the photos themselves are asked for, nor their sizes."""
    with home.mounted() as mount:
        look(home, mount / "media/all")
        eventually(lambda: has_all(home, mount / "media/all"))

    films = sum(item["mime_type"].startswith("video/") for item in library.items())
    assert films
    assert asked(library) == {"GET w256-h256": ITEMS - films, "GET w256-h256-no": films}


def test_gio_finds_thumbnails_with_the_first_look(home: Home, library: Running) -> None:
    """Nautilus asks as this does: what GIO names is drawn at once, and no thumbnailer starts."""
    nautilus = called(home, "nautilus", "gio")
    (home.folder / "cache/thumbnails/large").mkdir(parents=True)
    with home.mounted() as mount:
        listed = run(
            home, nautilus, "list", "-a", "thumbnail::path,thumbnail::is-valid", album(mount)
        )

    lines = listed.splitlines()
    assert len(lines) == 20
    assert all("thumbnails/large/" in line and "is-valid=TRUE" in line for line in lines), lines
    assert not any(key.endswith((" d", " dv")) for key in asked(library))


def test_who_comes_through_a_link_finds_thumbnails(home: Home, library: Running) -> None:
    """The disk of a machine may be mounted elsewhere, and the home or the folder in it be a link."""
    nautilus = called(home, "nautilus", "gio")
    (home.folder / "disk").mkdir()
    (home.folder / "link").symlink_to("disk")
    with home.mounted(at="link/My photos"):
        through = home.folder / "link" / "My photos"
        listed = run(home, nautilus, "list", "-a", "thumbnail::is-valid", through / "media/all")

    assert listed.count("is-valid=TRUE") == ITEMS, listed


@pytest.mark.parametrize("manager", ["nautilus", "dolphin", "pcmanfm", "nemo"])
def test_a_second_look_and_a_remount_cost_nothing(
    home: Home, library: Running, manager: str
) -> None:
    with home.mounted() as mount:
        look(home, album(mount), manager)
        eventually(lambda: has_all(home, album(mount)))
        with counted(library) as requests:
            look(home, album(mount), manager)
            assert requests().media == 0
    with home.mounted() as mount, counted(library) as requests:
        look(home, album(mount), manager)
        assert requests().media == 0


def test_a_file_manager_that_opens_each_file_reads_none(home: Home, library: Running) -> None:
    """Dolphin does, and wants no byte unless the name says no type: it costs their sizes alone."""
    dolphin = called(home, "dolphin", "bash")
    with home.mounted() as mount:
        run(home, dolphin, "-c", 'cd "$1" && for f in *; do exec 3< "$f"; done', "-", album(mount))

    requests = asked(library)
    assert requests["HEAD d"] + requests["HEAD dv"] == 20
    assert not any(key in ("GET d", "GET dv") for key in requests)


def test_who_wants_exact_sizes_has_them_in_a_file_manager_as_well(
    home: Home, library: Running
) -> None:
    """With `sizes=exact` a file manager is told no estimate: a request more for each photo."""
    nemo = called(home, "nemo", "stat")
    with home.mounted("-o", "sizes=exact") as mount:
        look(home, album(mount))
        paths = sorted(album(mount).iterdir())
        told = run(home, nemo, "-c", "%s", *paths).split()
        assert told == [str(len(path.read_bytes())) for path in paths]


def test_every_path_of_a_photo_gets_its_thumbnail_for_one_request(
    home: Home, library: Running
) -> None:
    with home.mounted() as mount:
        sh("ls", "-U", mount / "media/all", album(mount))
        look(home, album(mount))
        eventually(lambda: has_all(home, album(mount)))
        names = {path.name for path in album(mount).iterdir()}
        elsewhere = {p for p in (mount / "media").rglob("*.*") if p.name in names}
        eventually(lambda: {uri_of(bytes(path)) for path in elsewhere} <= uris(home))

    assert len(elsewhere) >= 4 * 20
    assert sum(asked(library).values()) == 20


def test_what_is_gone_at_google_leaves_no_thumbnail(tmp_path: Path) -> None:
    with running("--items", "3", "--cheap-bytes") as simulator:
        home = Home(tmp_path, simulator)
        with home.mounted() as mount:
            look(home, mount / "recent")
            eventually(lambda: has_all(home, mount / "recent"))
            before = {uri_of(bytes(path)) for path in (mount / "recent").iterdir()}
            simulator.change("remove_item", simulator.items()[0]["id"])
            mount.refresh("recent")
            after = {uri_of(bytes(path)) for path in (mount / "recent").iterdir()}
            assert len(after) == 2
            eventually(lambda: before & uris(home) == after)


def test_other_programs_cause_no_thumbnails(home: Home, library: Running) -> None:
    with home.mounted() as mount:
        sh("find", mount.path, "-ls")
        sh("ls", "-l", "--color=always", mount / "media/all")
        status = mount.status()

    assert uris(home) == set()
    assert status["thumbnails"]["made"] == status["thumbnails"]["waiting"] == 0
    assert set(asked(library)) == {"HEAD d", "HEAD dv"}


def test_stat_beside_a_file_manager_sees_exact_sizes(home: Home, library: Running) -> None:
    with home.mounted() as mount:
        look(home, album(mount))
        for path in album(mount).iterdir():
            assert sh("stat", "-c", "%s", path).strip() == str(len(path.read_bytes()))
    requests = asked(library)
    assert requests["HEAD d"] + requests["HEAD dv"] == 20


def test_a_thumbnailer_reads_the_true_bytes_and_ours_follow(home: Home, library: Running) -> None:
    reader = called(home, "gdk-pixbuf-thumbnailer", "sha256sum")
    with home.mounted() as mount:
        photo = next(path for path in album(mount).iterdir() if path.suffix == ".jpg")
        read = run(home, reader, photo).split()[0]
        eventually(lambda: uri_of(bytes(photo)) in uris(home))
        assert read == sh("sha256sum", photo).split()[0]


def test_a_second_mount_has_thumbnails_of_its_own_paths(home: Home, library: Running) -> None:
    """It asks the first one's daemon for the pictures."""
    with home.mounted(at="one"), home.mounted(at="two") as two:
        look(home, album(two))
        eventually(lambda: has_all(home, album(two)))

    assert all(f"file://{home.folder}/two/" in uri for uri in uris(home))


def test_a_mount_of_an_album_has_thumbnails_of_its_own_paths(home: Home) -> None:
    with home.mounted() as whole:
        title = album(whole).name
        with home.mounted(at="album", source=f"default:albums/{title}") as mount:
            look(home, mount.path)
            eventually(lambda: has_all(home, mount.path))

    assert all(f"file://{home.folder}/album/" in uri for uri in uris(home))


def test_photos_of_archives_get_thumbnails_without_a_network(tmp_path: Path) -> None:
    world = World(3, items=12, kinds={"image/jpeg": 1}, pixels_max=100_000)
    made = export(world, tmp_path)
    with running("--items", "0") as nothing:
        home = Home(tmp_path, nothing)
        home.run("takeout", "add", *made.paths)
        with home.mounted() as mount:
            look(home, mount / "media/all")
            eventually(lambda: has_all(home, mount / "media/all"))
            assert mount.status()["pictures"]["made_of_originals"] >= 12
        assert asked(nothing) == {}


def test_a_cache_that_can_not_be_written_disturbs_nobody(home: Home, library: Running) -> None:
    (home.folder / "cache").mkdir(exist_ok=True)
    (home.folder / "cache/thumbnails").write_text("no folder")
    with home.mounted(alarms=True) as mount:
        for _ in range(2):
            look(home, mount / "media/all")
        assert len(sh("ls", "-l", mount / "media/all").splitlines()) == 1 + ITEMS

    assert sum("thumbnails can't be kept" in line for line in home.log) == 1


@pytest.mark.parametrize("option", ["thumbnails=off", "allow_other"])
def test_no_thumbnails_are_made_where_that_is_not_wanted(
    home: Home, library: Running, option: str
) -> None:
    """Others have caches of their own, and must not find one person's photos there."""
    with home.mounted("-o", option) as mount:
        look(home, mount / "media/all")
        assert mount.status()["thumbnails"] == {}

    assert uris(home) == set()
    assert not any("w256" in key for key in asked(library))


def test_thumbnails_of_everything_where_others_look_are_refused_aloud(home: Home) -> None:
    with home.mounted("-o", "allow_other,thumbnails=all", alarms=True):
        pass

    assert sum("thumbnails=all is of no effect" in line for line in home.log) == 1


def test_everything_known_gets_thumbnails_if_that_is_wanted(home: Home, library: Running) -> None:
    with home.mounted("-o", "thumbnails=all") as mount:
        sh("ls", mount / "media/all")
        eventually(lambda: has_all(home, mount / "media/all"))
        status = mount.status()

    assert status["thumbnails"]["failed"] == 0
    assert sum(asked(library).values()) == ITEMS
