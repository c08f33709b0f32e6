"""The part of Segment that SDKs talk to, on loopback: it takes messages and keeps them."""

from __future__ import annotations

import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SETTINGS = {
    "integrations": {"Segment.io": {"apiKey": "KEY"}},
    "plan": {},
    "metrics": {"sampleRate": 0},
}


class Receiver:
    """A server on loopback; `messages` has what came, each with `receivedAt` and its address."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.messages))
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


def _handler(messages: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self._answer({})

        def do_GET(self) -> None:
            self._answer(SETTINGS if self.path.endswith("/settings") else {})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received_at = dt.datetime.now(dt.UTC).isoformat()
            for message in body.get("batch", [body]):
                messages.append(
                    {"sentAt": body["sentAt"], **message}
                    | {"receivedAt": received_at, "originalTimestamp": message["timestamp"]}
                )
            self._answer({"success": True})

        def _answer(self, content: dict[str, Any]) -> None:
            data = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Access-Control-Allow-Headers", "*")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
