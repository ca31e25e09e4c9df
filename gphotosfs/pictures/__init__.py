"""Pictures made small: thumbnails, previews, and the texts that a PNG carries.

Nothing else knows Pillow, which is imported when the first picture comes: a daemon that draws none
neither waits nor pays for it. Every function blocks, so call it in a thread.
"""

from gphotosfs.pictures.png_texts import texts_of, with_text
from gphotosfs.pictures.scaling import scaled_jpeg, thumbnail_pngs

__all__ = ["scaled_jpeg", "texts_of", "thumbnail_pngs", "with_text"]
