"""The same over real sockets on loopback, where connections can be kept, reused and lost."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio

from gphotosfs.google.connection import Google, connect
from gphotosfs.google.transport.endpoints import Endpoints
from gphotosfs.simulator import server
from gphotosfs.simulator.service import Origins, SimulatedGoogle
from tests.component.google_kit import a_photo, a_video, read, small_library, token_file


class Listening:
    """A simulator on loopback that counts its connections."""

    def __init__(self, photos: SimulatedGoogle) -> None:
        self.photos = photos
        self.connections = 0
        self._server = server.Server(photos)

    async def serve(self, stream: trio.SocketStream) -> None:
        self.connections += 1
        await self._server.serve(stream)


@pytest.fixture
async def listening(nursery: trio.Nursery) -> Listening:
    api, video = await server.listen("127.0.0.1"), await server.listen("127.0.0.2")
    here = server.origin(api)
    origins = Origins(api=here, oauth=here, media=here, video=server.origin(video))
    one = Listening(SimulatedGoogle(small_library(), origins=origins))
    nursery.start_soon(trio.serve_listeners, one.serve, [api, video])
    return one


@pytest.fixture
async def google(tmp_path: Path, listening: Listening) -> AsyncIterator[Google]:
    photos = listening.photos
    google = connect(
        token_file(tmp_path, photos, signed_in=False),
        tmp_path / "state",
        endpoints=Endpoints(photos.origins.api),
    )
    yield google
    await google.aclose()


async def test_everything_works_over_sockets(google: Google, listening: Listening) -> None:
    world = listening.photos.world
    page = await google.library.media_items_page()
    photo, video = a_photo(world), a_video(world)

    assert len(page.items) == 100
    assert await read(google, photo) == world.bytes_of(photo.item, "d")
    assert await read(google, video, 5) == world.bytes_of(video.item, "dv")[5:]
    assert await google.media.size(video) == world.size_of(video.item, "dv")


async def test_one_connection_serves_request_after_request(
    google: Google, listening: Listening
) -> None:
    key = a_photo(listening.photos.world)
    for _ in range(5):
        await google.library.albums_page()
        await google.media.size(key)
        await read(google, key, 0, 1000)
        await read(google, key)

    # One for tokens, one for all others.
    assert listening.connections == 2


async def test_a_body_that_is_read_exactly_to_its_end_frees_its_connection(
    google: Google, listening: Listening
) -> None:
    key = a_photo(listening.photos.world)
    for _ in range(3):
        async with google.media.open(key, 0, 1000) as body:
            buffer, got = memoryview(bytearray(1000)), 0
            while got < 1000:
                got += await body.readinto(buffer[got:])

    assert listening.connections == 2


# The server's own generators are in this process too; what is tested is the client's.
@pytest.mark.filterwarnings("ignore:Async generator 'gphotosfs.simulator:ResourceWarning")
@pytest.mark.filterwarnings("ignore:.*SimulatedGoogle.body:pytest.PytestUnraisableExceptionWarning")
async def test_a_body_that_is_given_up_leaves_nothing_behind(
    google: Google, listening: Listening
) -> None:
    key = a_video(listening.photos.world)
    for _ in range(5):
        async with google.media.open(key, 0, None) as body:
            assert await body.readinto(memoryview(bytearray(1000))) > 0

    assert set(google.status().under_way.values()) == {0}
    assert (
        await read(google, key, 0, 1000) == listening.photos.world.bytes_of(key.item, "dv")[:1000]
    )


async def test_a_reader_cancelled_in_the_middle_leaves_nothing_behind(
    google: Google, listening: Listening
) -> None:
    key = a_video(listening.photos.world)
    listening.photos.faults.add("stall", kind="redirected", bytes=100_000, times=None)
    stalled = trio.Event()

    async def reader() -> None:
        async with google.media.open(key, 0, None) as body:
            buffer, got = memoryview(bytearray(100_000)), 0
            while got < 100_000:
                got += await body.readinto(buffer)
            stalled.set()
            await body.readinto(buffer)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(reader)
        await stalled.wait()
        nursery.cancel_scope.cancel()

    assert set(google.status().under_way.values()) == {0}
