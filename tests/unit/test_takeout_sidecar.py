"""Sidecars: every field may be missing, old, or wrong."""

import json

import pytest

from gphotosfs.takeout.sidecar import AlbumFacts, ItemFacts, Place, facts

TAKEN = {"photoTakenTime": {"timestamp": "1589000000"}}


def told(**fields: object) -> ItemFacts:
    found = facts(json.dumps(TAKEN | fields).encode())
    assert isinstance(found, ItemFacts)
    return found


def test_everything_that_is_told_is_known() -> None:
    found = told(
        title="a.jpg",
        description="By the sea",
        creationTime={"timestamp": "1600000000"},
        geoData={"latitude": 48.8, "longitude": 2.3, "altitude": 35.0},
        people=[{"name": "Ada"}, {"name": ""}, {}, {"name": "Ada"}, {"name": "Grace"}],
        url="https://photos.google.com/photo/AF1QipX",
        favorited=True,
        archived=True,
        trashed=True,
        googlePhotosOrigin={"mobileUpload": {"deviceType": "IOS_PHONE"}},
    )

    assert found == ItemFacts(
        title="a.jpg",
        taken_s=1_589_000_000,
        uploaded_s=1_600_000_000,
        description="By the sea",
        place=Place(latitude=48.8, longitude=2.3, altitude_m=35.0),
        people=("Ada", "Grace"),
        url="https://photos.google.com/photo/AF1QipX",
        origin="mobileUpload",
        favorite=True,
        archived=True,
        trashed=True,
    )


@pytest.mark.parametrize(
    "timestamp, taken_s",
    [
        ("0", None),
        ("-86400", -86_400),
        (12, 12),
        ("", None),
        ("soon", None),
        ("9" * 30, None),
        (None, None),
    ],
)
def test_capture_times(timestamp: object, taken_s: int | None) -> None:
    assert told(photoTakenTime={"timestamp": timestamp}).taken_s == taken_s


def test_the_files_own_place_is_used_where_photos_shows_none() -> None:
    nowhere = {"latitude": 0.0, "longitude": 0.0}
    found = told(geoData=nowhere, geoDataExif={"latitude": 1.5, "longitude": 2.5})

    assert found.place == Place(latitude=1.5, longitude=2.5)
    assert told(geoData=nowhere).place is None


@pytest.mark.parametrize("wrong", [None, 7, "text", [], {}, [None], {"name": 3}, True, 1e999])
@pytest.mark.parametrize(
    "name",
    [
        "title",
        "description",
        "geoData",
        "people",
        "url",
        "googlePhotosOrigin",
        "creationTime",
        "favorited",
    ],
)
def test_a_field_of_a_wrong_type_is_as_if_it_were_not_there(name: str, wrong: object) -> None:
    found = told(**{name: wrong})

    assert found.taken_s == 1_589_000_000
    assert found.place is None
    assert found.people == ()


def test_half_a_surrogate_pair_does_no_harm() -> None:
    assert told(title="\ud83d.jpg").title == "?.jpg"


@pytest.mark.parametrize(
    "text",
    [
        b"{}", b"[]", b"null", b"", b"\xff\xfe", b"{", b"[" * 100_000,
        b'{"userMemoryTitles": []}', b'{"comments": [{"text": "!"}]}',
    ],
)  # fmt: skip
def test_other_json_is_no_sidecar(text: bytes) -> None:
    assert facts(text) is None


@pytest.mark.parametrize(
    "told",
    [{"title": "Rome", "access": "protected"}, {"title": "Rome"}, {"albumData": {"title": "Rome"}}],
)
def test_an_album_is_recognised_by_what_it_says(told: object) -> None:
    assert facts(json.dumps(told).encode()) == AlbumFacts("Rome")
