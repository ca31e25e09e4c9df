"""Programs are told by their files, whatever their threads are called."""

from pathlib import Path

import pytest

from gphotosfs.desktop.programs import Role, role_of, role_of_program


@pytest.mark.parametrize(
    "exe, role",
    [
        ("/usr/bin/nautilus", Role.NAUTILUS),
        ("/usr/bin/thunar", Role.FILE_MANAGER),
        ("/usr/bin/Thunar", Role.FILE_MANAGER),
        ("/usr/bin/nautilus (deleted)", Role.NAUTILUS),
        ("/nix/store/x-nautilus-46/bin/.nautilus-wrapped", Role.NAUTILUS),
        ("/usr/bin/nemo", Role.NAUTILUS),
        ("/app/bin/dolphin", Role.FILE_MANAGER),
        ("/usr/bin/pcmanfm", Role.NAUTILUS),
        ("/usr/lib/x86_64-linux-gnu/tumbler-1/tumblerd", Role.THUMBNAILER),
        ("/usr/lib/x86_64-linux-gnu/libexec/baloo_file_extractor", Role.INDEXER),
        ("/usr/libexec/localsearch-extractor-3", Role.INDEXER),
        ("/usr/bin/gdk-pixbuf-thumbnailer", Role.THUMBNAILER),
        ("/usr/bin/ffmpegthumbnailer", Role.THUMBNAILER),
        ("/usr/bin/totem-video-thumbnailer", Role.THUMBNAILER),
        ("/usr/lib/x86_64-linux-gnu/libexec/kf6/kioworker", Role.THUMBNAILER),
        ("/usr/bin/ls", Role.ORDINARY),
        ("/usr/bin/find", Role.ORDINARY),
        ("/usr/bin/rsync", Role.ORDINARY),
        ("/usr/bin/python3.11", Role.ORDINARY),
        ("/home/ada/nautilus/bin/cp", Role.ORDINARY),
        ("", Role.ORDINARY),
    ],
)
def test_roles(exe: str, role: Role) -> None:
    assert role_of_program(exe) is role


def test_a_thread_is_told_by_its_process(tmp_path: Path) -> None:
    (tmp_path / "42").mkdir()
    (tmp_path / "42/exe").symlink_to("/usr/bin/thunar")
    (tmp_path / "42/comm").write_text("pool-12")

    assert role_of(42, str(tmp_path)) is Role.FILE_MANAGER


@pytest.mark.parametrize("tid", [0, 43])
def test_who_can_not_be_looked_at_is_an_ordinary_program(tmp_path: Path, tid: int) -> None:
    """0 is what FUSE says of a process in another PID namespace."""
    assert role_of(tid, str(tmp_path)) is Role.ORDINARY
