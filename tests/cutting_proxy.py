"""A proxy between client and server that drops, delays, truncates and resets connections."""

import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

WAYS = ("pass", "drop", "delay", "truncate", "reset")


@dataclass
class Proxy:
    """Forwards to *port* of this machine; *chance* decides for each connection how it fares.

    Args:
        calm: lets everything pass from now on.
        fared: how many connections fared how.
    """

    port: int
    chance: random.Random
    weights: tuple[int, ...] = (4, 1, 1, 2, 2)
    calm: bool = False
    fared: Counter[str] = field(default_factory=Counter)
    at: int = 0

    def handle(self, near: socket.socket) -> None:
        way, most = self.chance.choices(WAYS, self.weights)[0], self.chance.randint(0, 20000)
        way = "pass" if self.calm else way
        self.fared[way] += 1
        with near:
            if way == "drop":
                return
            if way == "delay":
                time.sleep(self.chance.uniform(0.1, 1))
            try:
                far = socket.create_connection(("127.0.0.1", self.port), timeout=5)
            except OSError:
                return
            with far:
                cut = most if way in {"truncate", "reset"} else None
                back = threading.Thread(target=self._pour, args=(far, near, cut))
                back.start()
                self._pour(near, far, cut if way == "reset" else None)
                back.join()
                if way == "reset":
                    with suppress(OSError):
                        near.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                        )

    def _pour(self, source: socket.socket, sink: socket.socket, most: int | None) -> None:
        """Copy until the end, or until *most* octets went."""
        left = most
        with suppress(OSError):
            source.settimeout(30)
            while data := source.recv(65536 if left is None else min(65536, left) or 1):
                if left is not None:
                    data, left = data[:left], left - len(data)
                sink.sendall(data)
                if left is not None and left <= 0:
                    break
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def between(port: int, seed: int, weights: tuple[int, ...] = (4, 1, 1, 2, 2)) -> Iterator[Proxy]:
    """Run a proxy to *port* for as long as the context is held; `Proxy.at` is its own port.

    *weights* say how often a connection fares in each of `WAYS`.
    """
    proxy = Proxy(port, random.Random(seed), weights)
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    proxy.at = listener.getsockname()[1]

    def accept() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=proxy.handle, args=(near,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
