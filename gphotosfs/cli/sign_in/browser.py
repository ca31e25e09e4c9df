"""Brings a person to a page: in a browser, or as an address and a QR code."""

import io
import os
import shutil
import sys
import webbrowser

import click


def open_page(address: str) -> bool:
    """Open the page if there is a browser to see it in; whether it is being opened."""
    # Without a display the standard library would fall back to a text browser within this terminal.
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")):
        return False
    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False


def show_address(address: str) -> None:
    """Print the address, and on a terminal that is wide enough a QR code of it."""
    click.echo(f"\n  {address}\n")
    if sys.stdout.isatty():
        code = qr_code(address)
        if len(code.partition("\n")[0]) <= shutil.get_terminal_size().columns:
            click.echo(code)


def qr_code(text: str) -> str:
    """The text as a QR code of half-block characters, two modules each."""
    import segno

    drawn = io.StringIO()
    # The least redundant level: it is read off a screen, and every line counts.
    segno.make(text, micro=False, error="l").terminal(drawn, compact=True, border=2)
    return drawn.getvalue()
