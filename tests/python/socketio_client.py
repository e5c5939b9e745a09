"""What a client written in Python does with sio-fixture: one line `ok NAME` or `failed NAME: WHY` for each story."""

import asyncio
import sys
import threading
import traceback

import socketio

URL = sys.argv[1]
WITHIN = 10


class Heard:
    """Events in the order they came, to be waited for."""

    def __init__(self, client, namespace="/"):
        self.events = []
        self.changed = threading.Condition()
        client.on("*", self.note, namespace=namespace)

    def note(self, event, *arguments):
        with self.changed:
            self.events.append((event, list(arguments)))
            self.changed.notify_all()

    def next(self, name):
        found = lambda: next((one for one in self.events if one[0] == name), None)
        with self.changed:
            if not self.changed.wait_for(found, WITHIN):
                raise AssertionError(f"{name} did not come; there came {self.events}")
            one = found()
            self.events.remove(one)
            return one[1]


def expect(actual, expected):
    if actual != expected:
        raise AssertionError(f"{actual!r} is not {expected!r}")


VALUES = ["text", "\u00e4\U0001f600", 1, -2.5, True, [None], [1, [2]], {"a": {"b": []}}, b"\x00\x01\xff", {"deep": [b"x", b""]}]


def talk(client, heard):
    for value in VALUES:
        client.emit("message", value)
        expect(heard.next("message-back"), [value])
        expect(client.call("message-with-ack", value, timeout=WITHIN), value)
    client.emit("message", ("several", {"arguments": 2}, b"\x01"))
    expect(heard.next("message-back"), ["several", {"arguments": 2}, b"\x01"])
    expect(client.call("message-with-ack", (1, "2", b"3"), timeout=WITHIN), (1, "2", b"3"))
    large = "x" * 300_000
    expect(client.call("message-with-ack", large, timeout=WITHIN), large)


def over(transports):
    def story():
        client = socketio.Client(reconnection=False)
        heard = Heard(client)
        client.connect(URL, transports=transports, auth={"token": "abc"}, wait_timeout=WITHIN)
        expect(heard.next("auth"), [{"token": "abc"}])
        expect(client.transport(), "polling" if transports == ["polling"] else "websocket")
        talk(client, heard)
        client.disconnect()

    return story


def namespaces():
    client = socketio.Client(reconnection=False)
    main, custom = Heard(client), Heard(client, "/custom")
    client.connect(URL, namespaces=["/", "/custom"], wait_timeout=WITHIN)
    expect(main.next("auth"), [{}])
    expect(custom.next("auth"), [{}])
    if client.get_sid("/") == client.get_sid("/custom"):
        raise AssertionError("one id in two namespaces")
    client.disconnect()


def unknown_namespace():
    client = socketio.Client(reconnection=False)
    refused = threading.Event()
    reasons = []

    @client.event(namespace="/unknown")
    def connect_error(data):
        reasons.append(data)
        refused.set()

    try:
        client.connect(URL, namespaces=["/unknown"], wait_timeout=2)
    except socketio.exceptions.ConnectionError:
        pass
    if not refused.wait(WITHIN):
        raise AssertionError("it was not refused")
    expect(reasons, [{"message": "Invalid namespace"}])
    client.disconnect()


def heartbeat():
    client = socketio.Client(reconnection=False)
    gone = threading.Event()
    client.on("disconnect", lambda *_: gone.set())
    client.connect(URL, wait_timeout=WITHIN)
    if gone.wait(1.5):  # three times as long as a client may be silent
        raise AssertionError("a client that answers pings was disconnected")
    expect(client.call("message-with-ack", "alive", timeout=WITHIN), "alive")
    client.disconnect()


def comes_back():
    client = socketio.Client(reconnection=True, reconnection_delay=0.01, reconnection_delay_max=0.05)
    heard = Heard(client)
    client.connect(URL, transports=["websocket"], wait_timeout=WITHIN)
    heard.next("auth")
    first = client.get_sid()
    client.eio.ws.shutdown()  # the network breaks
    heard.next("auth")
    if client.get_sid() == first:
        raise AssertionError("it kept its id without recovery")
    expect(client.call("message-with-ack", "again", timeout=WITHIN), "again")
    client.disconnect()


def asynchronous():
    async def story():
        for transports in (["polling"], ["websocket"], None):
            client = socketio.AsyncClient(reconnection=False)
            await client.connect(URL, transports=transports, wait_timeout=WITHIN)
            for value in VALUES:
                expect(await client.call("message-with-ack", value, timeout=WITHIN), value)
            await client.disconnect()

    asyncio.run(story())


STORIES = {
    "polling": over(["polling"]),
    "websocket": over(["websocket"]),
    "upgrade": over(None),
    "namespaces": namespaces,
    "unknown namespace": unknown_namespace,
    "heartbeat": heartbeat,
    "comes back": comes_back,
    "asynchronous": asynchronous,
}

for name, story in STORIES.items():
    try:
        story()
        print(f"ok {name}", flush=True)
    except BaseException:
        print(f"failed {name}: {traceback.format_exc()}", flush=True)
