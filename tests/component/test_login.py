"""`gphotosfs login` as a person uses it, with the simulated Google in another process."""

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gphotosfs.cli.main import main
from gphotosfs.google.scopes import READ_LIBRARY, READ_PICKED
from gphotosfs.simulator.process import Running, running
from tests import person
from tests.rclone import program as rclone


@dataclass(frozen=True)
class Result:
    code: int
    stdout: str
    stderr: str


PROJECT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "gphotosfs.cli.main"]
GUARD_S = 60.0


@pytest.fixture(scope="module")
def everyone() -> Iterator[Running]:
    with running("--items", "10", "--cheap-bytes") as simulator:
        yield simulator


@pytest.fixture
def google(everyone: Running) -> Running:
    everyone.set(testing_mode=False, service_disabled=False)
    everyone.clear_log()
    return everyone


@pytest.fixture
def home(tmp_path: Path, google: Running) -> Path:
    """A user's home, whose profile is on the simulated Google; the client's file is in it."""
    config = tmp_path / "config" / "gphotosfs" / "default" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"endpoints = {json.dumps(google.api)}\n")
    private(tmp_path / "client.json", json.dumps(google.client))
    return tmp_path


def private(path: Path, text: str) -> Path:
    path.touch(0o600)
    path.write_text(text)
    return path


def environment(home: Path, **other: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
    kept.pop("BROWSER", None)
    kept |= {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "CACHE")}
    return kept | {
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_RUNTIME_DIR": str(home / "runtime"),
        "HOME": str(home),
        "PYTHONPATH": str(PROJECT),
        **other,
    }


def browser(*how: str) -> str:
    """A $BROWSER in which this person sits."""
    return " ".join([sys.executable, str(PROJECT / "tests" / "person.py"), "%s", *how, "&"])


Login = Callable[..., Result]


@pytest.fixture
def login(home: Path) -> Login:
    """Runs the command: in a process of its own where a browser is opened, for that one stays."""

    def login(*arguments: str | Path, code: int = 0, given: str = "", **other: str) -> Result:
        variables = environment(home, **other)
        if "BROWSER" in other:
            done = in_process_of_its_own(*arguments, env=variables)
        else:
            ran = CliRunner().invoke(main, ["login", *map(str, arguments)], given, env=variables)
            done = Result(ran.exit_code, ran.stdout, ran.stderr)
        assert done.code == code, done.stdout + done.stderr
        if code and not done.stderr.startswith("Usage:"):
            assert len(done.stderr.splitlines()) == 1, done.stderr
        return done

    return login


def in_process_of_its_own(*arguments: str | Path, env: dict[str, str]) -> Result:
    done = subprocess.run(
        [*PROGRAM, "login", *arguments],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=GUARD_S,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def saved(home: Path) -> dict[str, Any]:
    path = home / "config" / "gphotosfs" / "default" / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    members: dict[str, Any] = json.loads(path.read_text())
    return members


def unsigned(home: Path) -> bool:
    return not list((home / "config").glob("gphotosfs/*/credentials.json"))


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


@pytest.mark.parametrize("option", ["--refresh-token", "--client-secret", "--credentials"])
@pytest.mark.parametrize("secret", ["1//0secret", "GOCSPX-secret", '{"refresh_token": "secret"}'])
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(
    home: Path, login: Login, option: str, secret: str
) -> None:
    done = login(option, secret, code=2)

    assert "command line" in done.stderr
    assert "secret}" not in done.stderr.replace('"', "")
    assert "0secret" not in done.stderr
    assert "GOCSPX" not in done.stderr
    assert unsigned(home)


def test_a_refresh_token_of_another_tool_is_tried_and_kept(
    home: Path, google: Running, login: Login
) -> None:
    token = google.credentials["refresh_token"]

    login("--client-secret", home / "client.json", "--refresh-token", "-", given=token + "\n")

    assert saved(home)["refresh_token"] == token
    assert set(saved(home)["scopes"]) == set(google.credentials["scopes"])


def test_a_refresh_token_that_is_dead_is_told(home: Path, login: Login) -> None:
    dead = private(home / "token", "1//dead")

    done = login("--client-secret", home / "client.json", "--refresh-token", dead, code=3)

    assert "invalid_grant" in done.stderr
    assert unsigned(home)


def test_a_file_that_others_can_read_is_mentioned(home: Path, login: Login) -> None:
    (home / "client.json").chmod(0o644)

    done = login("--client-secret", home / "client.json", BROWSER=browser())

    assert "others can read" in done.stderr


def remote(google: Running, **other: str) -> str:
    """A section of an rclone.conf as rclone writes it."""
    client = google.client["installed"]
    values = {
        "type": "google photos",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "token": json.dumps(
            {
                "access_token": "ya29.old",
                "token_type": "Bearer",
                "refresh_token": google.credentials["refresh_token"],
                "expiry": "2019-06-28T17:38:04.644930156+01:00",
            }
        ),
        "read_only": "true",
    }
    return "".join(f"{name} = {value}\n" for name, value in (values | other).items() if value)


def test_rclones_sign_in_is_taken_over(home: Path, google: Running, login: Login) -> None:
    obscured = subprocess.run(
        [rclone(), "obscure", google.client["installed"]["client_secret"]],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    text = f"[plain]\n{remote(google)}\n[obscured]\n{remote(google, client_secret=obscured)}"
    config = private(home / "rclone.conf", text)

    for given in (f"{config}:plain", f"{config}:obscured:"):
        login("--from-rclone", given)

        assert saved(home)["client_id"] == google.client["installed"]["client_id"]
        assert saved(home)["client_secret"] == google.client["installed"]["client_secret"]
        assert saved(home)["refresh_token"] == google.credentials["refresh_token"]


def test_a_sign_in_that_was_taken_over_is_not_told_of_boxes(
    home: Path, google: Running, login: Login
) -> None:
    client = home / "client.json"
    token = private(home / "token", google.credentials["refresh_token"])

    done = login("--client-secret", client, "--refresh-token", token)

    assert done.stderr == ""
    login("--client-secret", client, "--from-rclone", "photos", code=2)
    login("--credentials", token, "--from-rclone", "photos", code=2)


def test_rclones_own_config_is_found(home: Path, google: Running, login: Login) -> None:
    (home / "config" / "rclone").mkdir()
    private(home / "config" / "rclone" / "rclone.conf", f"[photos]\n{remote(google)}")

    login("--from-rclone", "photos")

    assert saved(home)["refresh_token"] == google.credentials["refresh_token"]


@pytest.mark.parametrize(
    "text, words",
    [
        ("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nabc=", "rclone config show"),
        ("[photos]\ntype = drive\n", "'drive'"),
        ("[other]\ntype = google photos\n", "those of Google Photos are: other"),
        ("[photos]\ntype = google photos\nclient_id = x\nclient_secret = y\n", "reconnect"),
        ("not a config", "not an rclone.conf"),
    ],
)
def test_a_remote_that_can_not_be_taken_over_is_told(
    home: Path, login: Login, text: str, words: str
) -> None:
    config = private(home / "rclone.conf", text)

    assert words in login("--from-rclone", f"{config}:photos", code=2).stderr


def test_a_really_encrypted_config_is_told(home: Path, google: Running, login: Login) -> None:
    config = private(home / "rclone.conf", f"[photos]\n{remote(google)}")
    subprocess.run(
        [rclone(), "--config", config, "config", "encryption", "set"],
        env=os.environ | {"RCLONE_CONFIG_PASS": ""},
        input="secret\nsecret\n",
        capture_output=True,
        text=True,
        check=False,
    )
    if "RCLONE_ENCRYPT_V0" not in config.read_text():
        pytest.skip("this rclone asks for the password at a terminal only")

    assert "encrypted" in login("--from-rclone", f"{config}:photos", code=2).stderr


def test_rclones_shared_client_is_warned_of(home: Path, google: Running, login: Login) -> None:
    """The simulated Google does not know it, so the sign-in ends there."""
    config = private(
        home / "rclone.conf", f"[photos]\n{remote(google, client_id='', client_secret='')}"
    )
    done = CliRunner().invoke(
        main, ["login", "--from-rclone", f"{config}:photos"], env=environment(home)
    )

    assert "being retired" in done.stderr
    assert "invalid_client" in done.stderr
    assert done.exit_code == 3


def test_tokens_with_removed_scopes_are_recognised(
    home: Path, google: Running, login: Login
) -> None:
    old = google.credentials | {
        "scopes": ["https://www.googleapis.com/auth/photoslibrary.readonly"]
    }

    done = login("--credentials", private(home / "old.json", json.dumps(old)))

    assert "took out of service on 2025-03-31" in done.stderr


def test_offline_a_taken_over_token_is_kept_untried(home: Path, login: Login) -> None:
    config = home / "config" / "gphotosfs" / "default" / "config.toml"
    config.write_text('endpoints = "http://127.0.0.1:9"\n')  # discard: nobody listens

    done = login(
        "--client-secret", home / "client.json", "--refresh-token", "-", given="1//unknown"
    )

    assert "untried" in done.stderr
    assert saved(home)["refresh_token"] == "1//unknown"
