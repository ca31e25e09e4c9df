"""`gphotosfs install`."""

import os
from pathlib import Path

import click

from gphotosfs.cli.pieces import others_who_may_change, pieces
from gphotosfs.errors import ConfigError


@click.command()
@click.option("--dry-run", is_flag=True, help="Only list what would be written.")
@click.option(
    "--destdir",
    type=click.Path(path_type=Path),
    default="/",
    help="Put everything below this folder, as packagers need it.",
)
def install(dry_run: bool, destdir: Path) -> None:
    """Let mount(8) and systemd find gphotosfs.

    As root: mount.gphotosfs and mount.fuse.gphotosfs in /sbin, and a unit for systemd. As an
    ordinary user: a unit for `systemctl --user`.
    """
    found = pieces(destdir)
    for piece in found:
        if piece.is_there and not piece.is_ours:
            raise ConfigError(
                f"{piece.path} is there already and not ours; move it away if you want ours"
            )
        for part in others_who_may_change(piece.target) if piece.target is not None else ():
            click.echo(f"warning: others than root may change {part}, and root runs it", err=True)
    for piece in found:
        if not dry_run:
            piece.write()
        click.echo(piece)
    if not dry_run:
        click.echo(_next_steps())


def _next_steps() -> str:
    if os.geteuid() == 0:
        return (
            "Now: systemctl daemon-reload && systemctl enable --now gphotosfs@USER\n"
            "Or a line in /etc/fstab: default /home/USER/Photos gphotosfs run_as=USER,nofail 0 0"
        )
    return "Now: systemctl --user daemon-reload && systemctl --user enable --now gphotosfs@default"
