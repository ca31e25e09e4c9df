import subprocess
import sys

import pytest

from gphotosfs.errors import ConfigError
from gphotosfs.mount_helper import USAGE, Call, mounted, parse


def call(text: str) -> Call:
    return parse(text.split())


def test_arguments_come_in_any_order() -> None:
    """mount(8) puts them behind, autofs(5) before, and people anywhere."""
    expected = call("default /mnt -o cache_size=1G")

    assert call("-o cache_size=1G default /mnt") == expected
    assert call("default -o cache_size=1G /mnt") == expected
    assert call("default /mnt -ocache_size=1G") == expected
    assert call("default /mnt -n -w -r -o cache_size=1G -t fuse.gphotosfs") == expected
    assert expected.options.given == {"cache_size": "1G"}


def test_what_the_letters_mean() -> None:
    given = call("-sfv default /mnt -N /proc/1/ns/mnt -o fancy")

    assert given.fake
    assert given.verbose
    assert given.namespace == "/proc/1/ns/mnt"
    assert given.options.given == {}


def test_options_given_twice_are_joined() -> None:
    options = call('-o umask=022,noexec default /mnt -o cache_size=1G,context="a,b"').options

    assert options.given == {"umask": "022", "cache_size": "1G"}
    assert options.handed_on == ("noexec", "context=a,b")


def test_a_profile_called_like_a_file_stays_a_profile() -> None:
    """In /, where a folder /home is, mount(8) makes `/home` of `home`."""
    assert call("/home /mnt").source == "home"
    assert call("home:albums/A /mnt").source == "home:albums/A"


@pytest.mark.parametrize(
    "text", ["", "default", "a b c", "default /mnt -x", "a b -o", "a b -t nfs"]
)
def test_wrong_usage_is_1(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError):
        parse(text.split())

    assert mounted(text.split()) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_asked_for_help_it_says_how_it_is_called(flag: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gphotosfs.mount_helper", flag],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith(USAGE)
    assert done.stderr == ""


def test_a_mount_is_not_changed_in_place(capsys: pytest.CaptureFixture[str]) -> None:
    """`mount -o remount` hands that on."""
    assert mounted(["default", "/mnt", "-o", "rw,remount,cache_size=5G"]) == 1

    assert "unmount it, and mount it anew" in capsys.readouterr().err
