"""Habits of exports, each in the smallest archive that shows it: read wrong without its handling.

The reference, section 6. Together with test_takeout_exports.py, which makes whole exports.
"""

import json
from pathlib import Path

import pytest

from gphotosfs.takeout.inventory import Copies, Inventory
from gphotosfs.takeout.members import Notices
from tests.component.archives_kit import PHOTO, packed, told
from tests.takeout_kit import read_back

TITLE_BEGIN = "Screenshot_20230512_181530_com.example.app_wit"
"""46 units: as much of a title as a sidecar's name holds."""


def found_in(
    folder: Path, *members: tuple[str, bytes], notices: Notices | None = None
) -> Inventory:
    """What a zip with these members holds."""
    return read_back([Path(packed(folder / "takeout-20261101T120000Z-001.zip", *members))], notices)


def photo_in(folder: str, name: str, taken_s: int) -> list[tuple[str, bytes]]:
    """A photo that is like no other, with its sidecar."""
    path = f"{folder}/{name}"
    return [(path, PHOTO + path.encode()), (f"{path}.json", told(name, taken_s))]


def by_file(found: Inventory) -> dict[str, Copies]:
    """The items by the names of their files in the archive."""
    return {item.member.path.rpartition("/")[2]: item for item in found.items}


def titles(found: Inventory) -> list[str]:
    """The titles of the albums."""
    return sorted(album.title for album in found.albums)


def test_a_title_with_characters_that_no_name_may_have_finds_its_file_anywhere(
    tmp_path: Path,
) -> None:
    """The sidecar's own name says nothing: what was replaced is compared as replaced."""
    found = found_in(
        tmp_path,
        ("Photos from 2020/a_b_.jpg", PHOTO),
        ("Photos from 2020/1.json", told("a:b?.jpg", 5)),
    )
    assert by_file(found)["a_b_.jpg"].facts.taken_s == 5
    assert by_file(found)["a_b_.jpg"].title == "a:b?.jpg"


def test_the_title_tells_which_of_two_cut_names_is_meant(tmp_path: Path) -> None:
    """Both begin as the sidecar's name does; only what is written in it goes on."""
    found = found_in(
        tmp_path,
        (f"Photos from 2020/{TITLE_BEGIN}a.jpg", PHOTO),
        (f"Photos from 2020/{TITLE_BEGIN}b.jpg", PHOTO + b"b"),
        (f"Photos from 2020/{TITLE_BEGIN}.json", told(f"{TITLE_BEGIN}b_and_on.jpg", 7)),
    )
    assert by_file(found)[f"{TITLE_BEGIN}b.jpg"].facts.taken_s == 7
    assert by_file(found)[f"{TITLE_BEGIN}a.jpg"].facts.taken_s is None


def test_a_sidecar_without_a_title_is_known_by_its_cut_name(tmp_path: Path) -> None:
    found = found_in(
        tmp_path,
        ("Photos from 2020/IMG_1.jpg", PHOTO),
        ("Photos from 2020/IMG_1.jpg.supplemental-me.json", told("", 8)),
        (f"Photos from 2020/{TITLE_BEGIN}h.jpg", PHOTO + b"b"),
        (f"Photos from 2020/{TITLE_BEGIN}.json", told("", 9)),
    )
    assert by_file(found)["IMG_1.jpg"].facts.taken_s == 8
    assert by_file(found)[f"{TITLE_BEGIN}h.jpg"].facts.taken_s == 9


def test_an_edited_copy_of_a_cut_name_has_no_room_for_its_suffix(tmp_path: Path) -> None:
    """`-edited` is cut to its dash, or wholly, and the copy has a counter instead."""
    title = f"{TITLE_BEGIN}h_a_long_name.jpg"
    found = found_in(
        tmp_path,
        (f"Photos from 2020/{TITLE_BEGIN}h.jpg", PHOTO),
        (f"Photos from 2020/{TITLE_BEGIN}.json", told(title, 9)),
        (f"Photos from 2020/{TITLE_BEGIN}h(1).jpg", PHOTO + b", edited"),
    )
    copy = by_file(found)[f"{TITLE_BEGIN}h(1).jpg"]
    assert copy.facts.taken_s == 9
    assert copy.title == f"{TITLE_BEGIN}h_a_long_name-edited.jpg"


def test_a_known_suffix_is_one_whatever_its_case(tmp_path: Path) -> None:
    """`-EDITED` beside `IMG_1-2`, which is no edited copy of `IMG_1` but a name with a dash."""
    found = found_in(
        tmp_path,
        ("Photos from 2020/IMG_1.jpg", PHOTO),
        ("Photos from 2020/IMG_1.jpg.json", told("IMG_1.jpg", 1)),
        ("Photos from 2020/IMG_1-ha editado.jpg", PHOTO + b"1"),
        ("Photos from 2020/IMG_1-2.jpg", PHOTO + b"2"),
    )
    assert by_file(found)["IMG_1-ha editado.jpg"].facts.taken_s == 1
    assert by_file(found)["IMG_1-2.jpg"].facts.taken_s is None


def test_an_item_without_a_capture_time_is_no_album(tmp_path: Path) -> None:
    """Its JSON has a title, as an album's has; its address tells them apart."""
    sidecar = {"title": "IMG_1.jpg", "url": "https://photos.google.com/photo/AF1QipX"}
    found = found_in(
        tmp_path,
        ("Trip/IMG_1.jpg", PHOTO),
        ("Trip/IMG_1.jpg.json", json.dumps(sidecar).encode()),
        ("Trip/metadata.json", b'{"title": "A trip"}'),
    )
    assert titles(found) == ["A trip"]
    assert by_file(found)["IMG_1.jpg"].urls == {sidecar["url"]}


def test_a_place_without_bounds_is_none(tmp_path: Path) -> None:
    """JSON knows 1e999, Python makes infinity of it, and no file system shows that."""
    place = b'{"photoTakenTime": {"timestamp": "1"}, "title": "IMG_1.jpg", "geoData": '
    found = found_in(
        tmp_path,
        ("Photos from 2020/IMG_1.jpg", PHOTO),
        ("Photos from 2020/IMG_1.jpg.json", place + b'{"latitude": 1e999, "longitude": 2}}'),
    )
    assert by_file(found)["IMG_1.jpg"].facts.place is None


def test_a_sidecar_that_can_not_be_read_is_named_and_the_rest_is_served(tmp_path: Path) -> None:
    path = Path(
        packed(
            tmp_path / "takeout-20261101T120000Z-001.zip",
            ("Photos from 2020/a.jpg.json", told("a.jpg", 1)),
            ("Photos from 2020/a.jpg", PHOTO),
            ("Photos from 2020/b.jpg", PHOTO + b"b"),
            ("Photos from 2020/b.jpg.json", told("b.jpg", 2)),
        )
    )
    damaged = bytearray(path.read_bytes())
    damaged[0:2] = b"XX"  # the first member's own header
    path.write_bytes(damaged)
    notices = Notices()

    found = read_back([path], notices)

    assert by_file(found)["b.jpg"].facts.taken_s == 2
    assert by_file(found)["a.jpg"].facts.taken_s is None
    assert any("a.jpg.json" in line for line in notices)


def test_the_same_path_in_two_parts_is_one_file(tmp_path: Path) -> None:
    """And nothing is said of it, unless the parts disagree about its bytes."""
    member = ("Photos from 2020/a.jpg", PHOTO)
    sidecar = ("Photos from 2020/a.jpg.json", told("a.jpg", 1))
    paths = [
        Path(packed(tmp_path / f"takeout-20261101T120000Z-00{part}.zip", member, sidecar))
        for part in (1, 2)
    ]
    notices = Notices()

    found = read_back(paths, notices)

    assert len(found.items) == 1
    assert list(notices) == []


def test_a_sidecar_may_end_in_capitals(tmp_path: Path) -> None:
    found = found_in(
        tmp_path,
        ("Photos from 2020/IMG_1.JPG", PHOTO),
        ("Photos from 2020/IMG_1.JPG.JSON", told("IMG_1.JPG", 3)),
    )
    assert [(item.title, item.facts.taken_s) for item in found.items] == [("IMG_1.JPG", 3)]


def test_a_moving_part_that_is_alone_has_the_ending_of_a_film(tmp_path: Path) -> None:
    """The still is in another export; the sidecar is the still's."""
    found = found_in(
        tmp_path,
        ("Photos from 2020/IMG_1.MP4", PHOTO),
        ("Photos from 2020/IMG_1.HEIC.json", told("IMG_1.HEIC", 3)),
    )
    (film,) = found.items
    assert (film.title, film.role.value, film.mime_type) == ("IMG_1.MP4", "motion", "video/mp4")


def test_years_in_a_language_that_nobody_told_of_are_no_albums(tmp_path: Path) -> None:
    """The same words before several years, and nothing of another year within."""
    found = found_in(
        tmp_path,
        ("Lluniau o 2020/a.jpg", PHOTO),
        ("Lluniau o 2020/a.jpg.json", told("a.jpg", 1_590_000_000)),
        ("Lluniau o 2021/b.jpg", PHOTO + b"b"),
        ("Lluniau o 2021/b.jpg.json", told("b.jpg", 1_620_000_000)),
        ("Rome 2019/c.jpg", PHOTO + b"c"),
        ("Rome 2019/c.jpg.json", told("c.jpg", 1_560_000_000)),
    )
    assert titles(found) == ["Rome 2019"]


@pytest.mark.parametrize("words", ["Foton från {}", "{} 年の写真", "{}년 사진", "Zdjęcia z {} r."])
def test_years_are_years_wherever_the_words_stand_and_whatever_the_zone(
    tmp_path: Path, words: str
) -> None:
    """Google goes by the camera's zone: New Year's Eve in New York is the next year in UTC."""
    members = []
    for year, begin_s in ((2020, 1_577_836_800), (2021, 1_609_459_200)):
        members += photo_in(words.format(year), f"eve-{year}.jpg", begin_s - 3600)
        members += photo_in(words.format(year), f"{year}.jpg", begin_s + 10**7)
    found = found_in(tmp_path, *members)
    assert titles(found) == []
    assert len(found.items) == 4


def test_albums_that_are_called_alike_are_no_years_beside_those(tmp_path: Path) -> None:
    """Their JSON may be missing. Every photo lies in a year's folder, so years are more."""
    members = []
    for words, years in (("Christmas", (2019, 2020)), ("Lluniau o", (2018, 2019, 2020))):
        for year in years:
            taken_s = 1_546_300_800 + (year - 2019) * 31_557_600 + 10**7
            members += photo_in(f"{words} {year}", f"{words}.jpg", taken_s)
    found = found_in(tmp_path, *members)
    assert titles(found) == ["Christmas 2019", "Christmas 2020"]


def test_trash_and_archive_are_told_by_what_lies_in_them(tmp_path: Path) -> None:
    found = found_in(
        tmp_path,
        ("Photos from 2020/a.jpg", PHOTO),
        ("Photos from 2020/a.jpg.json", told("a.jpg")),
        ("Ropa/b.jpg", PHOTO + b"b"),
        ("Ropa/b.jpg.json", told("b.jpg", trashed=True)),
        ("보관함/c.jpg", PHOTO + b"c"),
        ("보관함/c.jpg.json", told("c.jpg", archived=True)),
        ("보관함/d.jpg", PHOTO + b"d"),
    )
    assert titles(found) == []
    assert {name for name, item in by_file(found).items() if item.facts.trashed} == {"b.jpg"}
    assert {name for name, item in by_file(found).items() if item.facts.archived} == {
        "c.jpg",
        "d.jpg",
    }


def test_an_album_that_is_called_like_a_year_is_an_album(tmp_path: Path) -> None:
    """Its JSON has a title that is not just the folder's name."""
    found = found_in(
        tmp_path,
        ("Photos from 2020/a.jpg", PHOTO),
        ("Photos from 2020/a.jpg.json", told("a.jpg")),
        ("Photos from 2020/metadata.json", b'{"title": "Photos from 2020, chosen"}'),
    )
    assert titles(found) == ["Photos from 2020, chosen"]


def test_a_sidecar_whose_file_is_in_an_album_alone_is_found_there(tmp_path: Path) -> None:
    found = found_in(
        tmp_path,
        ("Photos from 2020/IMG_1.jpg.json", told("IMG_1.jpg", 4)),
        ("Trip/IMG_1.jpg", PHOTO),
        ("Trip/metadata.json", b'{"title": "Trip"}'),
    )
    (item,) = found.items
    assert (item.facts.taken_s, item.albums) == (4, [found.albums[0].key])


def test_the_address_of_a_photo_is_left_to_one_of_two_with_other_bytes(tmp_path: Path) -> None:
    """Both sidecars tell it, and by it an item is recognised in a later export."""
    url = "https://photos.google.com/photo/AF1QipX"
    found = found_in(
        tmp_path,
        ("Photos from 2020/a.jpg", PHOTO),
        ("Photos from 2020/a.jpg.json", told("a.jpg", 4, url=url)),
        ("Trip/a.jpg", PHOTO + b", made smaller"),
        ("Trip/a.jpg.json", told("a.jpg", 4, url=url)),
    )
    assert sorted(len(item.urls) for item in found.items) == [0, 1]


def test_what_is_neither_a_photo_nor_said_to_be_one_is_left_out(tmp_path: Path) -> None:
    found = found_in(
        tmp_path,
        ("Photos from 2020/a.jpg", PHOTO),
        ("Photos from 2020/a.jpg.json", told("a.jpg")),
        ("Photos from 2020/Thumbs.db", b"not a photo"),
        ("Photos from 2020/scan", b"a photo that only its sidecar tells of"),
        ("Photos from 2020/scan.json", told("scan")),
    )
    assert sorted(by_file(found)) == ["a.jpg", "scan"]


def test_the_same_bytes_uploaded_under_two_titles_are_two_items(tmp_path: Path) -> None:
    found = found_in(
        tmp_path,
        ("Photos from 2020/a.jpg", PHOTO),
        ("Photos from 2020/a.jpg.json", told("a.jpg")),
        ("Photos from 2020/b.jpg", PHOTO),
        ("Photos from 2020/b.jpg.json", told("b.jpg")),
    )
    assert sorted(item.title for item in found.items) == ["a.jpg", "b.jpg"]


def test_albums_that_share_a_folder_are_one_and_it_is_said(tmp_path: Path) -> None:
    """Untitled albums of several times end up in one folder, and nothing tells their photos apart."""
    notices = Notices()
    found = found_in(
        tmp_path,
        ("Untitled/a.jpg", PHOTO),
        ("Untitled/a.jpg.json", told("a.jpg")),
        ("Untitled/metadata.json", b'{"title": "A walk"}'),
        ("Untitled/metadata(1).json", b'{"title": "Another"}'),
        notices=notices,
    )
    assert len(found.albums) == 1
    assert any("several albums" in line for line in notices)


@pytest.mark.parametrize("told_in", ["the earlier", "the later"])
def test_a_sidecar_that_is_missing_in_one_of_two_exports_doubles_nothing(
    tmp_path: Path, told_in: str
) -> None:
    photo = ("Photos from 2020/a_b.jpg", PHOTO)
    sidecar = ("Photos from 2020/a_b.jpg.json", told("a:b.jpg", 5, favorited=True))
    other = ("Photos from 2020/b.jpg", PHOTO + b"b"), ("Photos from 2020/b.jpg.json", told("b.jpg"))
    members = [(photo, sidecar, *other), (photo, *other)]
    if told_in == "the later":
        members.reverse()
    paths = [
        Path(packed(tmp_path / f"takeout-20260{month}01T120000Z-001.zip", *members[month]))
        for month in (0, 1)
    ]

    items = sorted(read_back(paths).items, key=lambda item: item.title)

    assert [(item.title, item.facts.favorite) for item in items] == [
        ("a:b.jpg", True),
        ("b.jpg", False),
    ]


def test_a_sidecar_without_its_picture_puts_only_its_own_photo_into_the_album(
    tmp_path: Path,
) -> None:
    """Of two photos with one title and one time, the address tells which."""
    address = "https://photos.google.com/photo/AF1Qip"
    found = found_in(
        tmp_path,
        ("Photos from 2020/a.jpg", PHOTO),
        ("Photos from 2020/a.jpg.json", told("a.jpg", 5, url=address + "1")),
        ("Photos from 2020/a(1).jpg", PHOTO + b"2"),
        ("Photos from 2020/a.jpg(1).json", told("a.jpg", 5, url=address + "2")),
        ("Trip/a.jpg.json", told("a.jpg", 5, url=address + "2")),
        ("Trip/metadata.json", b'{"title": "Trip"}'),
    )
    items = by_file(found)
    assert items["a.jpg"].albums == []
    assert items["a(1).jpg"].albums == [found.albums[0].key]


def test_folders_of_googles_own_are_no_albums(tmp_path: Path) -> None:
    """What lies in the archive's folder is archived though its sidecar does not say so."""
    found = found_in(
        tmp_path,
        ("Archiv/a.jpg", PHOTO),
        ("Archiv/a.jpg.json", told("a.jpg")),
        ("Papierkorb/b.jpg", PHOTO + b"b"),
        ("Papierkorb/b.jpg.json", told("b.jpg")),
        ("Failed Videos/c.mp4", PHOTO + b"c"),
        ("Failed Videos/c.mp4.json", told("c.mp4")),
    )
    items = by_file(found)
    assert found.albums == []
    assert items["a.jpg"].facts.archived
    assert items["b.jpg"].facts.trashed
    assert "c.mp4" in items
