"""Frames as they come out of a stream of trio's."""

import trio

from gphotosfs.control.frames import (
    LENGTHS,
    BrokenFrameError,
    Header,
    unpack_header,
    unpack_lengths,
)


class FrameReader:
    """Frames from a stream, one after the other. For one task at a time."""

    def __init__(self, stream: trio.abc.ReceiveStream) -> None:
        self._stream = stream
        self._buffer = bytearray()

    async def frame(self) -> tuple[Header, bytes] | None:
        """The next frame; None at the end of the stream.

        Raises:
            BrokenFrameError: no frame can be made of what came.
            trio.BrokenResourceError: the connection broke.
        """
        lengths = await self._take(LENGTHS.size)
        if not lengths:
            return None
        header_bytes, payload_bytes = unpack_lengths(lengths)
        header = unpack_header(await self._take(header_bytes))
        return header, await self._take(payload_bytes)

    async def _take(self, count: int) -> bytes:
        """Exactly so many bytes; none of them where the stream ends before the first of a frame."""
        while len(self._buffer) < count:
            more = await self._stream.receive_some(256 << 10)
            if not more:
                if self._buffer or count != LENGTHS.size:
                    raise BrokenFrameError("the connection ended within a frame")
                return b""
            self._buffer += more
        taken = bytes(memoryview(self._buffer)[:count])
        del self._buffer[:count]
        return taken
