"""What previews are called: a name made of the original's alone, and each of another."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gphotosfs import names
from gphotosfs.limits import NAME_MAX_BYTES

STEMS = st.one_of(
    st.sampled_from(
        ["IMG_1", "IMG_1 (k3f9qa)", "com.android.chrome", "IMG_1.", "", "a.heic", "～"]
    ),
    st.text(st.sampled_from("ab. é😀~"), max_size=8),
    st.builds(str.__mul__, st.sampled_from(["x", "é", "😀"]), st.integers(50, 255)),
)
ENDINGS = st.lists(
    st.sampled_from(
        [".jpg", ".JPG", ".jpeg", ".heic", ".HEIC", ".png", ".dng", ".", "..jpg", ".x"]
    ),
    max_size=4,
)


def legal(stem: str, endings: list[str]) -> bytes:
    text = (stem + "".join(endings)) or "x"
    return text.encode()[:NAME_MAX_BYTES].decode("utf-8", "ignore").encode()


NAMES = st.builds(legal, STEMS, ENDINGS)


@pytest.mark.parametrize(
    "name, preview",
    [
        ("IMG_1.jpg", "IMG_1.jpg"),
        ("IMG_1.JPEG", "IMG_1.JPEG"),
        (
            "Screenshot_20240503_com.android.chrome.jpg",
            "Screenshot_20240503_com.android.chrome.jpg",
        ),
        ("IMG_1.HEIC", "IMG_1.HEIC.jpg"),
        ("IMG_1.png", "IMG_1.png.jpg"),
        ("IMG_1.HEIC.jpg", "IMG_1.HEIC.jpg.jpg"),
        ("unknown", "unknown..jpg"),
        ("unknown..jpg", "unknown..jpg.jpg"),
    ],
)
def test_a_jpeg_keeps_its_name_and_others_get_an_ending(name: str, preview: str) -> None:
    assert names.preview_name(name.encode()).decode() == preview


@example(first=b"a.heic", second=b"a.heic.jpg")
@example(first=b"a", second=b"a..jpg")
@example(first=b"a", second=b"a.")
@given(first=NAMES, second=NAMES)
def test_two_names_never_make_the_same(first: bytes, second: bytes) -> None:
    assert first == second or names.preview_name(first) != names.preview_name(second)


@given(name=NAMES)
def test_a_previews_name_is_legal_ends_as_a_jpeg_and_leads_back(name: bytes) -> None:
    preview = names.preview_name(name)

    assert len(preview) <= NAME_MAX_BYTES
    assert preview.decode().lower().endswith((".jpg", ".jpeg", ".jpe"))
    head = names.cut_previews_head(preview)
    if head is None:
        assert names.previewed_name(preview) == name
    else:
        assert name.startswith(head)


@given(name=st.one_of(NAMES, st.binary(min_size=1, max_size=255)))
def test_no_name_leads_to_two(name: bytes) -> None:
    """Whatever a program asks for."""
    original = names.previewed_name(name)
    assert original is None or names.preview_name(original) == name
