"""Insists that a request's body has the fields and types of its message, as Google's parser does."""

from typing import Any, Final

from gphotosfs.simulator.exchange import ApiError

# A message is a dict of its fields, a repeated field a list with its one kind, else a type.
Shape = dict[str, Any] | list[Any] | type

_DATE: Final[Shape] = {"year": int, "month": int, "day": int}

SEARCH: Final[Shape] = {
    "albumId": str,
    "pageSize": int,
    "pageToken": str,
    "orderBy": str,
    "filters": {
        "dateFilter": {
            "dates": [_DATE],
            "ranges": [{"startDate": _DATE, "endDate": _DATE}],
        },
        "contentFilter": {
            "includedContentCategories": [str],
            "excludedContentCategories": [str],
        },
        "mediaTypeFilter": {"mediaTypes": [str]},
        "featureFilter": {"includedFeatures": [str]},
        "includeArchivedMedia": bool,
        "excludeNonAppCreatedData": bool,
    },
}

SESSION: Final[Shape] = {"pickingConfig": {"maxItemCount": int}}


def checked(value: Any, shape: Shape, where: str = "") -> Any:
    """The value without its nulls, which stand for absent fields.

    Raises:
        ApiError: a field is unknown, or of another type.
    """
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            raise _invalid(value, where)
        for name in value:
            if name not in shape:
                at = f" at '{where}'" if where else ""
                message = (
                    f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'
                )
                raise ApiError(400, message)
        return {
            name: checked(part, shape[name], f"{where}.{name}" if where else name)
            for name, part in value.items()
            if part is not None
        }
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise _invalid(value, where)
        return [checked(part, shape[0], f"{where}[{at}]") for at, part in enumerate(value)]
    if shape is int and isinstance(value, str) and value.removeprefix("-").isdecimal():
        # Numbers may come as strings (the protobuf JSON mapping).
        return int(value)
    if not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
        raise _invalid(value, where)
    return value


def _invalid(value: Any, where: str) -> ApiError:
    return ApiError(400, f"Invalid value at '{where}', {value!r}")
