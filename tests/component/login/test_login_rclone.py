"""What rclone obscures is revealed, and what it does not is left as it is."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gphotosfs.errors import ConfigError
from gphotosfs.google.sign_in.rclone_conf import SHARED_CLIENT_ID, plain, taken_from
from tests.rclone import program

BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
TOKEN = 'token = {"access_token":"a","refresh_token":"1//x","expiry":"2019-06-28T17:38:04.6+01:00"}'


def test_rclone_itself_obscures_it() -> None:
    for secret in ("GOCSPX-abcdefghijklmnopqrstuvwxyz", "aB3-dE6_gH9jK2mN5pQ8sT1v"):
        obscured = subprocess.run(
            [program(), "obscure", secret], capture_output=True, text=True, check=True
        ).stdout.strip()

        assert plain(obscured) == secret


@given(st.text(BASE64, min_size=1, max_size=24))
def test_a_secret_of_googles_older_form_is_left_alone(secret: str) -> None:
    assert plain(secret) == secret


@given(st.text(max_size=60))
def test_any_text_at_all_gives_some_text(secret: str) -> None:
    assert isinstance(plain(secret), str)


def test_a_remote_without_a_client_is_of_the_shared_one() -> None:
    taken = taken_from(f"[p]\ntype = google photos\n{TOKEN}\n", "p", "rclone.conf")

    assert taken.is_shared_client
    assert taken.client.client_id == SHARED_CLIENT_ID
    assert len(taken.client.client_secret) == 24


def test_percent_signs_and_repeated_sections_are_what_they_are() -> None:
    text = (
        "; a comment\n[p]\ntype = drive\n\n"
        f"[p]\ntype = google photos\nclient_id = 1%2-x\nclient_secret = GOCSPX-%s\n{TOKEN}\n"
    )
    taken = taken_from(text, "p", "rclone.conf")

    assert (taken.client.client_id, taken.client.client_secret) == ("1%2-x", "GOCSPX-%s")
    assert "GOCSPX" not in repr(taken)
    assert "1//x" not in repr(taken)


@settings(max_examples=50)
@given(st.text())
def test_no_text_falls_over(text: str) -> None:
    with pytest.raises(ConfigError):
        taken_from(text, "photos", "rclone.conf")
