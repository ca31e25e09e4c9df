"""Which sidecar belongs to which file of a folder. Pure: names and facts in, pairs out.

The order of passes is the one that readers of Takeout converge on (the reference, 6.3), each stronger in
evidence than the next. A sidecar serves one file, but for an item's other parts: the edited copy and the
moving part of a photo have none of their own.
"""

import enum
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from gphotosfs.takeout import filenames
from gphotosfs.takeout.filenames import Name
from gphotosfs.takeout.media_types import is_video, mime_type
from gphotosfs.takeout.sidecar import ItemFacts


class Role(enum.StrEnum):
    """Which part of an item a file is."""

    MAIN = ""
    EDITED = "edited"
    MOTION = "motion"


@dataclass(frozen=True, slots=True)
class Sidecar:
    """An item's JSON by the name that it has in its folder."""

    name: str
    facts: ItemFacts


@dataclass(frozen=True, slots=True)
class Match:
    """A file with what is known of it."""

    name: str
    """Its own, in its folder."""
    facts: ItemFacts | None
    """None: no sidecar is its own."""
    title: str
    """The name that it is shown under."""
    role: Role = Role.MAIN
    is_sure: bool = True
    """False: the sidecar's name is not quite the file's, so that bytes may know better."""


@dataclass(frozen=True, slots=True)
class Matches:
    """All of a folder."""

    files: list[Match]
    orphans: list[ItemFacts]
    """Of sidecars whose file is not there."""
    doubtful: list[str]
    """Files to which two sidecars that disagree lay claim: the first has it."""


def match_folder(files: Iterable[str], sidecars: Iterable[Sidecar]) -> Matches:
    """Pair the files of one folder with its sidecars."""
    matching = _Matching(sorted(set(files)), sorted(sidecars, key=lambda one: one.name))
    for wanted in (_exact, _other_case, _cut, _without_extension, _by_title, _other_extension):
        matching.claim(wanted, is_sure=wanted is _exact)
    matching.find_parts()
    return matching.result()


class _Index:
    """The files of a folder, to be found by what a sidecar says of them."""

    def __init__(self, files: Sequence[str]) -> None:
        self.by_name: dict[Name, list[str]] = defaultdict(list)
        self.by_stem: dict[tuple[str, int | None], list[str]] = defaultdict(list)
        self._cut: dict[tuple[str, int | None], list[tuple[str, str]]] = defaultdict(list)
        """Extensions and files by stems that are long enough to be cut, with their counters."""
        self._whole: dict[int | None, list[tuple[str, str]]] = defaultdict(list)
        """Names without counters, and files, in order, by counters; of those files too."""
        for file in files:
            for name in filenames.readings(file):
                self.by_name[name].append(file)
                self.by_stem[name.stem, name.counter].append(file)
                if filenames.units(name.stem) >= filenames.CUT_UNITS:
                    self._cut[name.stem, name.counter].append((name.extension, file))
                    self._whole[name.counter].append((name.stem + name.extension, file))
        for names in self._whole.values():
            names.sort()

    def cut_from(self, text: str, counter: int | None) -> Iterator[tuple[str, str]]:
        """(extension, file) of those whose stem may be what was left of a text, the longest first."""
        for length in range(min(len(text), _STEM_MAX), _STEM_MIN - 1, -1):
            yield from self._cut.get((text[:length], counter), ())

    def beginning_with(self, text: str, counter: int | None) -> Iterator[str]:
        """The files whose names begin with a text."""
        names = self._whole.get(counter, [])
        for at in range(bisect_left(names, (text, "")), len(names)):
            name, file = names[at]
            if not name.startswith(text):
                return
            yield file


_STEM_MIN: Final = filenames.CUT_UNITS // 2
_STEM_MAX: Final = 60
"""Characters of a cut stem: an emoji has two units; the most that was seen are 51 units."""

_FOUND_MAX: Final = 100
"""Files that one reading of a sidecar may mean; a hostile folder may hold a million of one beginning."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """One reading of a sidecar."""

    title: str
    """The key of the title, as the sidecar and its name tell it together."""
    counter: int | None
    is_begin: bool
    """Whether the title is cut."""
    uploaded_as: str
    """The key of the title that is written in the sidecar."""

    @property
    def parts(self) -> tuple[str, str]:
        return filenames.split(self.title)


def _claims(sidecar: Sidecar) -> Iterator[_Claim]:
    title = filenames.key(sidecar.facts.title)
    readings = list(filenames.sidecar_readings(sidecar.name))
    agreeing = [counter for begin, counter in readings if title and filenames.agrees(begin, title)]
    if agreeing:
        yield from (_Claim(title, counter, False, title) for counter in agreeing)
        return
    # No title, or the file was called something else: then the sidecar's own name is all.
    for begin, counter in readings:
        for own in filenames.titles_of(begin):
            is_long = filenames.units(begin) >= filenames.CUT_UNITS
            yield _Claim(own, counter, is_long, title)


_Wanted = Callable[[_Index, _Claim], Iterable[str]]


def _exact(index: _Index, claim: _Claim) -> Iterable[str]:
    stem, extension = claim.parts
    return index.by_name.get(Name(stem, claim.counter, extension), ())


def _other_case(index: _Index, claim: _Claim) -> Iterator[str]:
    """`IMG_1.jpg`, whose title says IMG_1.JPG."""
    stem, extension = claim.parts
    for file in index.by_stem.get((stem, claim.counter), ()):
        if filenames.split(file)[1].lower() == extension.lower():
            yield file


def _cut(index: _Index, claim: _Claim) -> Iterator[str]:
    stem, extension = claim.parts
    if filenames.units(claim.title) < filenames.CUT_UNITS:
        return
    if claim.is_begin:
        yield from index.beginning_with(claim.title, claim.counter)
        yield from (file for _, file in index.cut_from(claim.title, claim.counter))
        return
    for own, file in index.cut_from(stem, claim.counter):
        if own.lower() == extension.lower():
            yield file


def _without_extension(index: _Index, claim: _Claim) -> Iterator[str]:
    """`x.jpg`, whose title and sidecar have no extension; the sidecar tells by being of that name."""
    for file in index.by_stem.get((claim.title, claim.counter), ()):
        if mime_type(file):
            yield file
    if filenames.units(claim.title) >= filenames.CUT_UNITS:
        yield from (file for _, file in index.cut_from(claim.title, claim.counter))


def _by_title(index: _Index, claim: _Claim) -> Iterable[str]:
    """The sidecar's own name means nothing, but what is written in it does."""
    stem, extension = filenames.split(claim.uploaded_as)
    return index.by_name.get(Name(stem, claim.counter, extension), ())


def _other_extension(index: _Index, claim: _Claim) -> Iterator[str]:
    """Of a live photo only the moving part is here, or the photo was converted."""
    stem, extension = claim.parts
    for file in index.by_stem.get((stem, claim.counter), ()):
        if is_video(mime_type(file)) or (
            extension.lower() in _CONVERTED and mime_type(file) == "image/jpeg"
        ):
            yield file


_CONVERTED: Final = frozenset((".heic", ".heif", ".dng", ".png", ".webp", ".avif"))


@dataclass(frozen=True, slots=True)
class _Part:
    """What a file without a sidecar is of an item."""

    facts: ItemFacts
    title: str
    role: Role


class _Matching:
    """A folder while it is worked on."""

    def __init__(self, files: list[str], sidecars: list[Sidecar]) -> None:
        self._files = files
        self._index = _Index(files)
        self._left = [(sidecar, list(_claims(sidecar))) for sidecar in sidecars]
        self._owners: dict[str, ItemFacts] = {}
        self._parts: dict[str, _Part] = {}
        self._unsure: set[str] = set()
        self._doubtful: list[str] = []

    def claim(self, wanted: _Wanted, *, is_sure: bool) -> None:
        """Give every sidecar that is left its file, if this kind of evidence finds one."""
        before = set(self._owners)
        left = []
        for sidecar, claims in self._left:
            found = [
                file for claim in claims for file in islice(wanted(self._index, claim), _FOUND_MAX)
            ]
            free = [file for file in found if file not in self._owners]
            if free:
                self._owners[free[0]] = sidecar.facts
                if not is_sure:
                    self._unsure.add(free[0])
            elif not found or not self._settles(sidecar, found, before):
                left.append((sidecar, claims))
        self._left = left

    def _settles(self, sidecar: Sidecar, found: list[str], before: set[str]) -> bool:
        """Whether a sidecar without a free file says what another one has said already."""
        for file in found:
            owner, facts = self._owners[file], sidecar.facts
            if (owner.title, owner.taken_s, owner.url) == (facts.title, facts.taken_s, facts.url):
                return True
        contested = [file for file in found if file not in before]
        self._doubtful += contested[:1]
        return False

    def find_parts(self) -> None:
        """Find whose edited copy or moving part the files without a sidecar are."""
        stills: dict[str, str] = {}
        for file in self._owners:
            if not is_video(mime_type(file)):
                stills.setdefault(filenames.split(filenames.key(file))[0], file)
        absent = {
            (claim.parts[0], claim.counter): sidecar.facts
            for sidecar, claims in self._left
            for claim in claims
        }
        for file in self._files:
            if file not in self._owners:
                part = self._edited(file, absent) or self._moving(file, stills)
                if part is not None:
                    self._parts[file] = part

    def _edited(
        self, file: str, absent: Mapping[tuple[str, int | None], ItemFacts]
    ) -> _Part | None:
        """Whose edited copy a file is; `absent` are those of which there is only the sidecar."""
        extension = filenames.split(file)[1]
        for name in filenames.readings(file):
            for stem, suffix in filenames.unedited(name.stem):
                # The counter may be the edited copy's alone: X-edited(1).jpg of X.jpg.
                for counter in dict.fromkeys((name.counter, None)):
                    original = self._owned(Name(stem, counter, name.extension), file)
                    if original is not None:
                        facts = self._owners[original]
                        title = _shown(facts.title, original)
                    elif (stem, counter) in absent:
                        facts = absent[stem, counter]
                        title = _shown(facts.title, stem + extension)
                    else:
                        continue
                    return _Part(facts, filenames.split(title)[0] + suffix + extension, Role.EDITED)
        return None

    def _owned(self, name: Name, but: str) -> str | None:
        """A file of a name that has a sidecar, if need be with another extension."""
        same = self._index.by_name.get(name, ())
        near = self._index.by_stem.get((name.stem, name.counter), ())
        return next((one for one in (*same, *near) if one in self._owners and one != but), None)

    def _moving(self, file: str, stills: Mapping[str, str]) -> _Part | None:
        """Whose moving part a file is."""
        found = _still_of(file, stills)
        if found is None:
            return None
        still, ending = found
        facts = self._owners[still]
        title = _shown(facts.title, still)
        return _Part(facts, title.removesuffix(filenames.split(title)[1]) + ending, Role.MOTION)

    def result(self) -> Matches:
        """What was found."""
        files = []
        for file in self._files:
            if file in self._owners:
                facts = self._owners[file]
                title = _shown(facts.title, file)
                role = Role.MAIN
                if is_video(mime_type(file)) and not is_video(mime_type(facts.title) or "video/"):
                    role, title = (
                        Role.MOTION,
                        filenames.split(facts.title)[0] + filenames.split(file)[1],
                    )
                files.append(Match(file, facts, title, role, file not in self._unsure))
            elif file in self._parts:
                part = self._parts[file]
                files.append(Match(file, part.facts, part.title, part.role))
            else:
                files.append(Match(file, None, filenames.plain(file)))
        return Matches(files, [sidecar.facts for sidecar, _ in self._left], self._doubtful)


def _still_of(file: str, stills: Mapping[str, str]) -> tuple[str, str] | None:
    """The still whose moving part a file is, and what its name has behind the still's stem."""
    stem, extension = filenames.split(filenames.plain(file))
    if extension and is_video(mime_type(file)):
        is_long = filenames.units(stem) >= filenames.CUT_UNITS
        # A shorter extension leaves room for more of a long stem.
        for cut in range(3 if is_long else 1):
            still = stills.get(filenames.key(stem[: len(stem) - cut]))
            if still is not None:
                return still, extension
    for name in filenames.unmoved(file):
        if name in stills and (not extension or is_video(mime_type(file))):
            return stills[name], filenames.plain(file)[len(name) :]
    return None


def _shown(title: str, file: str) -> str:
    """The name to show a file under: its title, with the extension of what the file really is."""
    if not title:
        return filenames.plain(file)
    own, extension = filenames.split(filenames.plain(file))[1], filenames.split(title)[1]
    if not extension or (mime_type(title) != mime_type(file) and mime_type(file)):
        is_extension = bool(mime_type(title))
        return (filenames.split(title)[0] if is_extension else title) + own
    return title
