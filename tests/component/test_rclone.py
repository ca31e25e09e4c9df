"""The real rclone reads the simulated Google: what it makes of the protocol is a second opinion."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rclone import Rclone, rclone


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rclone]:
    # rclone asks for the size of whatever it lists, and to draw 120 photos for that takes long.
    cheap = ("--cheap-bytes", "--photo-bytes", "300000", "--video-bytes", "2000000")
    with rclone(tmp_path_factory.mktemp("rclone"), "--items", "120", *cheap) as ready:
        yield ready


def test_the_albums_are_listed(sim: Rclone) -> None:
    """Titles become directories."""
    listed = sim("lsf", "sim:album").splitlines()

    titles = {album["title"] for album in sim.simulator.call("GET", "albums")}
    assert {line.removesuffix("/") for line in listed} == titles


def test_every_item_is_listed(sim: Rclone) -> None:
    """Searching without a filter shows all that is not archived; all names are kept apart."""
    listed = sim("lsf", "sim:media/all").splitlines()

    shown = [item for item in sim.simulator.items() if not item["archived"]]
    assert len(listed) == len(set(listed)) == len(shown)


def test_a_month_holds_what_was_taken_in_it(sim: Rclone) -> None:
    """Rclone asks with a date that leaves the day open."""
    newest = sim.simulator.items(1)[0]
    name = newest["filename"]

    listed = sim("lsf", "--format=pt", "-R", "--include", f"/**/{name}", "sim:media/by-month")

    assert name in listed


def test_favourites_are_listed(sim: Rclone) -> None:
    listed = sim("lsf", "sim:feature/favorites").splitlines()

    wanted = [i for i in sim.simulator.items() if i["favorite"] and not i["archived"]]
    assert len(listed) == len(wanted)


def test_an_album_is_read_back_byte_for_byte(sim: Rclone, tmp_path: Path) -> None:
    """Photos by `=d`, films by `=dv` and its redirect; sizes come from HEAD, as `read_size` asks."""
    album = sim.simulator.call("GET", "albums")[0]
    items = {item["id"]: item for item in sim.simulator.items()}
    wanted = set()
    for item_id in album["item_ids"]:
        film = items[item_id]["mime_type"].startswith("video/")
        wanted.add(_digest(sim.simulator.bytes_of(item_id, "dv" if film else "d")))

    sim("copy", f"sim:album/{album['title']}", str(tmp_path))

    assert {_digest(path.read_bytes()) for path in tmp_path.iterdir()} == wanted


def test_one_token_request_is_enough(sim: Rclone) -> None:
    """Rclone tries HTTP Basic first, which Google accepts: no 401 or 400 before the 200."""
    sim.simulator.clear_log()

    sim("lsf", "sim:album")

    assert all(row["status"] == 200 for row in sim.simulator.log("token"))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
