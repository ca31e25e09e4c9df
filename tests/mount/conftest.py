"""Simulated Googles for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gphotosfs.simulator.process import Running, running
from tests.mount.mounting import Home, Mount, Pictures, drawn


@pytest.fixture(scope="session")
def pictures() -> Iterator[Pictures]:
    """A small library of real pictures and films, which no test changes."""
    with running("--items", "32") as simulator:
        yield drawn(simulator)


@pytest.fixture(scope="session")
def gallery(pictures: Pictures, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mount]:
    """The same, mounted; whatever a test asks may have been asked before."""
    home = Home(tmp_path_factory.mktemp("gallery"), pictures.simulator)
    with home.mounted() as mount:
        yield mount


@pytest.fixture
def simulator() -> Iterator[Running]:
    """A library of cheap bytes, a test's own to change and to break."""
    sizes = ("--photo-bytes", "200000", "--video-bytes", "600000")
    with running("--items", "120", "--cheap-bytes", *sizes) as simulator:
        yield simulator


@pytest.fixture
def home(tmp_path: Path, simulator: Running) -> Home:
    """A profile on it."""
    return Home(tmp_path, simulator)
