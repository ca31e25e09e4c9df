import io
import logging
from pathlib import Path

import pytest
from PIL import Image

from gphotosfs import pictures
from gphotosfs.desktop.thumbnail_files import Pictured, ThumbnailFiles, ours, uri_of
from gphotosfs.names import NS

A_URI = "file:///home/ada/Photos/albums/Paris/IMG_0001.jpg"
TIME_NS = 5 * NS
B_URI = "file:///home/ada/Photos/media/all/IMG_0001.jpg"


def jpeg(width: int = 400, height: int = 300) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def pngs() -> dict[int, bytes]:
    return pictures.thumbnail_pngs(jpeg(), [128, 256])


@pytest.fixture
def files(tmp_path: Path) -> ThumbnailFiles:
    return ThumbnailFiles(tmp_path / "thumbnails", "default")


def test_a_thumbnail_is_found_where_the_specification_says(
    files: ThumbnailFiles, pngs: dict[int, bytes], tmp_path: Path
) -> None:
    """The example of the specification: its URI and its MD5."""
    uri = "file:///home/jens/photos/me.png"

    assert files.write(Pictured(uri, 1_714_694_400 * NS), pngs)

    name = "c6ee772d9e49320e97ec29a7eb5b1697.png"
    for size in ("normal", "large"):
        path = tmp_path / "thumbnails" / size / name
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "thumbnails").stat().st_mode & 0o777 == 0o700


def test_who_comes_through_a_link_finds_it_as_well(tmp_path: Path, pngs: dict[int, bytes]) -> None:
    """GLib takes the path as it is, and asks for no other."""
    links = {Path("/mnt/Photos"): [Path("/home/ada/My photos"), Path("/srv/p")]}
    files = ThumbnailFiles(tmp_path / "thumbnails", "default", links)

    files.write(Pictured("file:///mnt/Photos/a%20b.jpg", TIME_NS), pngs)
    files.write(Pictured("file:///mnt/Photos%202/c.jpg", TIME_NS), pngs)

    uris = ("mnt/Photos/a%20b.jpg", "home/ada/My%20photos/a%20b.jpg", "srv/p/a%20b.jpg")
    for uri in (f"file:///{path}" for path in uris):
        assert files.missing([128, 256], uri, TIME_NS) == []
    assert len(list((tmp_path / "thumbnails/normal").iterdir())) == 4


@pytest.mark.parametrize(
    "path, uri",
    [
        (b"/home/ada/a b.jpg", "file:///home/ada/a%20b.jpg"),
        ("/home/ada/Grüße.jpg".encode(), "file:///home/ada/Gr%C3%BC%C3%9Fe.jpg"),
        (b"/m/IMG_1 (k3f9qa).jpg", "file:///m/IMG_1%20(k3f9qa).jpg"),
        (b"/m/Ada's ~ photos.jpg", "file:///m/Ada's%20~%20photos.jpg"),
        (b"/m/100%.jpg", "file:///m/100%25.jpg"),
        (b"/m/a;b?c#d.jpg", "file:///m/a%3Bb%3Fc%23d.jpg"),
        (b"/m/!$&'()*+,-.:=@_~", "file:///m/!$&'()*+,-.:=@_~"),
        (b'/m/"<>[\\]^`{|}', "file:///m/%22%3C%3E%5B%5C%5D%5E%60%7B%7C%7D"),
        (b"/m/\xff\xfe\x01\x7f", "file:///m/%FF%FE%01%7F"),
        ("/m/AC／DC ␀.jpg".encode(), "file:///m/AC%EF%BC%8FDC%20%E2%90%80.jpg"),
    ],
)
def test_uris_are_those_of_glib(path: bytes, uri: str) -> None:
    """Recorded from `g_filename_to_uri` of GLib 2.74; a test of any path asks GLib itself."""
    assert uri_of(path) == uri


def test_kde_finds_a_thumbnail_whose_name_it_writes_otherwise(
    files: ThumbnailFiles, pngs: dict[int, bytes], tmp_path: Path
) -> None:
    uri = uri_of(b"/m/a;b [1] %3B.jpg")
    kde_uri = "file:///m/a;b%20[1]%20%253B.jpg"

    files.write(Pictured(uri, TIME_NS), {128: pngs[128]})

    assert files.missing([128], uri, TIME_NS) == files.missing([128], kde_uri, TIME_NS) == []
    assert len(list(ours(tmp_path / "thumbnails", "default"))) == 2


def test_a_time_before_1970_is_written_as_glib_compares_it(
    files: ThumbnailFiles, pngs: dict[int, bytes]
) -> None:
    """Scans of old photos; KDE writes the number with its sign, and that is good as well."""
    files.write(Pictured(A_URI, -5 * NS), {128: pngs[128]})
    path = files.path(A_URI, 128)

    assert pictures.texts_of(path.read_bytes())["Thumb::MTime"] == "18446744073709551611"
    assert files.missing([128], A_URI, -5 * NS) == []

    path.write_bytes(pictures.with_text(pngs[128], {"Thumb::URI": A_URI, "Thumb::MTime": "-5"}))
    assert files.missing([128], A_URI, -5 * NS) == []


def test_a_fraction_of_a_second_is_there_for_who_looks_for_it(
    files: ThumbnailFiles, pngs: dict[int, bytes]
) -> None:
    """GLib wants whole seconds, and knows tEXt alone; Tumbler takes the first of any kind."""
    time_ns = 1_714_694_400_123_456_789
    files.write(Pictured(A_URI, time_ns), pngs)
    png = files.path(A_URI, 128).read_bytes()

    assert pictures.texts_of(png)["Thumb::MTime"] == "1714694400"
    first, second = (png.index(kind + b"Thumb::MTime\0") for kind in (b"iTXt", b"tEXt"))
    assert b"1714694400.123456" in png[first:second]
    assert files.missing([128], A_URI, time_ns) == []


def test_what_tumbler_wrote_is_good(files: ThumbnailFiles, pngs: dict[int, bytes]) -> None:
    files.write(Pictured(A_URI, TIME_NS), {128: pngs[128]})
    texts = {"Thumb::URI": A_URI, "Thumb::MTime": "5.000000"}
    files.path(A_URI, 128).write_bytes(pictures.with_text(pngs[128], texts))

    assert files.missing([128], A_URI, TIME_NS) == []


def test_a_foreign_thumbnail_is_as_good_as_ours(
    files: ThumbnailFiles, pngs: dict[int, bytes], tmp_path: Path
) -> None:
    (tmp_path / "thumbnails" / "normal").mkdir(parents=True)
    texts = {"Thumb::URI": A_URI, "Thumb::MTime": "5", "Software": "GNOME::ThumbnailFactory"}
    files.path(A_URI, 128).write_bytes(pictures.with_text(pngs[128], texts))

    assert files.missing([128, 256], A_URI, TIME_NS) == [256]
    assert files.copy(A_URI, Pictured(B_URI, TIME_NS), [128, 256]) == [128]


def test_a_thumbnail_of_other_bytes_is_none(files: ThumbnailFiles, pngs: dict[int, bytes]) -> None:
    """As GLib sees it: the time of a photo that was edited is the same."""
    files.write(Pictured(A_URI, TIME_NS, size_bytes=300), {128: pngs[128]})
    assert files.missing([128], A_URI, TIME_NS, 300) == files.missing([128], A_URI, TIME_NS) == []
    assert files.missing([128], A_URI, TIME_NS, 301) == [128]
    assert files.copy(A_URI, Pictured(B_URI, TIME_NS, size_bytes=301), [128]) == []

    files.write(Pictured(A_URI, TIME_NS), {128: pngs[128]})
    assert files.missing([128], A_URI, TIME_NS, 301) == []


def test_a_thumbnail_says_itself_of_which_file_it_is(
    files: ThumbnailFiles, pngs: dict[int, bytes]
) -> None:
    files.write(Pictured(A_URI, TIME_NS), {128: pngs[128]})
    files.path(A_URI, 128).rename(files.path(B_URI, 128))

    assert files.missing([128], B_URI, TIME_NS) == [128]


@pytest.mark.parametrize("content", [b"", b"not a PNG", b"\x89PNG\r\n\x1a\n"])
def test_a_broken_thumbnail_is_none(
    files: ThumbnailFiles, pngs: dict[int, bytes], content: bytes
) -> None:
    files.write(Pictured(A_URI, TIME_NS), {128: pngs[128]})
    files.path(A_URI, 128).write_bytes(content)

    assert files.missing([128], A_URI, TIME_NS) == [128]
    assert files.copy(A_URI, Pictured(B_URI, TIME_NS), [128]) == []
    assert files.write(Pictured(A_URI, TIME_NS), {128: pngs[128]})
    assert files.missing([128], A_URI, TIME_NS) == []


def test_two_threads_that_meet_a_disk_in_trouble_tell_of_it_once(
    tmp_path: Path, pngs: dict[int, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "thumbnails").write_text("no folder")
    files = ThumbnailFiles(tmp_path / "thumbnails", "default")

    def write_meanwhile(_: logging.LogRecord) -> bool:
        log.removeFilter(write_meanwhile)
        assert not files.write(Pictured(B_URI, TIME_NS), pngs)
        return True

    log = logging.getLogger("gphotosfs.desktop.thumbnail_files")
    log.addFilter(write_meanwhile)
    assert not files.write(Pictured(A_URI, TIME_NS), pngs)

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    caplog.clear()


def test_what_cannot_be_written_is_told_once(
    tmp_path: Path, pngs: dict[int, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """A file stands where the folder should be; once that is over, the next trouble is news."""
    folder = tmp_path / "thumbnails"
    folder.touch()
    files = ThumbnailFiles(folder, "default")

    assert [files.write(Pictured(A_URI, TIME_NS), pngs) for _ in range(3)] == [False] * 3
    assert files.missing([128], A_URI, TIME_NS) == [128]
    assert files.sizes_in_use() == [128, 256]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    caplog.clear()

    folder.unlink()
    assert files.write(Pictured(A_URI, TIME_NS), pngs)


def test_nothing_unfinished_is_left(
    files: ThumbnailFiles, pngs: dict[int, bytes], tmp_path: Path
) -> None:
    files.write(Pictured(A_URI, TIME_NS), pngs)

    names = [path.name for path in (tmp_path / "thumbnails").rglob("*") if path.is_file()]
    assert names == [files.path(A_URI, 128).name] * 2


def test_a_thumbnail_is_missing_unless_file_and_time_are_the_same(
    files: ThumbnailFiles, pngs: dict[int, bytes]
) -> None:
    files.write(Pictured(A_URI, TIME_NS), {128: pngs[128]})

    assert files.missing([128, 256], A_URI, TIME_NS) == [256]
    assert files.missing([128], A_URI, TIME_NS + NS) == [128]
    assert files.missing([128], B_URI, TIME_NS) == [128]


def test_a_copy_differs_in_its_texts_alone(files: ThumbnailFiles, pngs: dict[int, bytes]) -> None:
    files.write(Pictured(A_URI, TIME_NS), pngs)

    assert files.copy(A_URI, Pictured(B_URI, TIME_NS, "image/jpeg", 1234), [128, 256, 512]) == [
        128,
        256,
    ]

    assert files.missing([128, 256], B_URI, TIME_NS) == []
    copied = files.path(B_URI, 256).read_bytes()
    assert pictures.texts_of(copied)["Thumb::Size"] == "1234"
    assert pictures.with_text(copied, {}) == pictures.with_text(pngs[256], {})


def test_ours_are_those_of_this_profile(
    files: ThumbnailFiles, pngs: dict[int, bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "thumbnails"
    files.write(Pictured(A_URI, TIME_NS), pngs)
    ThumbnailFiles(folder, "work").write(Pictured(B_URI, TIME_NS), pngs)
    foreign = folder / "normal" / "foreign.png"
    foreign.write_bytes(pictures.with_text(pngs[128], {"Software": "GNOME::ThumbnailFactory"}))

    unfinished = folder / "normal" / ".gphotosfs-k3f9qa"
    unfinished.touch()

    assert set(ours(folder, "default")) == {
        files.path(A_URI, 128), files.path(A_URI, 256), unfinished,
    }  # fmt: skip


def test_sizes_in_use(files: ThumbnailFiles, pngs: dict[int, bytes], tmp_path: Path) -> None:
    """Always the usual two; a large one only where others use it."""
    assert files.sizes_in_use() == [128, 256]

    (tmp_path / "thumbnails" / "x-large").mkdir(parents=True)
    assert files.sizes_in_use() == [128, 256]

    foreign = tmp_path / "thumbnails" / "x-large" / "foreign.png"
    foreign.write_bytes(pictures.with_text(pngs[256], {"Software": "KDE Thumbnail Generator"}))
    assert files.sizes_in_use() == [128, 256, 512]

    files.write(Pictured(A_URI, TIME_NS), {512: pngs[256]})
    foreign.unlink()
    assert files.sizes_in_use() == [128, 256, 512]
