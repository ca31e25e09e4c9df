"""`gphotosfs login` as a person uses it, with the simulated Google in another process."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gphotosfs.google.sign_in.scopes import READ_LIBRARY, READ_PICKED
from gphotosfs.simulator.process import Running
from tests import person
from tests.component.login.kit import (
    GUARD_S,
    PROGRAM,
    Login,
    browser,
    environment,
    private,
    saved,
    unsigned,
)


def test_a_browser_is_opened_and_leads_back(home: Path, login: Login) -> None:
    done = login("--client-secret", home / "client.json", BROWSER=browser())

    assert saved(home)["scopes"] == [READ_LIBRARY, READ_PICKED]
    assert saved(home)["refresh_token"].startswith("1//")
    assert "Mount it with" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    "source, scopes",
    [("library", [READ_LIBRARY]), ("picker", [READ_PICKED]), ("both", [READ_LIBRARY, READ_PICKED])],
)
def test_exactly_the_scopes_of_the_source_are_asked_for(
    home: Path, google: Running, login: Login, source: str, scopes: list[str]
) -> None:
    login("--client-secret", home / "client.json", "--source", source, BROWSER=browser())

    asked = next(row for row in google.log() if row["method"] == "GET")["query"]
    assert asked["scope"].split() == scopes
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"].startswith("http://127.0.0.1:")
    assert saved(home)["scopes"] == scopes


def test_what_people_trip_over_is_told_with_links_of_their_project(
    home: Path, google: Running, login: Login
) -> None:
    done = login("--client-secret", home / "client.json", BROWSER=browser())

    number = google.client["installed"]["client_id"].partition("-")[0]
    for page in (
        "apis/library/photoslibrary.googleapis.com",
        "apis/library/photospicker.googleapis.com",
        "auth/audience",
        "auth/clients",
    ):
        assert f"https://console.cloud.google.com/{page}?project={number}" in done.stdout
    for words in ("enabled", "seven days", "Desktop app", "decides what is visible"):
        assert words in done.stdout


def test_what_is_still_missing_is_told_at_once(home: Path, google: Running, login: Login) -> None:
    google.set(service_disabled=True)

    done = login("--client-secret", home / "client.json", BROWSER=browser())

    assert "not enabled" in done.stdout
    assert "https://console.developers.google.com/apis/api/photoslibrary" in done.stdout


def test_an_unticked_scope_is_noticed_and_named(home: Path, login: Login) -> None:
    done = login(
        "--client-secret", home / "client.json", BROWSER=browser("allow", "mediaitems.readonly")
    )

    assert saved(home)["scopes"] == [READ_LIBRARY]
    assert "photospicker.mediaitems.readonly" in done.stderr
    assert "the photos that you pick" in done.stderr


def test_denial_is_told_and_nothing_is_kept(home: Path, login: Login) -> None:
    done = login("--client-secret", home / "client.json", code=3, BROWSER=browser("deny"))

    assert "denied" in done.stderr
    assert unsigned(home)


def test_testing_mode_is_told_with_the_day_on_which_it_ends(
    home: Path, google: Running, login: Login
) -> None:
    google.set(testing_mode=True)

    done = login("--client-secret", home / "client.json", BROWSER=browser())

    assert "testing mode" in done.stderr
    assert saved(home)["refresh_token_expiry"][:10] in done.stderr


def test_without_a_browser_the_address_is_printed_and_one_is_pasted_back(home: Path) -> None:
    """As over SSH: the browser is on another machine, where nothing listens."""
    process = subprocess.Popen(
        [*PROGRAM, "login", "--no-browser", "--client-secret", home / "client.json"],
        env=environment(home, BROWSER="false"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    address = next(line.strip() for line in lines if "code_challenge" in line)
    next(line for line in lines if "paste it here" in line)
    out, err = process.communicate(person.decide(address) + "\n", timeout=GUARD_S)

    assert process.returncode == 0, err
    assert "Signed in" in out
    assert saved(home)["scopes"] == [READ_LIBRARY, READ_PICKED]


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda address: address.split("?")[0], "no code"),
        (lambda address: re.sub("state=[^&]*", "state=x", address), "another attempt"),
        (lambda address: re.sub("code=[^&]*", "code=x", address), "invalid_grant"),
    ],
)
def test_a_pasted_address_that_is_not_the_answer_is_refused(
    home: Path, change: Callable[[str], str], words: str
) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "login", "--no-browser", "--client-secret", home / "client.json"],
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = next(line.strip() for line in process.stdout if "code_challenge" in line)
    _, err = process.communicate(change(person.decide(address)) + "\n", timeout=GUARD_S)

    assert process.returncode == 3
    assert words in err
    assert "4/0A" not in err
    assert unsigned(home)


def test_the_second_time_the_client_is_known(home: Path, login: Login) -> None:
    login("--client-secret", home / "client.json", BROWSER=browser())
    first = saved(home)

    done = login(BROWSER=browser())

    assert "Using the client of the last sign-in" in done.stdout
    assert saved(home)["client_id"] == first["client_id"]
    assert saved(home)["refresh_token"] != first["refresh_token"]


@pytest.mark.parametrize(
    "text, words",
    [
        ('{"web": {"client_id": "x", "client_secret": "GOCSPX-y"}}', "Web application"),
        ('{"installed": {"client_id": "x"}}', "client_secret"),
        ('{"type": "service_account"}', "service account"),
        ('{"type": "authorized_user"}', "--credentials"),
        ("GOCSPX-secret", "not JSON"),
    ],
)
def test_a_file_that_is_no_desktop_client_is_refused(
    home: Path, login: Login, text: str, words: str
) -> None:
    done = login("--client-secret", private(home / "other.json", text), code=2)

    assert words in done.stderr
    assert "GOCSPX" not in done.stderr


def test_without_a_client_and_without_a_terminal_it_says_what_to_give(login: Login) -> None:
    assert "--client-secret FILE" in login(code=2).stderr
