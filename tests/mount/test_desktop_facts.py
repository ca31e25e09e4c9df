"""What file managers that stand on GIO make of a mount: types, rights, room."""

from pathlib import Path

import pytest

from gphotosfs.simulator.process import Running
from tests.mount.mounting import Home, counted, sh

pytestmark = pytest.mark.mount

TYPES = {
    "a.JPG": "image/jpeg",
    "b.HEIC": "image/heif",
    "c.MOV": "video/quicktime",
    "d.dng": "image/x-adobe-dng",
    "e.CR2": "image/x-canon-cr2",
    "f.arw": "image/x-sony-arw",
    "g.webp": "image/webp",
    "h.avif": "image/avif",
    "i.3gp": "video/3gpp",
    "j.MTS": "video/mp2t",
    "k.mp4": "video/mp4",
    "l.mkv": "video/x-matroska",
    "m.gif": "image/gif",
    "n.tif": "image/tiff",
}


def told(path: Path, *attributes: str) -> dict[str, str]:
    """What `gio info` says of a file."""
    lines = sh("gio", "info", "-a", ",".join(attributes), path).splitlines()
    pairs = [line.strip().split(": ", 1) for line in lines if "::" in line]
    return dict(pairs)


def test_types_are_known_by_name_without_a_byte_fetched(home: Home, simulator: Running) -> None:
    for name in TYPES:
        simulator.change("add_item", filename=name)
    with home.mounted("-o", "sizes=on-open") as mount:
        assert set(TYPES) <= {path.name for path in (mount / "media/all").iterdir()}
        with counted(simulator) as requests:
            found = {
                name: told(mount / "media/all" / name, "standard::content-type") for name in TYPES
            }

            assert requests().media == 0

    assert {name: one["standard::content-type"] for name, one in found.items()} == TYPES


def test_nothing_can_be_pasted_renamed_or_thrown_away(home: Home) -> None:
    with home.mounted() as mount:
        photo = next((mount / "media/all").glob("*.*"))
        for path in (photo, mount / "media/all"):
            rights = told(path, "access::*")
            assert rights.pop("access::can-read") == "TRUE"
            assert rights.pop("access::can-execute") == str(path.is_dir()).upper()
            assert set(rights.values()) == {"FALSE"}, rights
        assert told(mount.path, "access::can-write") == {"access::can-write": "FALSE"}
        about_the_disk = sh("gio", "info", "-f", mount.path)

    assert "filesystem::readonly: TRUE" in about_the_disk
    assert "filesystem::free: 0\n" not in about_the_disk
