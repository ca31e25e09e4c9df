"""Headers of answers with bytes: what they promise, and when they can't be believed."""

import httpx
import pytest

from gphotosfs.errors import BadAnswerError
from gphotosfs.google.transport.answer import judged, length_of_head

URL = "https://lh3.googleusercontent.com/lr/x=d"


def answered(status: int, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, request=httpx.Request("GET", URL))


def test_a_range_as_asked() -> None:
    answer = judged(answered(206, content_range="bytes 10-19/100", content_length="10"), 10, 20)

    assert (answer.start, answer.end, answer.total_bytes) == (10, 20, 100)


def test_a_range_cut_at_the_end_of_the_file() -> None:
    answer = judged(answered(206, content_range="bytes 90-99/100"), 90, 200)

    assert (answer.start, answer.end, answer.total_bytes) == (90, 100, 100)


def test_a_total_may_be_unknown() -> None:
    assert judged(answered(206, content_range="bytes 0-9/*"), 0, 10).total_bytes is None


def test_the_whole_file_in_place_of_a_range() -> None:
    answer = judged(answered(200, content_length="100"), 10, 20)

    assert (answer.start, answer.end, answer.total_bytes) == (0, 100, 100)


def test_a_start_behind_the_end() -> None:
    answer = judged(answered(416, content_range="bytes */100"), 100, None)

    assert (answer.start, answer.end, answer.total_bytes) == (100, 100, 100)


@pytest.mark.parametrize(
    "response",
    [
        answered(206),
        answered(206, content_range="bytes 11-19/100"),
        answered(206, content_range="bytes 10-20/100"),
        answered(206, content_range="bytes 10-19/15"),
        answered(206, content_range="bytes 10-9/100"),
        answered(206, content_range="bytes 10-19/100", content_length="9"),
        answered(206, content_range="items 10-19/100"),
        answered(206, content_range="bytes " + "9" * 5000 + "-19/100"),
        answered(206, content_type="multipart/byteranges; boundary=x"),
        answered(200, content_type="text/html; charset=UTF-8"),
        answered(200, content_type="application/json"),
        answered(200, content_encoding="gzip"),
        answered(204),
        answered(416),
        answered(416, content_range="bytes */100"),
        answered(416, content_range="bytes */0"),
        answered(200, content_length="0"),
        answered(200, content_length="9" * 19),
        answered(206, content_range=f"bytes 10-19/{2**63}"),
    ],
)
def test_what_can_t_be_an_answer_is_a_bad_one(response: httpx.Response) -> None:
    with pytest.raises(BadAnswerError):
        judged(response, 10, 20)


def test_a_head_tells_the_length() -> None:
    assert length_of_head(answered(200, content_length="7", content_type="image/jpeg")) == 7


@pytest.mark.parametrize(
    "response",
    [
        answered(405),
        answered(200),
        answered(200, content_length="many"),
        answered(200, content_length="0"),
        answered(200, content_length="9" * 19),
    ],
)
def test_a_head_that_is_of_no_use(response: httpx.Response) -> None:
    assert length_of_head(response) is None
