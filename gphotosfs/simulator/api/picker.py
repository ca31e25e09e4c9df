"""The sessions of the Picker: what a person is asked to tick, and what they ticked (reference 4)."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gphotosfs.simulator.library.world import World
from gphotosfs.simulator.options import Options

MAX_ITEMS = 2000
"""The most that one session may hold (reference 4)."""


@dataclass(eq=False)
class Session:
    """One session."""

    number: int
    """From 1 on."""
    id: str
    owner: int
    """The number of the client that made it."""
    key: str
    """What names it in the address of its page."""
    max_items: int
    began_s: float
    expires_s: float
    picked: list[int] | None = None
    """The numbers of the items, in the order in which they were ticked; None: not done yet."""


@dataclass
class Picker:
    """All sessions that live. `clock` is in seconds from any origin."""

    world: World
    options: Options
    clock: Callable[[], float]
    sessions: dict[str, Session] = field(default_factory=dict)
    _count: int = 0

    def new_session(self, owner: int, max_items: int) -> Session:
        """A session whose page waits for a person."""
        self._count += 1
        text = hashlib.sha256(f"{self.world.seed}:session:{self._count}".encode()).hexdigest()
        session = Session(
            number=self._count,
            id=f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}",
            owner=owner,
            key=text[32:],
            max_items=max_items,
            began_s=self.clock(),
            expires_s=self.clock() + self.options.session_life_s,
        )
        self.sessions[session.id] = session
        return session

    def session(self, session_id: str, owner: int) -> Session | None:
        """The client's living session of this id."""
        found = self.sessions.get(session_id)
        return found if found is not None and found.owner == owner and self._lives(found) else None

    def on_page(self, key: str) -> Session | None:
        """The session whose page is still good: it is until something was picked there."""
        found = (one for one in self.sessions.values() if one.key == key)
        return next((one for one in found if self._lives(one) and one.picked is None), None)

    def youngest(self) -> Session:
        """The youngest session in which nobody has picked yet.

        Raises:
            KeyError: there is none.
        """
        for session in reversed(self.sessions.values()):
            if self._lives(session) and session.picked is None:
                return session
        raise KeyError("no session waits for anybody")

    def pick(self, session: Session, item_ids: Iterable[str]) -> None:
        """What a person does: tick these, and press Done.

        Raises:
            UnknownIdError: there is no such item.
            ValueError: these are too many.
        """
        numbers = [self.world.item(item_id).number for item_id in item_ids]
        if len(numbers) > session.max_items:
            raise ValueError(f"at most {session.max_items} items can be picked")
        session.picked = numbers

    def delete(self, session: Session) -> None:
        """Forget it, as its client asks."""
        del self.sessions[session.id]

    def expire(self) -> None:
        """Let every session end now."""
        for session in self.sessions.values():
            session.expires_s = self.clock()

    def timeout_in_s(self, session: Session) -> float:
        """How much longer it makes sense to ask whether the person is done."""
        left_s = self.options.pick_timeout_s - (self.clock() - session.began_s)
        return max(0.0, min(left_s, session.expires_s - self.clock()))

    def _lives(self, session: Session) -> bool:
        return self.clock() < session.expires_s
