"""Says how a command ended in a notification of the desktop: in a file manager there is no terminal."""

import contextlib
import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import click

from gphotosfs.desktop.actions import ICON, MENU
from gphotosfs.errors import GPhotosError

# What fits into the notifications of GNOME, Xfce and KDE without being cut off.
_LINES_MAX: Final = 5

# A daemon that is starting may take a moment; a file manager must not collect our processes.
_TIMEOUT_S: Final = 10.0

_SERVICE: Final = "org.freedesktop.Notifications"
_OBJECT: Final = "/org/freedesktop/Notifications"


@contextlib.contextmanager
def as_notification() -> Iterator[None]:
    """Whatever is printed meanwhile, or goes wrong, is notified of; then it goes on to be an exit code.

    Nothing is said where nothing was printed.
    """
    said = io.StringIO()
    problem = ""
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            yield
    except GPhotosError as exc:
        problem = str(exc)
        raise
    except click.ClickException as exc:
        problem = exc.format_message()
        raise
    finally:
        notify(f"{said.getvalue()}\n{problem}")


def notify(text: str) -> None:
    """Show the last lines of a text; on stderr where no desktop takes it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()][-_LINES_MAX:]
    if not lines:
        return
    shown = "\n".join(lines)
    if not any(_sent(command) for command in _commands(shown)):
        sys.stderr.write(f"{shown}\n")


def _commands(text: str) -> Iterator[list[str]]:
    # https://specifications.freedesktop.org/notification-spec: the text may hold some markup.
    body = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    yield ["notify-send", f"--app-name={MENU}", f"--icon={ICON}", "--", MENU, body]
    # In the order of Notify's parameters; 0 replaces no other one, -1 lasts as long as others do.
    parameters = [MENU, "0", ICON, MENU, body, "[]", "{}", "-1"]
    call = ["gdbus", "call", "--session", "--dest", _SERVICE, "--object-path", _OBJECT]
    yield [*call, "--method", f"{_SERVICE}.Notify", "--", *parameters]


def _sent(command: list[str]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
