"""The same service over real sockets, in a process of its own."""

from collections.abc import Iterator

import httpx
import pytest

from gphotosfs.simulator.process import Running, running

ARGS = ("--items", "30", "--cheap-bytes", "--photo-bytes", "400000", "--video-bytes", "2000000")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    with running(*ARGS, "--option", "calls_per_day=null") as ready:
        yield ready


@pytest.fixture
def client(simulator: Running) -> Iterator[httpx.Client]:
    form = simulator.credentials | {"grant_type": "refresh_token"}
    wanted = ("client_id", "client_secret", "refresh_token", "grant_type")
    with httpx.Client(trust_env=False) as http:
        answer = http.post(simulator.token_uri, data={name: form[name] for name in wanted})
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        simulator.clear_log()
        yield http


def items(simulator: Running, client: httpx.Client) -> list[dict[str, str]]:
    """All items as the API lists them, each with a base URL."""
    answer = client.get(f"{simulator.api}/v1/mediaItems", params={"pageSize": 100})
    listed: list[dict[str, str]] = answer.json()["mediaItems"]
    return listed


def test_bytes_come_whole_and_in_ranges(simulator: Running, client: httpx.Client) -> None:
    item = next(i for i in items(simulator, client) if i["mimeType"].startswith("image/"))
    whole = simulator.bytes_of(item["id"], "d")

    url = item["baseUrl"] + "=d"
    assert client.get(url).content == whole
    assert client.get(url, headers={"Range": "bytes=70000-"}).content == whole[70_000:]
    assert int(client.head(url).headers["content-length"]) == len(whole)


def test_a_film_comes_from_another_address(simulator: Running, client: httpx.Client) -> None:
    film = simulator.change("add_item", mime_type="video/mp4", size_bytes=2_000_000)
    url = next(i["baseUrl"] for i in items(simulator, client) if i["id"] == film["id"]) + "=dv"

    answer = client.get(url, follow_redirects=True)

    assert str(answer.url).startswith(simulator.video)
    assert answer.url.host == "127.0.0.2"
    assert answer.content == simulator.bytes_of(film["id"], "dv")


def test_a_connection_is_used_again(simulator: Running, client: httpx.Client) -> None:
    """Keep-alive, also behind HEAD, 404 and chunked answers."""
    url = items(simulator, client)[0]["baseUrl"] + "=d"
    simulator.set(content_length=False)
    try:
        with client.stream("GET", url) as first:
            port = first.extensions["network_stream"].get_extra_info("client_addr")
            first.read()
        client.head(url)
        client.get(f"{simulator.api}/v1/nothing")
        with client.stream("GET", url) as last:
            port_again = last.extensions["network_stream"].get_extra_info("client_addr")
            last.read()
    finally:
        simulator.set(content_length=True)

    assert first.headers["transfer-encoding"] == "chunked"
    assert port == port_again


@pytest.mark.parametrize(
    "effect, at, error",
    [
        ("reset", -1, httpx.ReadError),
        ("reset", 100_000, httpx.ReadError),
        ("truncate", 100_000, httpx.RemoteProtocolError),
        ("wrong_length", 7, httpx.RemoteProtocolError),
        ("stall", 100_000, httpx.ReadTimeout),
    ],
)
def test_broken_connections(
    simulator: Running, client: httpx.Client, effect: str, at: int, error: type[Exception]
) -> None:
    photo = next(i for i in items(simulator, client) if i["mimeType"] == "image/jpeg")
    url = photo["baseUrl"] + "=d"
    simulator.fault(effect, kind="media", bytes=at)

    with pytest.raises(error):
        client.get(url, timeout=0.5)

    assert client.get(url).status_code == 200


def test_the_log_tells_each_request(simulator: Running, client: httpx.Client) -> None:
    body = {"pageSize": 3}
    answer = client.post(f"{simulator.api}/v1/mediaItems:search", json=body)

    (row,) = simulator.log("api")
    assert (row["method"], row["path"]) == ("POST", "/v1/mediaItems:search")
    assert row["body"] == body
    assert row["status"] == 200
    assert row["bytes_sent"] == len(answer.content)


def test_the_library_is_changed_from_outside(simulator: Running, client: httpx.Client) -> None:
    added = simulator.change("add_item", filename="new.jpg")
    album = simulator.change("new_album", "Made from outside", [added["id"]])
    simulator.change("rename_album", album["id"], "Renamed")

    assert added["id"] in {item["id"] for item in items(simulator, client)}
    shown = client.get(f"{simulator.api}/v1/albums/{album['id']}").json()
    assert (shown["title"], shown["mediaItemsCount"]) == ("Renamed", "1")

    simulator.change("remove_item", added["id"])
    assert client.get(f"{simulator.api}/v1/mediaItems/{added['id']}").status_code == 404


def test_an_unknown_option_is_refused(simulator: Running) -> None:
    with pytest.raises(OSError, match="400"):
        simulator.set(no_such_option=1)
