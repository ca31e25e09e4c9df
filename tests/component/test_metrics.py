import io
import re
from pathlib import Path
from typing import Any

import pytest
import trio.testing
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from gphotosfs.app.metrics import metrics_text
from gphotosfs.cli.telling.status_table import table
from gphotosfs.google.transport.quota import Kind
from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.service import SimulatedGoogle
from tests.component.core_kit import content, everything_seen, listing, running_core


@pytest.fixture
def photos(autojump_clock: trio.testing.MockClock) -> SimulatedGoogle:
    return SimulatedGoogle(World(seed=1, items=30), clock=trio.current_time)


def samples(text: str) -> dict[str, float]:
    """Every sample as Prometheus reads it; a label's value stands behind the name."""
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_metrics_agree_with_what_google_counts(
    photos: SimulatedGoogle, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    async with running_core(tmp_path, photos) as core:
        names = list(await listing(core, "media/all"))
        await listing(core, "albums")
        sizes = [len(await content(core, f"media/all/{name}")) for name in names[:5]]
        await everything_seen(core)
        seen = samples(metrics_text(core.status()))

    log = photos.log
    assert seen["gphotosfs_api_calls_total"] == sum(row.kind == "api" for row in log)
    assert seen["gphotosfs_byte_requests_total"] == sum(row.kind == "media" for row in log)
    sent = sum(row.bytes_sent for row in log if row.kind in ("media", "redirected"))
    assert sum(sizes) <= seen["gphotosfs_received_bytes_total"] <= sent
    assert seen["gphotosfs_items"] == 30
    assert seen["gphotosfs_albums"] == len(photos.world.albums())
    assert seen["gphotosfs_signed_in"] == seen["gphotosfs_online"] == 1
    assert seen["gphotosfs_quota_calls_left"] == 10_000 - seen["gphotosfs_api_calls_total"]
    assert seen["gphotosfs_cache_bytes"] > 0


async def test_the_metrics_are_a_file(
    photos: SimulatedGoogle, tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    async with running_core(tmp_path, photos) as core:
        seen = samples((await content(core, ".gphotosfs/metrics")).decode())

    assert any(name.startswith("gphotosfs_info ") for name in seen)


def status(**google: Any) -> dict[str, Any]:
    """What a daemon answers, as far as it is shown."""
    return {
        "version": "1",
        "profile": "default",
        "started_s": 1_700_000_000,
        "library": {"items": 12_345, "albums": 3},
        "google": {
            "sign_in_problem": "",
            "is_offline": False,
            "last_errors": [],
            "calls_left": 9_000,
            "byte_requests_left": 70_000,
            "calls_made": 1_000,
            "byte_requests_made": 5_000,
            "received_bytes": 1 << 30,
            "quota_resets_at_s": 1_700_000_000.5,
            "under_way": {"foreground": 2},
            **google,
        },
        "cache": {"bytes": 5 << 30, "limit_bytes": 10 << 30, "blobs": 7, "degraded": ""},
        "pinned": {"pins": 2, "items": 8, "here": 6, "size_bytes": 509, "problem": ""},
        "under_way": {"open_files": 4},
    }


def test_labels_are_escaped_and_trouble_is_a_number() -> None:
    awkward = 'a "quoted" \\ name\n'
    text = metrics_text(status(sign_in_problem="revoked") | {"profile": awkward})

    (info,) = [f for f in text_string_to_metric_families(text) if f.name == "gphotosfs_info"]
    assert info.samples[0].labels["profile"] == awkward
    assert samples(text)["gphotosfs_signed_in"] == 0
    assert samples(text)["gphotosfs_under_way open_files"] == 4


def test_pins_are_gauges() -> None:
    found = samples(metrics_text(status()))

    names = ("pins", "pinned_items", "pinned_items_here", "pinned_bytes")
    assert [found[f"gphotosfs_{name}"] for name in names] == [2, 8, 6, 509]


def drawn(state: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)
    console.print(table([{"mountpoint": "/home/anna/Photos"} | state]))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_has_everything_in_words() -> None:
    shown = drawn(status(last_errors=["12:00 offline", "11:59 [bold]no markup[/bold]"]))

    assert "/home/anna/Photos" in shown
    for words in ("12,345", "calls left", "9,000", "5.0 GiB", "open files", "[bold]no markup"):
        assert words in shown


def test_the_table_leaves_out_what_there_is_nothing_of() -> None:
    """It has to fit a terminal; a quota that is used up or a library that is empty is no such nothing."""
    state = status(calls_left=0)
    busy = state | {"under_way": {"probes": 3, "listings": 0}, "takeout": {"archives": 0}}

    shown = drawn(busy)

    assert "probes" in shown
    assert "listings" not in shown
    assert "takeout" not in shown
    assert re.search(r"calls left +0 ", shown)


def test_kinds_of_requests_are_all_counted() -> None:
    """Whoever adds one says under which counter it goes."""
    assert set(Kind) == {Kind.CALLS, Kind.BYTES, Kind.PICKER_CALLS, Kind.PICKED_BYTES}
