"""Numbers that others set, each with its source."""

from typing import Final

# --- Google -----------------------------------------------------------------------------------

# mediaItems.list and mediaItems.search: at most 100 a page, 25 unless asked.
# https://developers.google.com/photos/library/reference/rest/v1/mediaItems/list (read 2026-11)
MEDIA_ITEMS_PAGE_MAX: Final = 100

# albums.list: at most 50 a page, 20 unless asked.
# https://developers.google.com/photos/library/reference/rest/v1/albums/list (read 2026-11)
ALBUMS_PAGE_MAX: Final = 50

# mediaItems.batchGet: 1 to 50 ids, no repeats.
# https://developers.google.com/photos/library/reference/rest/v1/mediaItems/batchGet (read 2026-11)
BATCH_GET_MAX: Final = 50

# The Picker's mediaItems.list: at most 100 a page, 50 unless asked.
# https://developers.google.com/photos/picker/reference/rest/v1/mediaItems/list (read 2026-11)
PICKED_PAGE_MAX: Final = 100

# A Picker session holds at most 2,000 items (the reference, section 4), twenty pages; with short and
# empty ones among them ten times as many are still no sign of an endless list.
PICKED_PAGES_MAX: Final = 200

# Google takes photos of at most 200 MB and videos of at most 20 GB; a length far beyond that is nonsense,
# and those of more than 8 EiB would not even fit into SQLite.
# https://support.google.com/photos/answer/6193313 (read 2026-11)
MEDIA_MAX_BYTES: Final = 1 << 40

# A base URL is valid for 60 minutes; real ones were seen to live 30 to 40 in 2020, and then answer
# 403, which is handled as well.
# https://developers.google.com/photos/library/guides/access-media-items (read 2026-11)
BASE_URL_LIFE_S: Final = 3600.0

# Requests a project may make a day: API calls of all kinds, and fetches of base URLs.
# https://developers.google.com/photos/overview/api-limits-quotas (read 2026-11)
CALLS_PER_DAY: Final = 10_000
BYTE_REQUESTS_PER_DAY: Final = 75_000

# Empty pages that still carry a token are normal: 80 in a row were reported
# (https://github.com/gilesknap/gphotos-sync/issues/179). More than this in a row is nonsense.
EMPTY_PAGES_MAX: Final = 500

# --- Linux ------------------------------------------------------------------------------------

# limits.h: the longest name of a file, in bytes.
NAME_MAX_BYTES: Final = 255

# st_blocks counts units of 512 bytes, whatever st_blksize says (stat(2)).
STAT_BLOCK_BYTES: Final = 512
