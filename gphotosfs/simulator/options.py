"""How this Google behaves: what is uncertain about the real one, how fast, how generous."""

from dataclasses import dataclass
from typing import Literal

from gphotosfs.simulator.sign_in.oauth import ACCESS_TOKEN_LIFE_S


@dataclass(kw_only=True)
class Options:
    """Switches; each may be changed at any time. Letters and numbers are the reference's."""

    # Speed.
    api_latency_s: float = 0.0
    media_latency_s: float = 0.0
    """To the headers of a media answer; a redirect and its target take it once each."""
    video_latency_s: float = 0.0
    """The same once more for a film itself: a transcode may take seconds to begin (2.1)."""
    bytes_per_s: float | None = None
    """The speed of the line that all media bodies share; None: as fast as it goes."""

    # Listings (1.6).
    page_size_over_max: Literal["clamp", "refuse"] = "clamp"
    empty_page_every: int = 0
    """Each such page is empty and has a token; 0: none."""
    short_pages: bool = False
    """Pages end before they are full, at a length that depends on where they begin."""
    repeat_at_border: bool = False
    """The first item of a page is the last one of the page before."""
    last_token_leads_to_nothing: bool = False
    """The last full page has a token, too, and behind it is `{}`."""

    list_shows_archived: bool = True
    """Whether mediaItems.list does; for searches there is `includeArchivedMedia`."""

    # Errors (1.7, 3.6).
    unknown_item_status: Literal[400, 404] = 404
    batch_get_fails_whole: bool = False
    """An id that is not known makes all of batchGet a 500."""
    scope_error_details: bool = False
    service_disabled: bool = False
    retry_after_s: int | None = None
    """Sent with 429 and 503; the real one does not."""

    # Picking (4).
    poll_interval_s: float = 5.0
    pick_timeout_s: float = 1800.0
    """How long a client is to ask whether the person is done."""
    session_life_s: float = 7 * 86_400.0
    unknown_session_status: Literal[400, 404] = 404
    account_without_photos: bool = False

    # Bytes (2).
    url_life_s: float = 3600.0
    head: Literal["length", "no_length", "refused"] = "length"
    ranges: bool = True
    """Whether `=d` honours Range."""
    video_ranges: bool = True
    """Whether `=dv` does."""
    content_length: bool = True
    """False: bodies come in chunks, their length untold."""
    bare_url: Literal["error", "picture"] = "error"
    expired_body: Literal["html", "png"] = "html"

    # Tokens and quotas (3.3, 3.5, 5).
    testing_mode: bool = False
    """The consent screen is "Testing": what is allowed on it from now on dies after seven days."""
    access_token_life_s: float = ACCESS_TOKEN_LIFE_S
    calls_per_day: int | None = 10_000
    byte_requests_per_day: int | None = 75_000
