"""Thumbnails on disk: GLib's URIs, texts of every language, and a folder that others share."""

import ctypes
import io
import itertools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from gphotosfs import pictures
from gphotosfs.desktop.thumbnail_files import Pictured, ThumbnailFiles, ours, uri_of
from gphotosfs.names import NS


def png() -> bytes:
    """One black pixel."""
    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, "PNG")
    return file.getvalue()


PNG = png()

# A path's names: any bytes but NUL and the slash. GLib is not asked for what no path can hold.
PATHS = st.lists(
    st.binary(min_size=1, max_size=20).map(lambda name: name.translate(None, b"\0/")).filter(bool),
    min_size=1,
    max_size=4,
).map(lambda names: b"/" + b"/".join(names))

KEYWORDS = st.text(st.characters(min_codepoint=32, max_codepoint=255), min_size=1, max_size=79)
TEXTS = st.dictionaries(KEYWORDS, st.text(st.characters(exclude_characters="\0")), max_size=5)


@pytest.fixture(scope="module")
def glib_uri() -> Callable[[bytes], str]:
    """GLib's own `g_filename_to_uri`."""
    to_uri = ctypes.CDLL("libglib-2.0.so.0").g_filename_to_uri
    to_uri.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
    to_uri.restype = ctypes.c_char_p
    return lambda path: to_uri(path, None, None).decode("ascii")


@given(path=PATHS)
@example(path=b"/" + bytes(set(range(1, 256)) - {ord("/")}))
def test_any_path_has_the_uri_that_glib_gives_it(
    path: bytes, glib_uri: Callable[[bytes], str]
) -> None:
    assert uri_of(path) == glib_uri(path)


@given(texts=TEXTS, before=TEXTS)
def test_texts_of_any_language_come_back(texts: dict[str, str], before: dict[str, str]) -> None:
    """And Pillow, which reads them as libpng does, finds the same ones."""
    png = pictures.with_text(pictures.with_text(PNG, before), texts)

    assert pictures.texts_of(png) == texts
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        assert {key: str(text) for key, text in image.info.items()} == texts


@given(png=st.binary(max_size=200).map(lambda rest: PNG[:8] + rest), cut=st.integers(0, 200))
def test_any_bytes_behind_the_signature_are_survived(png: bytes, cut: int) -> None:
    assert isinstance(pictures.texts_of(png), dict)
    assert isinstance(pictures.texts_of(PNG[: 8 + cut]), dict)


PHOTOS = [b"/mnt/a/1.jpg", b"/mnt/a/2.jpg", b"/mnt/b/1.jpg", b"/mnt2/a/1.jpg"]
TIMES = [-5 * NS, 0, 7 * NS, 7 * NS + 250_000_000]
SIZES = [128, 256, 512]


@dataclass(frozen=True)
class Step:
    act: str
    path: bytes
    source: bytes
    mtime_ns: int
    sizes_px: list[int]


STEPS = st.builds(
    Step,
    st.sampled_from(["write", "copy", "remove"]),
    st.sampled_from(PHOTOS),
    st.sampled_from(PHOTOS),
    st.sampled_from(TIMES),
    st.lists(st.sampled_from(SIZES), min_size=1, unique=True),
)


@given(st.lists(STEPS, max_size=12))
def test_any_sequence_agrees_with_a_dict(steps: list[Step]) -> None:
    """A thumbnail is there if it was written or copied, and not removed since; a second is a time."""
    there: dict[tuple[bytes, int], int] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "thumbnails"
        files = ThumbnailFiles(folder, "default")
        for step in steps:
            pictured = Pictured(uri_of(step.path), step.mtime_ns)
            made: list[int] = []
            if step.act == "write":
                assert files.write(pictured, dict.fromkeys(step.sizes_px, PNG))
                made = step.sizes_px
            elif step.act == "copy":
                made = [
                    s for s in step.sizes_px if there.get((step.source, s)) == step.mtime_ns // NS
                ]
                assert files.copy(uri_of(step.source), pictured, step.sizes_px) == made
            else:
                paths = {files.path(uri_of(path), size_px) for path, size_px in there}
                assert set(ours(folder, "default")) == paths
                for path in paths:
                    path.unlink()
                there = {}
            there |= dict.fromkeys([(step.path, size_px) for size_px in made], step.mtime_ns // NS)
        for photo, mtime_ns in itertools.product(PHOTOS, TIMES):
            missing = [
                size_px for size_px in SIZES if there.get((photo, size_px)) != mtime_ns // NS
            ]
            assert files.missing(SIZES, uri_of(photo), mtime_ns) == missing
