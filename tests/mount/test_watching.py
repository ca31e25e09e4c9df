"""status and metrics of a real mount, beside what the simulated Google has counted."""

import json
import os
import pty
import stat
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.mount.mounting import HANG_GUARD_S, PROGRAM, Home, Mount, sh

pytestmark = pytest.mark.mount


def sample(mount: Mount, name: str) -> float:
    text = (mount / ".gphotosfs/metrics").read_text()
    return next(
        family.samples[0].value
        for family in text_string_to_metric_families(text)
        if family.samples[0].name == name
    )


def test_status_and_metrics_agree_with_googles_own_counts(home: Home) -> None:
    with home.mounted() as mount:
        first = min(path.name for path in (mount / "media/all").iterdir())
        (mount / "media/all" / first).read_bytes()
        sh("ls", "-l", mount / "albums")
        # The slow look at every item goes on behind, so what is compared is asked for around it.
        before = len(home.simulator.log("api"))
        status = json.loads(home.run("status", "--json", mount.path).stdout)
        metrics = sample(mount, "gphotosfs_api_calls_total")
        after = len(home.simulator.log("api"))

        assert before <= status["google"]["calls_made"] <= metrics <= after
        fetched = len(home.simulator.log("media"))
        assert status["google"]["byte_requests_made"] == fetched
        assert sample(mount, "gphotosfs_byte_requests_total") == fetched
        assert status["library"]["items"] == sample(mount, "gphotosfs_items") == 120
        assert stat.S_IMODE(mount.profile.control_path.stat().st_mode) == 0o600


def test_on_a_terminal_it_is_a_table_that_can_be_watched(home: Home) -> None:
    with home.mounted() as mount:
        ours, theirs = pty.openpty()
        watching = subprocess.Popen(
            [*PROGRAM, "status", "--watch", mount.path],
            env=home.environment | {"TERM": "xterm", "COLUMNS": "120", "LINES": "50"},
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        try:
            seen = b""
            while seen.count(b"calls left") < 2:  # drawn a second time
                seen += os.read(ours, 1 << 16)
        finally:
            watching.send_signal(2)
            os.close(ours)
            watching.wait(HANG_GUARD_S)
        assert str(mount.path).encode() in seen

        assert "terminal" in home.run("status", "--watch", mount.path, code=2).stderr
