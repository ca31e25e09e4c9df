from pathlib import Path

from gphotosfs.config import options_in_fstab

FSTAB = r"""
# default /home/anna/Photos gphotosfs commented,out 0 0
UUID=1 /home ext4 defaults 0 2
default	/home/anna/My\040Photos	gphotosfs  nofail,x-gvfs-name=Anna's%20photos  0 0
short line
"""


def test_a_mount_point_has_the_options_of_its_line(tmp_path: Path) -> None:
    fstab = tmp_path / "fstab"
    fstab.write_text(FSTAB)

    found = options_in_fstab(Path("/home/anna/My Photos"), fstab)

    assert found == "nofail,x-gvfs-name=Anna's%20photos"
    assert options_in_fstab(Path("/home/anna/Photos"), fstab) == ""
    assert options_in_fstab(Path("/home"), tmp_path / "absent") == ""
