"""`gphotosfs mount`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from gphotosfs.cli.arguments import (
    files,
    mount_options,
    named,
    profiles,
    source_or_mountpoint,
)
from gphotosfs.cli.mounting.all_profiles import mount_all
from gphotosfs.cli.mounting.background import Serve, serve_in_background, serve_in_foreground
from gphotosfs.cli.mounting.checks import check_signed_in, check_system, links_to, usable_mountpoint
from gphotosfs.cli.mounting.identity import become
from gphotosfs.config import (
    OPTIONS,
    MountOptions,
    MountRequest,
    Option,
    Place,
    options_in_fstab,
    parse_mount_options,
    parse_source,
    read_config_file,
    settings_from,
)
from gphotosfs.config.values import PATH

Command = TypeVar("Command", bound=Callable[..., Any])
Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def mount_flags(command: Command) -> Command:
    """A flag for every option that may be given when mounting."""
    for option in reversed(list(OPTIONS.values())):
        if option.places & Place.MOUNT:
            command = _flag(option)(command)
    return command


def _flag(option: Option) -> Callable[[Command], Command]:
    default = option.default if option.default is not None else option.unset
    text = f"{option.text}  [default: {default}]"
    if option.kind.toml_types != (bool,):
        return click.option(
            option.flag,
            option.name,
            metavar=option.kind.metavar,
            shell_complete=_choices(option),
            help=text,
        )
    if option.name == "foreground":
        return click.option("-f", option.flag, option.name, is_flag=True, default=None, help=text)
    negative = option.flag.replace("--", "--no-", 1)
    return click.option(f"{option.flag}/{negative}", option.name, default=None, help=text)


def _choices(option: Option) -> Completer:
    """What a shell offers as its value: what is written in small letters, or a file."""
    words = [word for word in option.kind.metavar.split("|") if word.islower()]

    def beginning(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        if option.kind is PATH:
            return files(context, parameter, incomplete)
        return [CompletionItem(word) for word in words if word.startswith(incomplete)]

    return beginning


@click.command()
@click.argument(
    "arguments",
    nargs=-1,
    required=True,
    metavar="[SOURCE] MOUNTPOINT",
    shell_complete=source_or_mountpoint,
)
@click.option(
    "-p",
    "--profile",
    "profile_name",
    metavar="PROFILE",
    shell_complete=profiles,
    help="Which account, where there is no SOURCE.",
)
@click.option(
    "--all", "all_profiles", is_flag=True, help="Mount every profile, each at MOUNTPOINT/PROFILE."
)
@click.option(
    "-o",
    "option_texts",
    multiple=True,
    metavar="OPTION[=VALUE],…",
    shell_complete=mount_options,
    help="The options below as mount(8) writes them; what only matters to it is passed over.",
)
@mount_flags
def mount(
    arguments: tuple[str, ...],
    profile_name: str | None,
    all_profiles: bool,
    option_texts: tuple[str, ...],
    **flags: object,
) -> None:
    """Mount a library as a directory.

    SOURCE is PROFILE[:PATH]; PATH is a directory of the tree, like default:albums/Paris. The
    command returns when the mount is usable, which needs no network.
    """
    at_most = 1 if all_profiles or profile_name is not None else 2
    if len(arguments) > at_most:
        raise click.UsageError(f"there is one argument too many: {' '.join(arguments)}")
    if all_profiles and profile_name is not None:
        raise click.UsageError("--all and --profile exclude each other")
    source = arguments[0] if len(arguments) == 2 else profile_name or "default"
    options = parse_mount_options(",".join(option_texts))
    given = {name: str(value) for name, value in flags.items() if value is not None}
    options = replace(options, given=options.given | given)

    def mount_one(source: str, mountpoint: str | Path) -> None:
        request = mount_request(source, str(mountpoint), options)

        from gphotosfs.app import run

        mount_and_serve(request, run)

    if not all_profiles:
        mount_one(source, arguments[-1])
    elif "foreground" in options.given:
        raise click.UsageError(
            "--all starts a daemon for each profile; none can be in the foreground"
        )
    else:
        mount_all(arguments[0], mount_one)


def mount_request(source: str, mountpoint: str, options: MountOptions) -> MountRequest:
    """What is asked for; options weigh more than `config.toml`. `run_as` is obeyed at once.

    Raises:
        ConfigError: an option, the profile or its `config.toml` is not usable.
        MountError: nothing can be mounted there.
    """
    uid = OPTIONS["run_as"].value(options.given.get("run_as", "none"))
    if uid is not None:
        become(uid)
    name, path = parse_source(source)
    profile = named(name)
    settings = settings_from(read_config_file(profile.config_path), options.given)
    usable = usable_mountpoint(mountpoint)
    in_fstab = parse_mount_options(options_in_fstab(usable), tolerant=True)
    return MountRequest(
        profile=profile,
        settings=settings,
        path=path,
        mountpoint=usable,
        links=links_to(usable, mountpoint),
        source=source,
        handed_on=options.handed_on,
        for_desktop={**in_fstab.for_desktop, **options.for_desktop},
    )


def check_mountable(request: MountRequest) -> None:
    """Look for what would make the mount fail, as far as that can be known before.

    Raises:
        GPhotosError: it would fail; the message says why.
    """
    check_system(request.settings)
    check_signed_in(request.profile)


def mount_and_serve(request: MountRequest, serve: Serve) -> None:
    """Mount as asked; returns when it is usable, or in the foreground when it is unmounted.

    Raises:
        GPhotosError: it can't be mounted.
    """
    check_mountable(request)
    request.profile.make_dirs()
    if request.settings.foreground:
        serve_in_foreground(request, serve)
    else:
        serve_in_background(request, serve)
