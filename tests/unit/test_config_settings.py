import re
from pathlib import Path

import pytest

from gphotosfs.config import (
    OPTIONS,
    LogLevel,
    MountRequest,
    Place,
    Profile,
    Settings,
    Sizes,
    parse_mount_options,
    read_config_file,
    settings_from,
)
from gphotosfs.config.table import options_table
from gphotosfs.errors import ConfigError

OPTIONS_PAGE = Path(__file__).parents[2] / "docs" / "OPTIONS.md"


def test_defaults_are_those_of_the_declarations() -> None:
    settings = settings_from({}, {})

    assert settings == Settings()
    assert settings.cache_size_bytes == 10 << 30
    assert settings.dir_cache_time_s == 300
    assert settings.sizes is Sizes.AUTO
    assert settings.cache_max_age_s is None


def test_the_command_line_wins_over_the_file() -> None:
    settings = settings_from(
        {"timeout": "1m", "cache_size": "1G", "nest_albums": True}, {"timeout": "5s"}
    )

    assert settings.timeout_s == 5
    assert settings.cache_size_bytes == 1 << 30
    assert settings.nest_albums


def test_none_unsets_what_the_file_sets() -> None:
    assert settings_from({"cache_max_age": "7d"}, {"cache_max_age": "none"}).cache_max_age_s is None


@pytest.mark.parametrize(
    "in_file, message",
    [
        ({"cache_sise": "1G"}, "did you mean cache_size?"),
        ({"timeout": True}, "timeout"),
        ({"file_mode": 440}, "file_mode"),
        ({"foreground": True}, "foreground"),
        ({"timeout": "soon"}, "option timeout"),
        ({"allow_other": True, "allow_root": True}, "exclude"),
    ],
)
def test_a_wrong_file_is_explained(in_file: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        settings_from(in_file, {})


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("timeout = ")

    with pytest.raises(ConfigError, match=r"config\.toml"):
        read_config_file(path)
    assert read_config_file(tmp_path / "absent.toml") == {}


def test_no_permission_to_write_is_left() -> None:
    settings = settings_from({}, {"file_mode": "0666", "dir_mode": "0777", "umask": "027"})

    assert settings.file_permissions == 0o440
    assert settings.dir_permissions == 0o550


def test_mount_options_are_ours_the_kernels_or_passed_over() -> None:
    options = parse_mount_options(
        "ro,_netdev,nofail,user=anna,x-systemd.automount,x-gvfs-name=My%20Photos,comment=a,"
        "noexec,relatime,allow_other,timeout=1m,sizes=on-open,defaults"
    )

    assert options.given == {"allow_other": "", "timeout": "1m", "sizes": "on-open"}
    assert options.handed_on == ("noexec",)
    assert options.for_desktop == {"x-gvfs-name": "My%20Photos"}
    assert settings_from({}, options.given).allow_other


@pytest.mark.parametrize(
    "text",
    [
        'context="system_u:object_r:a:s0:c1,c2",log_level=debug',
        r"context=system_u:object_r:a:s0:c1\,c2,log_level=debug",
        r'context="system_u:object_r:a:s0:c1\,c2",,log_level=debug,',
    ],
)
def test_commas_in_values_are_quoted_or_escaped(text: str) -> None:
    options = parse_mount_options(text)

    assert options.handed_on == ("context=system_u:object_r:a:s0:c1,c2",)
    assert settings_from({}, options.given).log_level is LogLevel.DEBUG


@pytest.mark.parametrize(
    "text, message",
    [
        ("cache_sise=1G", "'cache_sise'; did you mean cache_size?"),
        ("nosuidd", "did you mean nosuid?"),
        ("endpoints=http://127.0.0.1", "'endpoints'"),
        ("max_read=4096", "'max_read'"),
        ("timeout", "timeout=DURATION"),
        ('context="a', "not closed"),
    ],
)
def test_an_unusable_mount_option_is_named(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        parse_mount_options(text)


def test_libfuse_is_told_what_holds_for_every_mount() -> None:
    request = MountRequest(
        profile=Profile(),
        settings=Settings(allow_other=True),
        path="",
        mountpoint=Path("/mnt"),
        source="default",
        handed_on=("context=a:c1,c2",),
        for_desktop={"x-gvfs-show": "", "x-gvfs-name": "One,%20two"},
    )

    assert request.fuse_options("default:a,b") == {
        "ro",
        "default_permissions",
        "auto_unmount",
        "allow_other",
        "subtype=gphotosfs",
        "fsname=default:a\\,b",
        "context=a:c1\\,c2",
        "x-gvfs-show",
        "x-gvfs-name=One%2C%20two",
    }


def test_the_kernel_checks_modes_where_others_may_come_in() -> None:
    """Elsewhere it would ask for the size of each file before it is opened."""

    def told(settings: Settings) -> set[str]:
        request = MountRequest(
            profile=Profile(),
            settings=settings,
            path="",
            mountpoint=Path("/mnt"),
            source="default",
        )
        return request.fuse_options("default")

    assert "default_permissions" not in told(Settings())
    assert "default_permissions" in told(Settings(allow_other=True)) & told(
        Settings(allow_root=True)
    )


def test_every_option_says_what_it_does() -> None:
    for option in OPTIONS.values():
        assert option.text.endswith(".")
        assert option.default is not None or option.unset
        assert option.places & (Place.MOUNT | Place.FILE)


def test_the_page_of_options_is_made_from_the_declarations() -> None:
    """Renew it with `python -m gphotosfs.config.table`."""
    page = OPTIONS_PAGE.read_text()
    table = page.split("<!-- options:")[1].split("-->\n", 1)[1].split("<!-- end of options -->")[0]

    assert table == options_table()
