"""`gphotosfs uninstall`."""

import os
from pathlib import Path

import click

from gphotosfs.cli.installing.desktop_pieces import desktop_pieces
from gphotosfs.cli.installing.pieces import pieces


@click.command()
@click.option("--dry-run", is_flag=True, help="Only list what would be removed.")
@click.option(
    "--destdir",
    type=click.Path(path_type=Path),
    default="/",
    help="Look below this folder, as given to install.",
)
def uninstall(dry_run: bool, destdir: Path) -> None:
    """Remove what `gphotosfs install` has written, also with --desktop, and nothing else."""
    of_desktop = desktop_pieces(destdir, for_everybody=os.geteuid() == 0)
    for piece in (*pieces(destdir), *of_desktop):
        if piece.is_ours:
            if not dry_run:
                piece.remove()
            click.echo(piece.path)
        elif piece.is_there:
            click.echo(f"{piece.path} is not ours and stays", err=True)
