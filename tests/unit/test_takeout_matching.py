"""Which sidecar belongs to which file: samples from real exports, and the traps among them."""

import pytest

from gphotosfs.takeout.matching import Match, Role, Sidecar, match_folder
from gphotosfs.takeout.sidecar import ItemFacts


def sidecar(name: str, title: str, taken_s: int = 1) -> Sidecar:
    return Sidecar(name, ItemFacts(title=title, taken_s=taken_s))


def time_of(match: Match) -> int | None:
    return match.facts.taken_s if match.facts else None


def matched(files: list[str], *sidecars: Sidecar) -> dict[str, Match]:
    return {match.name: match for match in match_folder(files, sidecars).files}


LONG = "Screenshot_20230512_181530_com.example.app_with_a_long_name.jpg"
EMOJI = "😀" * 40


@pytest.mark.parametrize(
    "file, name, title",
    [
        ("IMG_1.jpg", "IMG_1.jpg.json", "IMG_1.jpg"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json", "IMG_1.jpg"),
        ("IMG_1.jpg", "IMG_1.jpg.supple.json", "IMG_1.jpg"),
        ("IMG_1.jpg", "IMG_1.jpg.s.json", "IMG_1.jpg"),
        ("IMG_1(2).jpg", "IMG_1.jpg(2).json", "IMG_1.jpg"),
        ("IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json", "IMG_1.jpg"),
        ("IMG_1(2).jpg", "IMG_1(2).jpg.json", "IMG_1(2).jpg"),
        (LONG[:47] + ".jpg", LONG[:46] + ".json", LONG),
        (LONG[:47] + ".jpg", LONG + ".supplemental-metadata.json", LONG),
        (LONG[:47] + "(494).jpg", LONG[:46] + "(494).json", LONG),
        # A pair at the border is kept whole in the one name and dropped whole in the other.
        (EMOJI[:24] + ".jpg", EMOJI[:23] + ".json", EMOJI + ".jpg"),
        ("abcdefghijklmnopqrstuvwxyz0123456789_abcdef.jp.jpg", "x.json",
         "abcdefghijklmnopqrstuvwxyz0123456789_abcdef.jp.jpg"),
        ("x.jpg", "x.json", "x"),
        ("x.jpg", "x.supplemental-metadata.json", "x"),
        ("a_b_c.jpg", "a_b_c.jpg.json", "a/b:c.jpg"),
        ("R_D.jpg", "R_D.jpg.json", "R&D.jpg"),
        ("R&D.jpg", "R&D.jpg.json", "R&D.jpg"),
        ("cafe\u0301.jpg", "caf\u00e9.jpg.json", "caf\u00e9.jpg"),
        ("a\u00a0b.jpg", "a b.jpg.json", "a b.jpg"),
        ("IMG_1.jpg", "IMG_1.jpg.json", ""),
        ("IMG_1.jpg", "IMG_1.JPG.json", "IMG_1.JPG"),
        ("IMG_1.MP4", "IMG_1.HEIC.json", "IMG_1.HEIC"),
        ("IMG_1.jpg", "IMG_1.HEIC.json", "IMG_1.HEIC"),
        ("trip.jpg", "something else.json", "trip.jpg"),
    ],
)  # fmt: skip
def test_a_sidecar_finds_its_file(file: str, name: str, title: str) -> None:
    found = matched([file], sidecar(name, title))

    (match,) = found.values()
    assert match.facts is not None


@pytest.mark.parametrize(
    "files, part, role, title",
    [
        (["IMG_1.jpg", "IMG_1-edited.jpg"], "IMG_1-edited.jpg", Role.EDITED, "IMG_1-edited.jpg"),
        (["IMG_1.jpg", "IMG_1-modifié.jpg"], "IMG_1-modifié.jpg", Role.EDITED, "IMG_1-modifié.jpg"),
        (["IMG_1.jpg", "IMG_1-編集済み.jpg"], "IMG_1-編集済み.jpg", Role.EDITED, "IMG_1-編集済み.jpg"),
        (["IMG_1.jpg", "IMG_1-ha edit.jpg"], "IMG_1-ha edit.jpg", Role.EDITED, "IMG_1-ha edit.jpg"),
        (["IMG_1.jpg", "IMG_1-edited(1).jpg"], "IMG_1-edited(1).jpg", Role.EDITED, "IMG_1-edited.jpg"),
        (["IMG_1.jpg", "IMG_1-bewerkt.JPG"], "IMG_1-bewerkt.JPG", Role.EDITED, "IMG_1-bewerkt.JPG"),
        # A language that nobody has told us of.
        (["IMG_1.jpg", "IMG_1-golygwyd.jpg"], "IMG_1-golygwyd.jpg", Role.EDITED, "IMG_1-golygwyd.jpg"),
        # Its vowels are marks on the letters before them.
        (["IMG_1.jpg", "IMG_1-แก้ไขแล้ว.jpg"], "IMG_1-แก้ไขแล้ว.jpg", Role.EDITED, "IMG_1-แก้ไขแล้ว.jpg"),
        (["IMG_1.jpg", "IMG_1-effects.jpg"], "IMG_1-effects.jpg", Role.EDITED, "IMG_1-effects.jpg"),
        (["IMG_1.jpg", "IMG_1.MP4"], "IMG_1.MP4", Role.MOTION, "IMG_1.MP4"),
        (["IMG_1.jpg", "IMG_1.MOV"], "IMG_1.MOV", Role.MOTION, "IMG_1.MOV"),
        (["IMG_1.jpg", "IMG_1"], "IMG_1", Role.MOTION, "IMG_1"),
    ],
)  # fmt: skip
def test_a_part_without_a_sidecar_takes_its_items(
    files: list[str], part: str, role: Role, title: str
) -> None:
    found = matched(files, sidecar("IMG_1.jpg.json", "IMG_1.jpg", taken_s=7))

    assert (time_of(found[part]), found[part].role, found[part].title) == (7, role, title)
    assert found["IMG_1.jpg"].role is Role.MAIN


def test_an_edited_copy_has_the_sidecar_of_an_original_that_is_not_there() -> None:
    """Of some photos Takeout has the edited copy alone (immich-go, issue 698)."""
    found = matched(["IMG_1-edited.JPG"], sidecar("IMG_1.JPG.json", "IMG_1.JPG", taken_s=7))

    (match,) = found.values()
    assert (time_of(match), match.role, match.title) == (7, Role.EDITED, "IMG_1-edited.JPG")


@pytest.mark.parametrize("part", ["PXL_1.MP", "PXL_1.MP~2"])
def test_a_motion_photo_of_a_pixel_keeps_its_film(part: str) -> None:
    found = matched(["PXL_1.MP.jpg", part], sidecar("PXL_1.MP.jpg.json", "PXL_1.MP.jpg"))

    assert found[part].role is Role.MOTION
    assert found[part].title == part


def test_a_long_live_photos_film_may_show_more_of_its_name() -> None:
    stem = "IMG_" + "x" * 60
    still, film = stem[:46] + ".HEIC", stem[:47] + ".MP4"

    found = matched([still, film], sidecar(stem[:46] + ".json", stem + ".HEIC"))

    assert found[film].role is Role.MOTION
    assert found[film].title == stem + ".MP4"


def test_counters_tell_files_of_one_title_apart() -> None:
    found = matched(
        ["a.jpg", "a(1).jpg", "a(2).jpg"],
        sidecar("a.jpg(2).json", "a.jpg", 2),
        sidecar("a.jpg.supplemental-metadata(1).json", "a.jpg", 1),
        sidecar("a.jpg.json", "a.jpg", 3),
    )

    assert {name: time_of(match) for name, match in found.items()} == {
        "a.jpg": 3,
        "a(1).jpg": 1,
        "a(2).jpg": 2,
    }


def test_names_that_differ_in_case_alone_are_two() -> None:
    found = matched(
        ["a.JPG", "a.jpg"], sidecar("a.jpg.json", "a.jpg", 1), sidecar("a.JPG.json", "a.JPG", 2)
    )

    assert [time_of(found[name]) for name in ("a.jpg", "a.JPG")] == [
        1,
        2,
    ]


def test_a_sidecar_of_its_own_goes_before_being_a_part() -> None:
    """Nobody is the edited copy or the film of another if a sidecar says what it is."""
    found = matched(
        ["a.jpg", "a-edited.jpg", "a.mp4"],
        sidecar("a.jpg.json", "a.jpg", 1),
        sidecar("a-edited.jpg.json", "a-edited.jpg", 2),
        sidecar("a.mp4.json", "a.mp4", 3),
    )

    assert [time_of(match) for match in found.values()] == [2, 1, 3]
    assert {match.role for match in found.values()} == {Role.MAIN}


def test_the_old_and_the_new_sidecar_of_one_file_are_one() -> None:
    matches = match_folder(
        ["a.jpg"],
        [sidecar("a.jpg.json", "a.jpg"), sidecar("a.jpg.supplemental-metadata.json", "a.jpg")],
    )

    assert (len(matches.files), matches.orphans, matches.doubtful) == (1, [], [])


def test_sidecars_that_disagree_are_told_of() -> None:
    matches = match_folder(
        ["a.jpg"],
        [
            sidecar("a.jpg.json", "a.jpg", 1),
            sidecar("a.jpg.supplemental-metadata.json", "a.jpg", 2),
        ],
    )

    assert matches.doubtful == ["a.jpg"]
    assert [facts.taken_s for facts in matches.orphans] == [2]


def test_a_sidecar_does_not_take_another_photos_file() -> None:
    """The picture of `a.png` is elsewhere; `a.gif` here is nobody's of those."""
    matches = match_folder(
        ["a.gif", "a(1).jpg"], [sidecar("a.png.json", "a.png"), sidecar("a.jpg.json", "a.jpg")]
    )

    assert [match.facts for match in matches.files] == [None, None]
    assert len(matches.orphans) == 2


def test_the_title_goes_with_the_ending_of_what_the_file_is() -> None:
    found = matched(
        ["IMG_1.jpg", "b.jpg"], sidecar("IMG_1.HEIC.json", "IMG_1.HEIC"), sidecar("b.json", "b")
    )

    assert [match.title for match in found.values()] == ["IMG_1.jpg", "b.jpg"]
