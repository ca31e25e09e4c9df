"""Any library, exported with any quirks, is read back to exactly its albums, times and bytes."""

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.takeout.exports import Quirks
from gphotosfs.simulator.takeout.names import LANGUAGES
from tests.takeout_kit import tried

# Short and long, with and without an extension, with what is replaced and what is counted. A dash and
# letters at the end would say that it is somebody's edited copy, which only its own sidecar denies.
STEMS = st.one_of(
    st.sampled_from(["IMG_1", "IMG_1(1)", "PXL_2.MP", "R&D 100%", "a/b", "été", "e\u0301te\u0301"]),
    st.text(st.sampled_from("ab_ é😀.(1)&/~"), min_size=1, max_size=12),
    st.builds(str.__mul__, st.sampled_from(["x", "é", "😀", "漢", "ab "]), st.integers(20, 90)),
)  # fmt: skip
TITLES = st.builds(
    lambda stem, ending: stem + ending,
    STEMS,
    st.sampled_from([".jpg", ".JPG", ".HEIC", ".png", ""]),
)
TIMES_S = st.one_of(
    st.integers(-(10**9), 10**9), st.integers(1_500_000_000, 1_700_000_000), st.none()
)
ALBUMS = st.lists(
    st.tuples(
        st.sampled_from(
            ["Rome", "Rome", "ROME", "R/me", "Rome(1)", "", "Été", "😀" * 40, "Photos 2020"]
        ),
        st.lists(st.integers(0, 99), max_size=6),
    ),
    max_size=5,
)
PLAIN = st.builds(
    Quirks,
    layout=st.sampled_from([2019, 2024, 2026]),
    language=st.sampled_from(sorted(LANGUAGES)),
    parts=st.integers(1, 4),
    scattered=st.booleans(),
    repeated=st.booleans(),
    uncut_sidecars=st.booleans(),
    mixed_sidecars=st.booleans(),
    decomposed=st.booleans(),
    album_sidecars=st.booleans(),
    album_pictures=st.booleans(),
    album_json=st.sampled_from(["whole", "title"]),
    other_json=st.booleans(),
    trash_every=st.sampled_from([0, 3]),
    ampersands=st.booleans(),
    takeout_level=st.booleans(),
    photos_root=st.booleans(),
    deflated=st.booleans(),
    zip64=st.booleans(),
    descriptors=st.booleans(),
    packed=st.sampled_from(["zip", "zip", "tgz"]),
)


# In 2019's layout `IMG_1(1).JPG.json` is the sidecar of a title with a counter of its own, or of the second
# `IMG_1.JPG`; and the other photo's title has no extension at all. It failed once.
@example(
    items=[("IMG_1(1)", None), ("IMG_1(1).JPG", None)],
    albums=[("Rome", [0, 1])],
    quirks=Quirks(
        layout=2019,
        language="de",
        parts=1,
        scattered=False,
        album_sidecars=False,
        album_pictures=False,
        ampersands=False,
        takeout_level=False,
        photos_root=False,
    ),
)
@settings(deadline=None, max_examples=100)
@given(items=st.lists(st.tuples(TITLES, TIMES_S), max_size=12), albums=ALBUMS, quirks=PLAIN)
def test_any_titles_and_any_quirks(
    items: list[tuple[str, int | None]], albums: list[tuple[str, list[int]]], quirks: Quirks
) -> None:
    world = World(items=0, album_sizes=(), cheap_bytes=True)
    made = [
        world.add_item(
            filename=title,
            created_ns=None if taken_s is None else taken_s * 10**9,
            size_bytes=5000 + number,
        )
        for number, (title, taken_s) in enumerate(items)
    ]
    for title, members in albums:
        ids = [made[number % len(made)].id for number in members] if made else []
        if ids:
            world.new_album(title, dict.fromkeys(ids))

    with tempfile.TemporaryDirectory() as folder:
        assert tried(world, Path(folder), quirks) == ([], [])


@settings(deadline=None, max_examples=50)
@given(
    seed=st.integers(1, 1000),
    quirks=PLAIN,
    edited=st.integers(0, 4),
    motion=st.integers(0, 4),
    counters=st.booleans(),
)
def test_any_library_with_edited_copies_and_moving_parts(
    seed: int, quirks: Quirks, edited: int, motion: int, counters: bool
) -> None:
    world = World(seed, items=25, cheap_bytes=True, photo_bytes=8000, video_bytes=9000)
    parts = replace(quirks, edited_every=edited, motion_every=motion, edited_counters=counters)

    with tempfile.TemporaryDirectory() as folder:
        assert tried(world, Path(folder), parts) == ([], [])
