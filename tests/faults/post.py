"""A mail server on this machine that takes everything, keeps the Message-IDs, and can be told to say no."""

import re
import socketserver
import threading
from collections import Counter
from contextlib import suppress


class Post:
    """Listens on a free port of 127.0.0.1. `says` is its mood: ok, 451 or 550 to every mail, or `cut` in the middle."""

    def __init__(self) -> None:
        self.says = "ok"
        self.kept: Counter[str] = Counter()
        self.bodies: dict[str, set[str]] = {}
        self.refused = 0
        self._lock = threading.Lock()
        post = self

        class Session(socketserver.StreamRequestHandler):
            timeout = 60

            def handle(self) -> None:
                with suppress(OSError):
                    self._talk()

            def _talk(self) -> None:
                self.wfile.write(b"220 here\r\n")
                while line := self.rfile.readline():
                    word = line[:4].upper()
                    if word == b"QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    if word in (b"MAIL", b"DATA") and post.says == "cut":
                        return
                    if word == b"RCPT" and post.says in ("451", "550"):
                        post.refused += 1
                        self.wfile.write(f"{post.says} not now\r\n".encode())
                    elif word == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        text = b""
                        while (piece := self.rfile.readline()) not in (b".\r\n", b""):
                            text += piece
                        if piece:
                            post.keep(text.decode())
                            self.wfile.write(b"250 kept\r\n")
                    else:
                        self.wfile.write(b"250 ok\r\n")

        socketserver.ThreadingTCPServer.daemon_threads = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def keep(self, text: str) -> None:
        """Takes a mail."""
        found = re.search(r"^Message-ID: (.*?)\r?$", text, re.M | re.I)
        assert found is not None, text
        to = re.search(r"^To: (.*?)\r?$", text, re.M)
        assert to is not None, text
        with self._lock:
            self.kept[found[1]] += 1
            self.bodies.setdefault(found[1], set()).add(to[1])

    @property
    def total(self) -> int:
        return sum(self.kept.values())

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
