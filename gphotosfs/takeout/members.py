"""What an archive holds: its members, and what had to be left out."""

import enum
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


class Packing(enum.StrEnum):
    """How a member's bytes lie in its archive."""

    STORED = "stored"  # in a zip, as they are
    DEFLATED = "deflated"  # in a zip, compressed
    TAR = "tar"  # within the gzip stream of a .tgz
    FILE = "file"  # a file of an unpacked folder


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive, and the way to its bytes."""

    archive: int
    """The number of its archive among those that are read together."""
    path: str
    """As the archive has it, with slashes, below the archive's top."""
    size_bytes: int
    crc: int | None
    """CRC-32 of the bytes; None where the archive does not say."""
    packing: Packing
    offset: int = 0
    """Of a zip's local header; of a tar member's bytes in what the gzip holds."""
    packed_bytes: int = 0


@dataclass(slots=True)
class Notices:
    """What is wrong with archives, each kind once, with how often and the first example.

    Bounded, since a hostile archive can be wrong in a million places.
    """

    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _examples: dict[tuple[str, str], str] = field(default_factory=dict)

    def note(self, where: str, what: str, example: str = "") -> None:
        """Something is wrong in an archive; `example` is the path of the member it was found at."""
        self._counts[where, what] += 1
        # A name from an archive may be long and may steer a terminal.
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in example)
        self._examples.setdefault((where, what), shown[:120])

    def take(self, others: "Notices") -> None:
        """What is wrong elsewhere, as well."""
        self._counts.update(others._counts)
        self._examples = others._examples | self._examples

    def __iter__(self) -> Iterator[str]:
        """A line for each kind."""
        for (where, what), count in self._counts.items():
            example = self._examples[where, what]
            times = f", {count} times" if count > 1 else ""
            yield f"{where}: {what}{times}" + (f" (first: {example})" if example else "")

    def __len__(self) -> int:
        return len(self._counts)
