"""The state of a profile's daemon in Prometheus' text format, version 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/ (read 2026-11)
"""

from collections.abc import Mapping
from typing import Any


def metrics_text(status: Mapping[str, Any]) -> str:
    """What `Core.status` says, as numbers for a machine that watches."""
    google, cache, library = status["google"], status["cache"], status["library"]
    page = _Page()
    page.gauge(
        "info", "Which daemon this is.", 1, version=status["version"], profile=status["profile"]
    )
    page.gauge("start_time_seconds", "When it began, as Unix time.", status["started_s"])
    page.gauge("items", "Photos and videos that are known.", library["items"])
    page.gauge("albums", "Albums that are known.", library["albums"])
    page.gauge(
        "signed_in", "1 unless somebody has to sign in again.", not google["sign_in_problem"]
    )
    page.gauge("online", "0 while Google can't be reached.", not google["is_offline"])
    page.counter("api_calls_total", "API calls made, each attempt.", google["calls_made"])
    page.counter(
        "byte_requests_total", "Fetches of bytes made, each attempt.", google["byte_requests_made"]
    )
    page.counter(
        "received_bytes_total", "Bytes of photos and videos received.", google["received_bytes"]
    )
    page.gauge("quota_calls_left", "API calls that are left today.", google["calls_left"])
    page.gauge(
        "quota_byte_requests_left", "Fetches that are left today.", google["byte_requests_left"]
    )
    page.gauge(
        "quota_reset_time_seconds", "When the quota begins anew.", google["quota_resets_at_s"]
    )
    for lane, count in google["under_way"].items():
        page.gauge("requests_under_way", "Requests that wait or are answered.", count, lane=lane)
    page.gauge("cache_bytes", "Disk space that cached bytes take.", cache["bytes"])
    page.gauge("cache_limit_bytes", "The most that they may take.", cache["limit_bytes"])
    page.gauge("cache_blobs", "Photos and videos with cached bytes.", cache["blobs"])
    page.gauge("cache_degraded", "1 while the disk is not written to.", bool(cache["degraded"]))
    pinned = status["pinned"]
    page.gauge("pins", "Albums, folders and files that are kept offline.", pinned["pins"])
    page.gauge("pinned_items", "Photos and videos in them.", pinned["items"])
    page.gauge("pinned_items_here", "Those of them that are here.", pinned["here"])
    page.gauge("pinned_bytes", "What they take.", pinned["size_bytes"])
    for what, count in status["under_way"].items():
        page.gauge("under_way", "What is going on; all 0 when nobody asks.", count, what=what)
    return page.text()


class _Page:
    """Samples, each family with its help and type before its first."""

    def __init__(self) -> None:
        self._families: dict[str, list[str]] = {}

    def gauge(self, name: str, text: str, value: float, **labels: str) -> None:
        self._add("gauge", f"gphotosfs_{name}", text, value, labels)

    def counter(self, name: str, text: str, value: float) -> None:
        self._add("counter", f"gphotosfs_{name}", text, value, {})

    def text(self) -> str:
        return "".join(f"{line}\n" for lines in self._families.values() for line in lines)

    def _add(
        self, kind: str, name: str, text: str, value: float, labels: Mapping[str, str]
    ) -> None:
        head = [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
        given = ",".join(f'{label}="{_escaped(said)}"' for label, said in labels.items())
        # float, since True is no number there, and repr, which loses no digit.
        sample = f"{name}{{{given}}} {float(value)!r}" if given else f"{name} {float(value)!r}"
        self._families.setdefault(name, head).append(sample)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
