"""Runs the code of a function in a rehearsal as Nuclio's Python wrapper does (nuclio.md, section 6).

Arguments: folder of the code, `module:function`, port on 127.0.0.1. One event at a time, `init_context` before the
first; JSON bodies are parsed; an exception of the handler is a 500. It ends with who started it: when standard input
ends.
"""

import importlib
import json
import os
import sys
import threading
import traceback
import types
from http.server import BaseHTTPRequestHandler, HTTPServer


class Logger:
    def __getattr__(self, level):
        def write(message, *args, **fields):
            print(level.removesuffix("_with"), message, *args, json.dumps(fields, default=str), flush=True)

        return write


class Response:
    def __init__(self, headers=None, body=None, content_type=None, status_code=200):
        self.headers = headers or {}
        self.body = body
        self.content_type = content_type or "text/plain"
        self.status_code = status_code


def serve(module, handler, port):
    context = types.SimpleNamespace(logger=Logger(), user_data=types.SimpleNamespace(), Response=Response)
    if hasattr(module, "init_context"):
        module.init_context(context)

    class Server(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            if self.path == "/__internal/health":
                return self.write(Response(body=b""))
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            content_type = self.headers.get("content-type", "")
            # With a charset behind it Nuclio's wrapper hands on the bytes. (nuclio-real.md, measured on 1.14.1)
            if content_type == "application/json":
                try:
                    body = json.loads(body)
                except ValueError:
                    pass  # Nuclio hands on what is no JSON as it is.
            event = types.SimpleNamespace(
                body=body, path=self.path, method=self.command, headers=dict(self.headers), content_type=content_type
            )
            try:
                response = handler(context, event)
            except Exception:
                response = Response(body=traceback.format_exc(), status_code=500)
            if not isinstance(response, Response):
                response = Response(body=response)
            self.write(response)

        def write(self, response):
            body = response.body
            if not isinstance(body, bytes):
                body = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(response.status_code)
            self.send_header("content-type", response.content_type)
            self.send_header("content-length", str(len(body)))
            # One connection is served at a time: one that is kept open would hold up the next for seconds.
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

        do_GET = do_POST = do_PUT = do_DELETE = answer

    HTTPServer(("127.0.0.1", port), Server).serve_forever()


def end_with_parent():
    # A parent that is killed can tell nobody, but its end of the pipe closes.
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    folder, entry, port = sys.argv[1:]
    os.chdir(folder)
    sys.path.insert(0, folder)
    module_name, _, function_name = entry.partition(":")
    loaded = importlib.import_module(module_name)
    serve(loaded, getattr(loaded, function_name), int(port))
