"""A service that gets its sign-in from systemd (`LoadCredential=gphotosfs-PROFILE:…`)."""

import json
from pathlib import Path

import pytest

from gphotosfs.simulator.process import Running
from tests.mount.mounting import Home

pytestmark = pytest.mark.mount


def test_a_mount_lives_on_what_systemd_hands_it(
    home: Home, simulator: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.profile.credentials_path.unlink()
    handed = tmp_path / "handed" / "gphotosfs-default"
    handed.parent.mkdir()
    handed.write_text(json.dumps(simulator.credentials))
    handed.chmod(0o440)  # an ACL for the service's user shows as bits of the group
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed.parent))

    with home.mounted() as mount:
        assert len(list((mount / "media" / "all").iterdir())) == 120
        told = home.diagnosed()

    assert told["tokens"]["level"] == told["sign-in"]["level"] == "fine"
    assert list((tmp_path / "config").rglob("credentials*")) == []
