"""The table of options in the documentation: `python -m gphotosfs.config.table` prints it."""

import sys

from gphotosfs.config.settings import OPTIONS, Place


def options_table() -> str:
    """Every option as a table in Markdown."""
    rows = ["| option | default | what it does |", "| --- | --- | --- |"]
    for option in OPTIONS.values():
        metavar = option.kind.metavar.replace("|", "\\|")
        name = f"`{option.name}={metavar}`" if metavar else f"`{option.name}`"
        default = f"`{option.default}`" if option.default is not None else option.unset
        where = {Place.FILE: " Only in config.toml.", Place.MOUNT: " Not in config.toml."}
        rows.append(f"| {name} | {default} | {option.text}{where.get(option.places, '')} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(options_table())
