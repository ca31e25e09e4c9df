"""A mount as on a desktop, where fusectl is mounted and everybody may open /dev/fuse."""

import pytest

from gphotosfs.simulator.process import Running, running
from tests.mount.private import NOBODY, needs_root, run_inside

pytestmark = [pytest.mark.mount, needs_root]


def test_sixteen_stalled_readers_hold_up_nobody_else() -> None:
    """The kernel's default of 12 slots a mount would be used up by them."""
    with running(
        *("--items", "60", "--cheap-bytes", "--photo-bytes", "1000000"),
        *("--video-bytes", "64000000"),
    ) as simulator:
        run_inside("inside_slots", simulator)


def test_an_ordinary_user_mounts_reads_and_unmounts(simulator: Running) -> None:
    run_inside("inside_user", simulator, user=NOBODY)
