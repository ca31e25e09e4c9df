"""GLib itself says whether it would draw a thumbnail of ours: GNOME, Xfce and Cinnamon ask it."""

import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from gphotosfs import pictures
from gphotosfs.desktop.thumbnail_files import Pictured, ThumbnailFiles, uri_of


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
        assert shutil.which("gio"), "gio is not installed (Debian: libglib2.0-bin)"
        ran = subprocess.run(
            ["gio", "info", "-a", "thumbnail::*", path],
            env=os.environ | {"XDG_CACHE_HOME": str(self._folder / "cache"), "LC_ALL": "C.UTF-8"},
            check=True,
            capture_output=True,
        )
        pairs = (line.strip().partition(b": ") for line in ran.stdout.splitlines())
        return {key: value for key, _, value in pairs if key.startswith(b"thumbnail::")}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize(
    "name, mtime_ns",
    [
        pytest.param(b"IMG_0001.jpg", 1_714_694_400_999_999_999, id="plain"),
        pytest.param("Grüße; (1) ~ '100%' #?.jpg".encode(), 10**18, id="odd characters"),
        pytest.param(b"\xff\xfe.jpg", 10**18, id="no UTF-8"),
        pytest.param(b"old.jpg", -(10**18) - 500_000_000, id="before 1970"),
        pytest.param(b"far.jpg", 4_102_444_800 * 10**9, id="after 2038"),
    ],
)
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
