"""What the one writer of a profile has: catalogue, cache, Google, and the tree made of them."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import chain
from typing import Any, Final

import trio

from gphotosfs import __version__, errors
from gphotosfs.app.joining import Joining
from gphotosfs.app.metrics import metrics_text
from gphotosfs.app.takeout import Takeout
from gphotosfs.blobs.cache import BlobCache, in_threads
from gphotosfs.blobs.kept import KeptBlobs
from gphotosfs.blobs.shelf import Blocking
from gphotosfs.catalog import entries, shown
from gphotosfs.catalog.nesting import set_nesting
from gphotosfs.catalog.places import Changes
from gphotosfs.catalog.spans import set_archived
from gphotosfs.catalog.store import InThread, Store, adopt_signed_out, path_for
from gphotosfs.config import Profile, Settings
from gphotosfs.google.connection import Google
from gphotosfs.google.sign_in.scopes import are_for_picking_alone
from gphotosfs.limits import BATCH_GET_MAX
from gphotosfs.model import BlobKey, BlobSize, Inode, ItemId, Variant, preview_of
from gphotosfs.views import picking, pinning
from gphotosfs.views.files import Files
from gphotosfs.views.layout import plant_tree
from gphotosfs.views.library import NoLibrary
from gphotosfs.views.listings import Listings
from gphotosfs.views.picks import Picks
from gphotosfs.views.pictures import Pictures
from gphotosfs.views.pins import Pins
from gphotosfs.views.previews import MadePreviews, made_here
from gphotosfs.views.sizes import Sizes
from gphotosfs.views.sources import KeptItems, Sources
from gphotosfs.views.tree import Tree
from gphotosfs.views.walks import Walks

log = logging.getLogger(__name__)

LAST_SAVE_S: Final = 3.0
"""What an ending mount may take to save the quota ledger and close its connections."""


class Core:
    """The services of a profile. The caller holds the profile's lock."""

    def __init__(
        self,
        profile: Profile,
        settings: Settings,
        google: Google,
        *,
        changed: Callable[[Changes], None],
        renewed: Callable[[Inode], None],
        now_ns: Callable[[], int] = time.time_ns,
        blocking: Blocking | None = None,
    ) -> None:
        """Makes and joins everything; nothing runs yet.

        `changed` is told of names, `renewed` of files whose bytes are others now. `now_ns` is the
        wall clock; `blocking` runs what waits for the disk, in threads by default.

        Raises:
            StoreError: the catalogue can't be opened.
        """
        self.google = google
        self.store = open_catalogue(
            profile,
            settings,
            google.tokens.client_id,
            now_ns(),
            blocking or trio.to_thread.run_sync,
        )
        self._renewed = renewed
        self._tell = changed
        # Beside the catalogue that knows them: another client id has its own.
        kept_folder = profile.data_dir / "picked" / self.store.path.stem.removeprefix("catalog-")
        self.kept = KeptBlobs(kept_folder, blocking or in_threads())
        self.takeout = Takeout(
            profile,
            self.store,
            include_archived=settings.include_archived,
            now_ns=now_ns,
            changed=self._changed,
            renewed=self._renewed_in_archives,
        )
        self._previews = MadePreviews(
            lambda item: made_here(self.store, self._pictures, self.cache, item),
            for_their_sizes=settings.sizes == "exact",
        )
        sources = Sources(
            self.store, google.media, google.picker.media, self.takeout.media, self._previews
        )
        self.cache = BlobCache(
            profile.cache_dir,
            sources,
            limit_bytes=settings.cache_size_bytes,
            min_free_bytes=settings.cache_min_free.size_bytes,
            min_free_percent=100 * settings.cache_min_free.share,
            max_age_s=settings.cache_max_age_s,
            learned=self._learned,
            clock=lambda: now_ns() / 1e9,
            blocking=blocking,
        )
        self.sizes = Sizes(
            self.store,
            sources,
            mode=settings.sizes,
            timeout_s=settings.timeout_s,
            probed=self.cache.note_size,
        )
        self.listings = Listings(
            self.store,
            google.library if _has_library(google) else NoLibrary(),
            now_ns=now_ns,
            fresh_s=settings.dir_cache_time_s,
            include_archived=settings.include_archived,
            changed=self._changed,
        )
        walks = Walks(self.store)
        google.base_urls.renew_along(
            lambda item: chain(self.pins.next_to(item), walks.neighbours(item, BATCH_GET_MAX))
        )
        kept = KeptItems(
            self.store,
            self.kept,
            self.takeout.media.reader,
            lost=lambda: self.pins.look_soon(),  # noqa: PLW0108 - it is made below
        )
        self._files = Files(self.sizes, self.cache, kept, walks)
        self._pictures = Pictures(sources, kept, self.cache)
        self.picks = Picks(
            picking.Means(
                store=self.store,
                picker=google.picker,
                kept=self.kept,
                now_ns=now_ns,
                changed=self._changed,
                learned=self._learned,
            )
        )
        self.tree = Tree(
            self.store,
            self.listings,
            self.sizes,
            self._files,
            self._pictures,
            status=self.status,
            metrics=lambda: metrics_text(self.status()),
            cached_bytes=lambda: self.cache.usage().bytes,
            spare_bytes=self.cache.spare_bytes,
            now_ns=now_ns,
        )
        self.joining = Joining(
            self.store,
            self.takeout.media,
            is_busy=lambda: any((*self.listings.gauges().values(), self.takeout.is_reading)),
            changed=self._changed,
        )
        self.pins = Pins(
            pinning.Means(
                store=self.store,
                folder=profile.data_dir,
                kept=self.kept,
                blobs=self.cache,
                listings=self.listings,
                resolve=self.tree.resolve,
                known_bytes=self.sizes.known,
                learned=self._learned,
                changed=self._changed,
                now_ns=now_ns,
            )
        )
        self._profile = profile
        self._started_s = now_ns() / 1e9

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; what is pending is then written within a short deadline."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.google.run)
                await nursery.start(self.cache.run)
                await nursery.start(self.sizes.run)
                await nursery.start(self.listings.run)
                await nursery.start(self.picks.run)
                await nursery.start(self.takeout.run)
                await nursery.start(self.joining.run)
                await nursery.start(self.pins.run)
                task_status.started()
        finally:
            self.store.close()
            with trio.move_on_after(LAST_SAVE_S, shield=True):
                await self.google.aclose()

    async def refresh(self, path: str = "") -> None:
        """Ask Google again for the directory at a path, whatever failed before."""
        self.google.forget_failures()
        self.cache.forget_failures()
        self.picks.try_again()
        self.pins.try_again()
        await self.tree.refresh(path)

    def status(self) -> Mapping[str, Any]:
        """What `gphotosfs status` shows: numbers and words, no secrets."""
        usage = self.cache.usage()
        return {
            "version": __version__,
            "profile": self._profile.name,
            "started_s": int(self._started_s),
            "library": {
                **entries.counts(self.store.read),
                "undated_items_looked_for": self.listings.everything_was_seen(),
            },
            "google": asdict(self.google.status()),
            "cache": {
                "bytes": usage.bytes,
                "limit_bytes": usage.limit_bytes,
                "blobs": usage.blobs,
                "degraded": usage.degraded,
            },
            "picks": self.picks.status(),
            "pinned": self.pins.status(),
            "takeout": self.takeout.status(),
            "pictures": self._pictures.status(),
            "under_way": self.gauges(),
        }

    def gauges(self) -> dict[str, int]:
        """How much is under way; all zero when nothing is."""
        return {
            **self.listings.gauges(),
            **self.sizes.gauges(),
            **self._files.gauges(),
            **self.cache.gauges(),
            **self.picks.gauges(),
            **self.pins.gauges(),
            **self.takeout.gauges(),
            **self._pictures.gauges(),
        }

    def _changed(self, changes: Changes) -> None:
        for inode in changes.renewed:
            item = entries.item(self.store.read, inode)
            if item is not None:
                self._files.replaced(inode, item.id)
            self._renewed(inode)
            self._renewed(preview_of(inode))
        if changes.has_candidates:
            self.joining.wake()
        self._tell(changes)
        self.pins.notice(changes)

    def _renewed_in_archives(self, identity: ItemId, size_bytes: int) -> None:
        item = entries.item_with_id(self.store.read, identity)
        if item is not None:
            self.cache.renew(item.blob, size_bytes)
            self._files.renewed(identity)
            self._tell_renewed(item.blob)
            self._renew_preview(identity)

    def _learned(self, key: BlobKey, size: BlobSize) -> None:
        self.sizes.learn(key, size.total_bytes)
        if size.changed:
            self._tell_renewed(key)
            if key.variant is Variant.PHOTO:
                self._renew_preview(key.item)

    def _renew_preview(self, identity: ItemId) -> None:
        """A photo has other bytes now, and so its preview, if anybody has seen that."""
        key = BlobKey(identity, Variant.PREVIEW)
        preview = shown.item_of(self.store.read, key)
        if preview is not None and self.sizes.known(preview) is not None:
            self._previews.forget(identity)
            self.cache.renew(key, None)
            self.sizes.forget(preview.inode)
            self._tell_renewed(key)

    def _tell_renewed(self, key: BlobKey) -> None:
        for inode in entries.showing(self.store.read, key.item):
            self._renewed(preview_of(inode) if key.variant is Variant.PREVIEW else inode)


def _has_library(google: Google) -> bool:
    """Whether there is a sign-in with which the Library can be asked."""
    tokens = google.tokens
    return not tokens.is_signed_out and not are_for_picking_alone(tokens.scopes)


def open_catalogue(
    profile: Profile, settings: Settings, client_id: str, now_ns: int, in_thread: InThread
) -> Store:
    """The catalogue of what this client id sees, with the fixed tree in it.

    Raises:
        StoreError: it can't be opened.
    """
    path = path_for(profile.data_dir, client_id)
    adopt_signed_out(profile.data_dir, path)
    others = [p.name for p in profile.data_dir.glob("catalog-*.db") if p != path]
    if others and not path.exists():
        log.warning(
            "this client id has not been used here before: Google shows it only what was uploaded "
            "with it, so the tree starts empty. What the former one saw is kept in %s.",
            ", ".join(others),
        )
    while True:
        store = Store(path, client_id, in_thread=in_thread)
        try:
            store.prepare(plant_tree, now_ns)
            store.prepare(set_nesting, settings.nest_albums, now_ns)
            store.prepare(set_archived, settings.include_archived)
        except errors.StoreError:
            store.close()
            if not store.is_damaged:
                raise
        else:
            return store
