"""A path of its own, `/_simulator/…`, through which another process looks at it and drives it."""

import dataclasses
import json
from typing import Any, Final
from urllib.parse import unquote

from gphotosfs.simulator.content import Whole
from gphotosfs.simulator.exchange import Answer, Request, json_answer, not_found
from gphotosfs.simulator.faults import Fault
from gphotosfs.simulator.library.items import Item
from gphotosfs.simulator.library.world import Album
from gphotosfs.simulator.service import SimulatedGoogle

PREFIX: Final = "/_simulator/"
STOP: Final = PREFIX + "stop"

# What the library may be told from outside: methods of `World`.
_CHANGES: Final = frozenset(
    {
        "add_item",
        "add_file",
        "edit_item",
        "change_bytes",
        "remove_item",
        "new_album",
        "add_to_album",
        "remove_from_album",
        "rename_album",
        "remove_album",
        "set_cover",
    }
)


def answer(photos: SimulatedGoogle, request: Request) -> Answer:
    """Do what the path says, and answer in JSON.

    GET log (?after=ROW), DELETE log; GET or POST options; POST or DELETE faults; POST
    world/METHOD with its arguments as an object, or as a list where they have no names; GET items
    (?limit=N), GET albums, GET bytes/ITEM/VARIANT; POST revoke, POST expire-tokens; GET sessions,
    POST pick with the ids that a person ticks in the youngest session that waits, POST
    expire-sessions; POST stop.
    """
    what = request.path.removeprefix(PREFIX)
    given = json.loads(request.body) if request.body else {}
    try:
        return _do(photos, request, request.method, what, given)
    except (KeyError, TypeError, ValueError) as exc:
        return json_answer({"error": f"{type(exc).__name__}: {exc}"}, 400)


def _do(
    photos: SimulatedGoogle,
    request: Request,
    method: str,
    what: str,
    given: Any,
) -> Answer:
    match method, what.split("/"):
        case "GET", ["log"]:
            after = int(request.value("after") or 0)
            return json_answer([dataclasses.asdict(row) for row in photos.log[after:]])
        case "DELETE", ["log"]:
            photos.log.clear()
        case "GET", ["options"]:
            return json_answer(dataclasses.asdict(photos.options))
        case "POST", ["options"]:
            change_options(photos, given)
        case "POST", ["faults"]:
            photos.faults.waiting.append(Fault(**given))
        case "DELETE", ["faults"]:
            photos.faults.clear()
        case "POST", ["world", name] if name in _CHANGES:
            change = getattr(photos.world, name)
            return json_answer(
                _plain(change(*given) if isinstance(given, list) else change(**given))
            )
        case "GET", ["items"]:
            limit = int(request.value("limit") or 10_000)
            shown = [item for item, _ in zip(photos.world.items(), range(limit), strict=False)]
            return json_answer([_plain(item) for item in shown])
        case "GET", ["albums"]:
            return json_answer([_album(photos, number) for number in photos.world.albums()])
        case "GET", ["bytes", item_id, variant]:
            item = photos.world.item(unquote(item_id))
            return Answer(200, photos.world.content(item, variant))
        case "POST", ["revoke"]:
            photos.client.revoked = True
        case "POST", ["expire-tokens"]:
            photos.accounts.expire_access_tokens()
        case "GET", ["sessions"]:
            return json_answer([dataclasses.asdict(one) for one in photos.picker.sessions.values()])
        case "POST", ["pick"]:
            photos.picker.pick(photos.picker.youngest(), given)
        case "POST", ["expire-sessions"]:
            photos.picker.expire()
        case "POST", ["stop"]:
            pass  # the server does it once this answer is sent
        case _:
            return not_found(request.path)
    return Answer(200, Whole("application/json; charset=UTF-8", b"{}\n"))


def change_options(photos: SimulatedGoogle, given: dict[str, Any]) -> None:
    """Set some of the options.

    Raises:
        KeyError: there is no such option.
    """
    known = {field.name for field in dataclasses.fields(photos.options)}
    for name, value in given.items():
        if name not in known:
            raise KeyError(name)
        setattr(photos.options, name, value)


def _plain(value: Item | Album | None) -> Any:
    return None if value is None else dataclasses.asdict(value)


def _album(photos: SimulatedGoogle, album: Album) -> dict[str, Any]:
    shown = {"id": album.id, "title": album.title}
    return shown | {"item_ids": [photos.world.at(number).id for number in album.members]}
