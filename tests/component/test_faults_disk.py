"""Damage on the disk where a mount can't place it well enough."""

import random
from pathlib import Path

import pytest

from gphotosfs.catalog import entries
from gphotosfs.catalog.store import Store
from gphotosfs.errors import StoreError
from gphotosfs.model import Inode
from gphotosfs.views.layout import plant_tree
from tests import big_catalogue

CLIENT = "123-abc.apps.googleusercontent.com"
PAGE_BYTES = 4096


def test_a_bad_page_met_in_use_fails_one_look_up_and_sets_the_file_aside_at_the_next_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The file is too large to be read through when it is opened."""
    path = tmp_path / "catalog.db"
    first = Store(path, CLIENT)
    first.prepare(plant_tree, 0)
    big_catalogue.fill_quickly(first, 15_000)
    inodes = range(64, 15_000)
    known = [inode for inode in inodes if entries.item(first.read, Inode(inode)) is not None]
    first.close()
    content = bytearray(path.read_bytes())
    assert len(content) > 8 << 20
    for page in range(len(content) // PAGE_BYTES // 4, len(content) // PAGE_BYTES, 97):
        at = page * PAGE_BYTES
        content[at : at + PAGE_BYTES] = random.Random(page).randbytes(PAGE_BYTES)
    path.write_bytes(content)

    second = Store(path, CLIENT)
    good, bad = 0, 0
    for inode in known:
        try:
            good += entries.item(second.read, Inode(inode)) is not None
        except StoreError:
            bad += 1
    assert second.is_damaged
    second.close()

    assert good > 1000
    assert 0 < bad < good
    assert [
        record.getMessage() for record in caplog.records if "next mount" not in record.msg
    ] == []
    assert len(caplog.records) == 1
    third = Store(path, CLIENT)
    assert not third.is_damaged
    assert entries.counts(third.read)["items"] == 0
    third.close()
    (aside,) = tmp_path.glob("catalog.db.damaged-????????-??????")
    assert aside.read_bytes() == bytes(content)
