"""Tokens and base URLs go to Google's hosts over TLS and nowhere else."""

import pytest

from gphotosfs.errors import RefusedAddressError
from gphotosfs.google.transport.endpoints import GOOGLE, Endpoints, parse

LOCAL = Endpoints("http://127.0.0.1:8080")


@pytest.mark.parametrize(
    "address",
    [
        "https://lh3.googleusercontent.com/lr/x=d",
        "https://video-downloads.googleusercontent.com:443/x",
    ],
)
def test_googles_media_hosts_may_be_asked(address: str) -> None:
    GOOGLE.check_media(parse(address))


@pytest.mark.parametrize(
    "address",
    [
        "http://lh3.googleusercontent.com/x",
        "https://lh3.googleusercontent.com:8443/x",
        "https://googleusercontent.com.evil.example/x",
        "https://evilgoogleusercontent.com/x",
        "https://me:secret@lh3.googleusercontent.com/x",
        "https://photoslibrary.googleapis.com/x",
        "http://127.0.0.1/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_other_addresses_are_refused_for_media(address: str) -> None:
    with pytest.raises(RefusedAddressError):
        GOOGLE.check_media(parse(address))


def test_a_simulator_on_loopback_may_hand_out_loopback_addresses() -> None:
    LOCAL.check_media(parse("http://127.0.0.2:9999/lr/x=dv"))
    LOCAL.check_token(parse("http://localhost:8080/token"))
    LOCAL.check_api(parse("http://127.0.0.1:8080/v1/albums"))


def test_a_simulator_on_loopback_cannot_send_us_out_without_tls() -> None:
    with pytest.raises(RefusedAddressError):
        LOCAL.check_media(parse("http://example.org/x"))


def test_a_refusal_names_the_host_and_not_the_secret_path() -> None:
    with pytest.raises(RefusedAddressError) as refused:
        GOOGLE.check_media(parse("https://example.org/lr/SECRET=d"))

    assert "example.org" in str(refused.value)
    assert "SECRET" not in str(refused.value)


def test_the_api_is_its_own_origin_alone() -> None:
    GOOGLE.check_api(parse("https://photoslibrary.googleapis.com/v1/albums"))
    with pytest.raises(RefusedAddressError):
        GOOGLE.check_api(parse("https://oauth2.googleapis.com/v1/albums"))


@pytest.mark.parametrize("address", ["https://[", "http://a:b:c/", "\x00"])
def test_no_address_at_all_is_refused(address: str) -> None:
    with pytest.raises(RefusedAddressError):
        GOOGLE.check_media(parse(address))
