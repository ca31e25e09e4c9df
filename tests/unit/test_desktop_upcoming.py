"""In which order thumbnails are made."""

from gphotosfs.desktop.sweeps import LOOKED_AT
from gphotosfs.desktop.upcoming import Upcoming, name_key
from gphotosfs.model import Entry, Inode, Node

PHOTO = Node(Inode(100), False, 0, 0, 4096)


def named(*numbers: int) -> list[Entry]:
    """Files that are listed in this order, and called by their numbers."""
    return [Entry(at, b"%d.jpg" % n, PHOTO) for at, n in enumerate(numbers)]


def numbers(files: list[Entry]) -> list[int]:
    """What they are called."""
    return [int(file.name.removesuffix(b".jpg")) for file in files]


def test_the_first_names_go_first_whenever_they_are_found() -> None:
    upcoming = Upcoming(100, by_name=True)
    assert upcoming.add(named(30, 20, 10)) == []
    assert numbers(upcoming.take(1, is_whole=False)) == [10]
    assert upcoming.add(named(15, 40)) == []
    assert numbers(upcoming.take(9)) == [15, 20, 30, 40]
    assert not upcoming.take(9)


def test_of_a_large_directory_the_first_names_are_taken() -> None:
    """Whatever the order of the listing: what is seen first would be missing for ever."""
    upcoming = Upcoming(10, by_name=True)
    left_out = [cookie for n in range(100, 0, -5) for cookie in upcoming.add(named(n, n - 1))]
    assert left_out
    assert len(upcoming) == 10
    assert numbers(upcoming.take(99)) == [4, 5, 9, 10, 14, 15, 19, 20, 24, 25]
    assert upcoming.left == 0


def test_what_nobody_scrolls_to_goes_in_the_order_of_the_listing() -> None:
    """Base URLs are renewed along it, 50 with a call."""
    upcoming = Upcoming(3 * LOOKED_AT, by_name=True)
    listed = [(number * 7) % (2 * LOOKED_AT) for number in range(2 * LOOKED_AT)]
    rest = [number for number in listed if number >= LOOKED_AT]
    upcoming.add(named(*listed))
    assert numbers(upcoming.take(LOOKED_AT + 1)) == [*range(LOOKED_AT), rest[0]]
    assert numbers(upcoming.take(LOOKED_AT)) == rest[1:]


def test_a_thumbnailer_goes_on_in_the_order_of_the_listing() -> None:
    upcoming = Upcoming(3, by_name=False)
    assert upcoming.add(named(9, 8)) == []
    assert upcoming.add(named(7, 6)) == [1]
    assert numbers(upcoming.take(9)) == [9, 8, 7]


def test_names_are_ordered_as_file_managers_show_them() -> None:
    names = [b"img_10.jpg", b"IMG_9.JPG", b"10.jpg", b"2.jpg", "Ä.jpg".encode(), b"\xff1", b"a"]
    shown = [b"2.jpg", b"10.jpg", b"a", b"IMG_9.JPG", b"img_10.jpg", "Ä.jpg".encode(), b"\xff1"]
    assert sorted(names, key=name_key) == shown
