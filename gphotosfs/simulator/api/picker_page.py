"""The page on which a person ticks photos and presses Done."""

import html
from collections.abc import Callable
from itertools import islice
from typing import Final
from urllib.parse import parse_qs

from gphotosfs.simulator.api.picker import Picker
from gphotosfs.simulator.content import Whole
from gphotosfs.simulator.exchange import Answer, Request, html_answer
from gphotosfs.simulator.library.world import UnknownIdError, World

PREFIX: Final = "/picker/"

# Enough to try it out; the real page scrolls on.
_SHOWN_MAX: Final = 500

_STYLE: Final = """\
body { font: 16px sans-serif; margin: 1em auto; max-width: 70em }
form { display: grid; gap: .5em; grid-template-columns: repeat(auto-fill, minmax(9em, 1fr)) }
header { background: white; grid-column: 1 / -1; padding: .5em 0; position: sticky; top: 0 }
button { font: inherit; padding: .4em 1.5em }
label { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
img { aspect-ratio: 1; background: #ddd; display: block; width: 100% }
:checked ~ img { outline: 4px solid #1a73e8 }"""


def answer(
    picker: Picker, world: World, request: Request, picture_url: Callable[[int], str]
) -> Answer:
    """The page of a session, or what comes when it is done. `picture_url` makes base URLs."""
    key = request.path.removeprefix(PREFIX).removesuffix("/autoclose")
    session = picker.on_page(key)
    if session is None:
        return html_answer(404, "Not Found", "This page was used already, or its time is over.")
    if request.method == "POST":
        form = parse_qs(request.body.decode("latin-1"))
        try:
            picker.pick(session, form.get("item", []))
        except (UnknownIdError, ValueError) as exc:
            return html_answer(400, "Bad Request", html.escape(str(exc)))
        return _page("Done", "<h1>Done</h1>\n<p>Your choice was handed on. Close this page.")
    ticks = "\n".join(
        f'<label><input type=checkbox name=item value="{html.escape(item.id)}"> '
        f"{html.escape(item.filename)}"
        f'<img loading=lazy alt="" src="{html.escape(picture_url(item.number))}=w160-h160-c"></label>'
        for item in islice(world.items(), _SHOWN_MAX)
    )
    head = "<header><b>Choose photos</b> <button type=submit>Done</button></header>"
    return _page("Choose photos", f"<form method=post>\n{head}\n{ticks}\n</form>")


def _page(title: str, body: str) -> Answer:
    text = (
        "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
        f"<title>{title} \u2013 simulated Google Photos</title>\n<style>\n{_STYLE}\n</style>\n{body}\n"
    )
    return Answer(200, Whole("text/html; charset=UTF-8", text.encode()))
