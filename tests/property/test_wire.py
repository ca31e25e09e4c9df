"""Whatever Google may answer, decoding gives values or says that the answer is bad."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gphotosfs.errors import BadAnswerError
from gphotosfs.google import picker_wire, wire
from gphotosfs.model import ItemId

FIELDS = [
    "id", "nextPageToken", "mediaItems", "albums", "mediaItemResults", "mediaItem", "mediaMetadata",
    "photo", "video", "width", "height", "creationTime", "status", "baseUrl", "filename", "fps",
    "exposureTime", "isoEquivalent", "mediaItemsCount", "isWriteable", "mimeType", "focalLength",
]  # fmt: skip

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["0", "9" * 5000, "-1", "1e999s", "PROCESSING", "2024-02-30T00:00:00Z"])
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=3), inner, max_size=8)
    ),
    max_leaves=30,
)
ITEMS = st.fixed_dictionaries(
    {"mediaItems": st.lists(st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=10))}
)


@given(ANYTHING | ITEMS)
def test_any_answer_is_a_page_or_a_bad_answer(answer: object) -> None:
    for decode in (wire.albums_page, wire.items_page, wire.batch, picker_wire.items_page):
        with suppress(BadAnswerError):
            decode(answer)
    with suppress(BadAnswerError):
        assert not wire.unknown(answer, [ItemId("a")]) - {"a"}


@given(ITEMS)
def test_every_text_of_an_item_can_be_stored(answer: dict[str, Any]) -> None:
    decoded = wire.items_page(json.loads(json.dumps(answer)))

    for item in decoded.page.items:
        assert item.id
        for text in (item.id, item.filename, item.description, item.mime_type):
            assert text.encode().decode() == text
        assert item.width is None or 0 <= item.width < 2**63


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    assert wire.time_ns(text) is None or text[:4].isdigit()


@given(
    st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001 - zones below
    st.integers(0, 999),
    st.integers(-23 * 60, 23 * 60),
)
def test_a_time_is_exact_to_the_nanosecond(
    moment: datetime, below_us: int, offset_minutes: int
) -> None:
    utc = moment.replace(tzinfo=UTC)
    local = utc.astimezone(timezone(timedelta(minutes=offset_minutes)))
    stamp = local.strftime("%m-%dT%H:%M:%S") + f".{local.microsecond:06}{below_us:03}"
    sign = "-" if offset_minutes < 0 else "+"
    zone = f"{sign}{abs(offset_minutes) // 60:02}:{abs(offset_minutes) % 60:02}"
    exact_us = (utc - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    assert wire.time_ns(f"{local.year:04}-{stamp}{zone}") == exact_us * 1000 + below_us
