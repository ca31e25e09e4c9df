"""Those who draw thumbnails say whether they would draw ours: GLib for GNOME, Tumbler for Xfce."""

import contextlib
import io
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jeepney import DBusAddress, MatchRule, new_method_call
from jeepney.io.blocking import open_dbus_connection
from PIL import Image

from gphotosfs import pictures
from gphotosfs.desktop.thumbnail_files import Pictured, ThumbnailFiles, uri_of

PATIENCE_S = 150.0
"""Tumbler runs at the lowest priority: one second on an idle machine, 25 on a busy one."""


class Home:
    """A home with one photo, and what `gio` says of its thumbnail there."""

    def __init__(self, folder: Path) -> None:
        self.files = ThumbnailFiles(folder / "cache" / "thumbnails", "default")
        self._folder = folder

    def photo(self, name: bytes, mtime_ns: int) -> Path:
        path = self._folder / os.fsdecode(name)
        image = io.BytesIO()
        Image.new("RGB", (400, 300), "teal").save(image, "JPEG")
        path.write_bytes(image.getvalue())
        os.utime(path, ns=(mtime_ns, mtime_ns))
        return path

    def write(self, path: Path, *, later_s: int = 0, larger_bytes: int = 0) -> Path:
        """Our thumbnail of a photo as it is, or as it is not."""
        pngs = pictures.thumbnail_pngs(path.read_bytes(), [256])
        status = path.stat()
        pictured = Pictured(
            uri_of(bytes(path)),
            status.st_mtime_ns + later_s * 10**9,
            mime_type="image/jpeg",
            size_bytes=status.st_size + larger_bytes,
            width_px=400,
            height_px=300,
        )
        assert self.files.write(pictured, pngs)
        return self.files.path(pictured.uri, 256)

    def gio(self, path: Path) -> dict[bytes, bytes]:
        """What GLib says of a photo's thumbnail."""
        require("gio")
        ran = subprocess.run(
            ["gio", "info", "-a", "thumbnail::*", path],
            env=self.environment,
            check=True,
            capture_output=True,
        )
        pairs = (line.strip().partition(b": ") for line in ran.stdout.splitlines())
        return {key: value for key, _, value in pairs if key.startswith(b"thumbnail::")}

    @property
    def environment(self) -> dict[str, str]:
        """Everything in the test's own folder, and no other program than the one that is asked."""
        return os.environ | {
            "HOME": str(self._folder),
            "XDG_CACHE_HOME": str(self._folder / "cache"),
            "XDG_RUNTIME_DIR": str(self._folder),
            "GIO_USE_VFS": "local",
            "GIO_USE_VOLUME_MONITOR": "unix",
            "LC_ALL": "C.UTF-8",
        }


def require(program: str) -> None:
    """CI has all of them (.ci/setup); a person's machine may do without."""
    if shutil.which(program) is None:
        assert "CI" not in os.environ, f"{program} is missing"
        pytest.skip(f"{program} is not installed")


@contextlib.contextmanager
def tumbler(home: Home) -> Iterator[Callable[[list[Path]], None]]:
    """Xfce's thumbnailer in a session of its own; the function has it look at photos, and waits."""
    require("dbus-daemon")
    if not Path("/usr/share/dbus-1/services/org.xfce.Tumbler.Thumbnailer1.service").exists():
        assert "CI" not in os.environ, "tumbler is missing"
        pytest.skip("tumbler is not installed")
    thumbnailer = DBusAddress(
        "/org/freedesktop/thumbnails/Thumbnailer1",
        "org.freedesktop.thumbnails.Thumbnailer1",
        "org.freedesktop.thumbnails.Thumbnailer1",
    )

    def look_at(photos: list[Path]) -> None:
        uris = [uri_of(bytes(photo)) for photo in photos]
        arguments = (uris, ["image/jpeg"] * len(photos), "large", "default", 0)
        queue = new_method_call(thumbnailer, "Queue", "asasssu", arguments)
        finished = MatchRule(type="signal", interface=thumbnailer.interface, member="Finished")
        with open_dbus_connection(address) as connection, connection.filter(finished) as signals:
            connection.send_and_get_reply(queue, timeout=PATIENCE_S)
            connection.recv_until_filtered(signals, timeout=PATIENCE_S)

    with subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address"],
        env=home.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as bus:
        assert bus.stdout is not None
        address = bus.stdout.readline().strip()
        try:
            yield look_at
        finally:
            bus.terminate()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


NAMES_AND_TIMES = {
    "plain": (b"IMG_0001.jpg", 10**18),
    "within a second": (b"IMG_0002.jpg", 1_714_694_400_999_999_999),
    "odd characters": ("Grüße; (1) ~ '100%' #?.jpg".encode(), 10**18),
    "no UTF-8": (b"\xff\xfe.jpg", 10**18),
    "before 1970": (b"old.jpg", -(10**18) - 500_000_000),
    "after 2038": (b"far.jpg", 4_102_444_800 * 10**9),
}


@pytest.mark.parametrize("name, mtime_ns", NAMES_AND_TIMES.values(), ids=NAMES_AND_TIMES)
def test_glib_draws_our_thumbnail(home: Home, name: bytes, mtime_ns: int) -> None:
    path = home.photo(name, mtime_ns)
    written = home.write(path)

    assert home.gio(path) == {
        b"thumbnail::path": os.fsencode(written),
        b"thumbnail::is-valid": b"TRUE",
    }


@pytest.mark.parametrize("later_s, larger_bytes", [(1, 0), (-1, 0), (0, 1)])
def test_glib_sees_that_a_thumbnail_is_stale(home: Home, later_s: int, larger_bytes: int) -> None:
    """So a size that is not exact must not be written."""
    path = home.photo(b"IMG_0001.jpg", 10**18)
    home.write(path, later_s=later_s, larger_bytes=larger_bytes)

    assert home.gio(path)[b"thumbnail::is-valid"] == b"FALSE"


def test_glib_draws_a_copy(home: Home) -> None:
    first, second = home.photo(b"a.jpg", 10**18), home.photo(b"b.jpg", 10**18)
    home.write(first)

    assert home.files.copy(
        uri_of(bytes(first)), Pictured(uri_of(bytes(second)), 10**18), [256]
    ) == [256]

    assert home.gio(second)[b"thumbnail::is-valid"] == b"TRUE"


def test_tumbler_makes_no_thumbnail_where_ours_is(home: Home) -> None:
    """And one where ours is stale, so it was really asked."""
    photos = [home.photo(*each) for each in NAMES_AND_TIMES.values()]
    written = [home.write(photo) for photo in photos]
    stale = home.photo(b"stale.jpg", 10**18)
    replaced = home.write(stale, later_s=1)

    with tumbler(home) as look_at:
        look_at([*photos, stale])

    assert [pictures.texts_of(path.read_bytes())["Software"] for path in written] == [
        "gphotosfs"
    ] * 6
    assert "Software" not in pictures.texts_of(replaced.read_bytes())
