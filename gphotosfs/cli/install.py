"""`gphotosfs install`."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from gphotosfs.cli.installing.desktop_pieces import desktop_pieces
from gphotosfs.cli.installing.pieces import Installed, Piece, others_who_may_change, pieces
from gphotosfs.errors import ConfigError


@click.command()
@click.option(
    "--desktop",
    is_flag=True,
    help="What file managers and the desktop's menu look for, instead of what the others do.",
)
@click.option("--dry-run", is_flag=True, help="Only list what would be written.")
@click.option(
    "--destdir",
    type=click.Path(path_type=Path),
    default="/",
    help="Put everything below this folder, as packagers need it.",
)
def install(desktop: bool, dry_run: bool, destdir: Path) -> None:
    """Let mount(8), systemd and shells find gphotosfs, or with --desktop the file managers.

    As root: mount.gphotosfs and mount.fuse.gphotosfs in /sbin, a unit for systemd, and what completes
    commands in bash, zsh and fish. As an ordinary user: a unit for `systemctl --user`, and what
    completes them in bash and fish.

    With --desktop: "Open in Google Photos", "Keep offline", "No longer keep offline" and "Refresh" in
    the menus of Nautilus, Nemo, Caja, Thunar, Dolphin and PCManFM-Qt, an entry in the desktop's own menu,
    and the icon; as root for all users, where the file manager allows that.
    """
    found: Sequence[Installed] = pieces(destdir)
    if desktop:
        found = desktop_pieces(destdir, for_everybody=os.geteuid() == 0)
    for piece in found:
        if piece.is_there and not piece.is_ours:
            raise ConfigError(
                f"{piece.path} is there already and not ours; move it away if you want ours"
            )
        target = piece.target if isinstance(piece, Piece) else None
        for part in others_who_may_change(target) if target is not None else ():
            click.echo(f"warning: others than root may change {part}, and root runs it", err=True)
    for piece in found:
        if not dry_run:
            piece.write()
        click.echo(piece)
    if not dry_run:
        click.echo(_next_steps(desktop=desktop))


def _next_steps(*, desktop: bool) -> str:
    if desktop:
        return "Now: start your file manager anew, or log out and in"
    if os.geteuid() == 0:
        return (
            "Now: systemctl daemon-reload && systemctl enable --now gphotosfs@USER\n"
            "Or a line in /etc/fstab: default /home/USER/Photos gphotosfs run_as=USER,nofail 0 0"
        )
    return "Now: systemctl --user daemon-reload && systemctl --user enable --now gphotosfs@default"
