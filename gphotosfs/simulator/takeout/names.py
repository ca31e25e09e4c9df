"""How Takeout names what it exports, and what it is called in some languages (reference, 6.2 and 6.3)."""

from dataclasses import dataclass
from typing import Final

SUPPLEMENT: Final = ".supplemental-metadata"
_ILLEGAL: Final = '\\/:*?"<>|'


@dataclass(frozen=True, slots=True)
class Language:
    """The words of an export."""

    root: str
    album_json: str
    edited: str
    untitled: str
    trash: str
    year: str = "Photos from"


LANGUAGES: Final = {
    "en": Language("Google Photos", "metadata.json", "-edited", "Untitled", "Trash"),
    # The space is one that does not break, as seen in bytes.
    "fr": Language("Google\u00a0Photos", "métadonnées.json", "-modifié", "Sans titre", "Corbeille"),
    "de": Language("Google Fotos", "Metadaten.json", "-bearbeitet", "Unbenannt", "Papierkorb", "Fotos von"),
    "it": Language("Google Foto", "metadati.json", "-modificato", "Senza titolo", "Cestino"),
    "es": Language("Google Fotos", "metadatos.json", "-ha editado", "Sin título", "Papelera", "Fotos del"),
    "ru": Language("Google Фото", "метаданные.json", "-измененный", "Без названия", "Корзина"),
    "ja": Language("Google フォト", "メタデータ.json", "-編集済み", "無題", "ゴミ箱"),
    "zh": Language("Google 相册", "元数据.json", "-已修改", "未命名", "回收站"),
}  # fmt: skip


def units(text: str) -> int:
    """The length in UTF-16 units."""
    return sum(2 if ord(c) > 0xFFFF else 1 for c in text)


def cut(text: str, most: int, *, whole: bool) -> str:
    """The first UTF-16 units of a text; `whole`: a pair at the border is kept rather than dropped."""
    taken = 0
    for at, char in enumerate(text):
        if taken >= most or (taken + units(char) > most and not whole):
            return text[:at]
        taken += units(char)
    return text


def legal(title: str, *, ampersands: bool = True) -> str:
    """A title with `_` for what can't be in a file's name."""
    illegal = _ILLEGAL if ampersands else _ILLEGAL + "&%"
    name = "".join("_" if c in illegal or ord(c) < 32 else c for c in title)
    return "_" * len(name) if set(name) <= {"."} else name


def split(name: str) -> tuple[str, str]:
    """Stem and extension, the latter with its dot."""
    stem, dot, extension = name.rpartition(".")
    fits = stem and 0 < len(extension) <= 5 and extension.isascii() and extension.isalnum()
    return (stem, dot + extension) if fits else (name, "")


def media_name(title: str, counter: int, extension: str, suffix: str = "") -> str:
    """The name of a media file; `extension` where the title has none, or of a part of an item."""
    stem, own = split(title)
    ending = extension or own
    stem = cut(stem + suffix, 51 - len(ending), whole=True)
    return stem + (f"({counter})" if counter else "") + ending


def sidecar_name(title: str, counter: int, *, supplement: bool, uncut: bool) -> str:
    """The name of an item's JSON."""
    name = title + (SUPPLEMENT if supplement else "")
    begin = name if uncut else cut(name, 46, whole=False)
    return begin + (f"({counter})" if counter else "") + ".json"
