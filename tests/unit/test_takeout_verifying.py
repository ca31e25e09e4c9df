"""Which bytes in archives are not what they were, and how that is told."""

import os
import zipfile
from pathlib import Path

from gphotosfs.takeout.verifying import verify


def test_what_is_damaged_is_named_with_its_archive(tmp_path: Path) -> None:
    """A stored member has other bytes then, a deflated one often none."""
    for name, packing in (
        ("stored.zip", zipfile.ZIP_STORED),
        ("deflated.zip", zipfile.ZIP_DEFLATED),
    ):
        with zipfile.ZipFile(tmp_path / name, "w", packing) as archive:
            archive.writestr("a.jpg", bytes(range(256)) * 40)
            archive.writestr("b.jpg", b"b")
        with (tmp_path / name).open("r+b") as file:
            os.pwrite(file.fileno(), b"\xff" * 20, 50)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "c.jpg").write_bytes(b"c")
    read: list[int] = []

    done = verify(
        [tmp_path / name for name in ("stored.zip", "deflated.zip", "folder", "gone.zip")],
        tmp_path / "indexes",
        read.append,
    )

    assert (done.good, done.unknown) == (2, 1)
    assert done.problems[0] == "stored.zip: a.jpg is damaged"
    assert done.problems[1].startswith("deflated.zip: a.jpg: ")
    assert "gone.zip can't be opened" in done.problems[2]
    assert sum(read) >= 256 * 40 + 3
