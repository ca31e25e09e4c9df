import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gphotosfs import names

JPEG = "image/jpeg"
A_DAY_NS = 1_714_694_400 * names.NS  # 2024-05-03T00:00:00Z


@pytest.mark.parametrize(
    "filename, mime_type, shown",
    [
        ("IMG_0001.jpg", JPEG, "IMG_0001.jpg"),
        ("a/b.jpg", JPEG, "a／b.jpg"),
        ("a\x00b\nc\x7f.jpg", JPEG, "a␀b␊c␡.jpg"),
        (".", "", "．"),
        ("..", "", "．．"),
        ("..", JPEG, "．．.jpg"),
        (".hidden", JPEG, ".hidden.jpg"),
        ("Trip 2024.05.03", JPEG, "Trip 2024.05.03.jpg"),
        ("film", "video/mp4", "film.mp4"),
        ("clip.3gp", "video/3gpp", "clip.3gp"),
        ("what", "no/such-type", "what"),
        ("scan.DNG", JPEG, "scan.DNG"),
        ("e\u0301.jpg", JPEG, "é.jpg"),
        ("half \ud83d.jpg", JPEG, "half \ufffd.jpg"),
        ("", JPEG, "20240503_000000.jpg"),
    ],
)
def test_a_file_name_becomes_legal(filename: str, mime_type: str, shown: str) -> None:
    assert names.file_name(filename, mime_type, A_DAY_NS).decode() == shown


def test_a_year_before_1000_has_four_digits() -> None:
    assert names.file_name("", JPEG, -61_000_000_000 * names.NS).startswith(b"0036")


def test_an_item_without_a_name_and_a_time_has_a_name() -> None:
    assert names.file_name("", JPEG, None) == b"unnamed.jpg"


def test_a_long_name_is_cut_on_a_character_and_keeps_its_extension() -> None:
    name = names.file_name("ü" * 200 + ".jpeg", JPEG, None)

    assert name == ("ü" * 125 + ".jpeg").encode()


def test_a_tag_goes_before_the_extension() -> None:
    name = names.tagged(b"IMG_0001.jpg", "some id")

    assert name.startswith(b"IMG_0001 (")
    assert name.endswith(b").jpg")
    assert len(name) == len("IMG_0001 (k3f9qa).jpg")


def test_an_untitled_album_has_a_name() -> None:
    assert names.directory_name("") == b"Untitled"


@given(
    st.text(),
    st.sampled_from(["", JPEG, "video/mp4", "x"]),
    st.none() | st.integers(-(10**18), 10**19),
)
def test_every_name_is_legal(filename: str, mime_type: str, created_ns: int | None) -> None:
    name = names.file_name(filename, mime_type, created_ns)
    longer = names.tagged(name, filename, 52)
    for one in (name, longer, names.directory_name(filename)):
        assert 0 < len(one) <= 255
        assert one not in {b".", b".."}
        assert not set(one) & {0, ord("/")}
        assert unicodedata.is_normalized("NFC", one.decode())
    assert longer != name


@given(st.text(alphabet=st.characters(categories=["Cs", "L", "N", "Cc"])))
def test_half_surrogates_never_reach_a_name(text: str) -> None:
    names.directory_name(text).decode()
