"""One album, one year, one view as a mount of its own."""

import pytest

from gphotosfs.control import mounted_at
from tests.mount.mounting import Home, sh

pytestmark = pytest.mark.mount


def test_one_album_is_the_root_of_a_mount(home: Home) -> None:
    with home.mounted() as whole:
        album = min(path.name for path in (whole / "albums").iterdir())
        names = sorted(path.name for path in (whole / f"albums/{album}").iterdir())
        numbers = [(whole / f"albums/{album}/{name}").stat().st_ino for name in names]

        with home.mounted(source=f"default:albums/{album}", at="one") as one:
            assert sorted(path.name for path in one.path.iterdir()) == names
            # The same photo is the same file, whichever mount it is seen in.
            assert [(one / name).stat().st_ino for name in names] == numbers
            assert (one / ".gphotosfs/status.json").read_text().startswith("{")
            home.run("refresh", one.path)


def test_a_year_is_the_root_of_a_mount(home: Home) -> None:
    with home.mounted() as whole:
        year = next((whole / "media/by-year").iterdir()).name
        names = {path.name for path in (whole / f"media/by-year/{year}").iterdir()}

    with home.mounted(source=f"default:media/by-year/{year}") as one:
        assert {path.name for path in one.path.iterdir()} == names


def test_the_mount_table_shows_a_source_that_can_stand_in_fstab(home: Home) -> None:
    made = home.simulator.change("new_album", title="Zürich")
    source = f"default:album-id={made['id']}"

    with home.mounted(source="default:albums/Zürich") as one:
        mounted = mounted_at(one.path)
        assert mounted is not None
        assert mounted.source == source
        assert source in sh("findmnt", "-no", "SOURCE", one.path)

    with home.mounted(source=source) as one:
        assert list(one.path.iterdir()) == []


def test_a_wrong_path_is_told_with_the_nearest(home: Home) -> None:
    home.simulator.change("new_album", title="Paris 2024")
    at = home.folder / "mnt"
    at.mkdir()

    told = home.run("mount", "default:albums/Pariss 2024", at, code=1).stderr

    assert "default:albums/Pariss 2024: there is no 'Pariss 2024'" in told
    assert "near it: 'Paris 2024'" in told


def test_offline_a_known_source_mounts_and_an_unknown_one_says_why(home: Home) -> None:
    with home.mounted() as whole:
        album = next((whole / "albums").iterdir()).name
    home.simulator.stop()

    with home.mounted(source=f"default:albums/{album}", at="known", alarms=True):
        pass
    at = home.folder / "mnt"
    told = home.run("mount", "default:albums/Never seen", at, code=1).stderr

    assert "default:albums/Never seen is not known yet, and Google can't be reached" in told
