"""A clinic at the border: a real HTTP server that says yes, says no, or is away."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "a-token-of-the-test"


class BorderClinic:
    """Accepts what a gateway sends, idempotently by key, as the clinic does."""

    def __init__(self, port=0):
        self.received = []
        self.batches = []
        self.heartbeats = []
        self.associations = {}
        self.patients = []
        self.status = 200
        self.refuse_keys = set()
        self.refuse_status = 422
        self.refused = 0
        clinic = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, said = clinic.answer(self.path, self.headers["Authorization"], body)
                self._say(status, said)

            def do_GET(self):
                self._say(200, {"patients": clinic.patients})

            def _say(self, status, said):
                payload = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def port(self):
        return self.server.server_address[1]

    def answer(self, path, authorization, body):
        if authorization != f"Bearer {TOKEN}":
            return 401, {}
        if path == "/live/gateway/heartbeat":
            self.heartbeats.append(body)
            return 200, {"associations": self.associations}
        if self.status != 200:
            return self.status, {}
        if any(message["key"] in self.refuse_keys for message in body["messages"]):
            self.refused += 1
            return self.refuse_status, {}
        self.batches.append(len(body["messages"]))
        self.received += body["messages"]
        outcomes = [{"key": m["key"], "outcome": "charted", "why": ""} for m in body["messages"]]
        return 200, {"accepted": outcomes}

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class GatewayProcess:
    """`python -m openketamine.devices`, really running."""

    def __init__(self, clinic_url, data, port=0):
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "openketamine.devices", "--clinic", clinic_url),
                *("--mllp-port", str(port), "--data", str(data)),
            ],
            env={**os.environ, "OPENKETAMINE_GATEWAY_TOKEN": TOKEN},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate(timeout=15)[1])
        self.says = json.loads(line)
        self.port = self.says["listeners"][0]["port"]
        self.log = None

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        if self.log is None:
            _, self.log = self.process.communicate(timeout=15)
        return self.process.returncode


class Device:
    """A device's end of the wire, byte by byte."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.buffer = b""

    def put(self, data):
        self.socket.sendall(data)

    def answer(self):
        """The next answer; None where the other side closed instead."""
        while b"\x1c\r" not in self.buffer:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.buffer += data
        frame, _, self.buffer = self.buffer.partition(b"\x1c\r")
        assert frame[:1] == b"\x0b"
        return frame[1:].decode()

    def close(self):
        self.socket.close()


def wait_for(condition, seconds=10.0):
    """Poll the outside world, where there is nothing to await."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
