"""
Loaded by each Python of a rehearsal's pod before its own program: what the pod is told as an address of the lab's network is a process of this
machine. Only where a connection goes is another; names, signatures and certificates are for the address that the pod knows. (network.mjs)
"""

import json
import os
import socket

ADDRESSES = {(one["host"], one["port"]): one["to"] for one in json.loads(os.environ.get("REHEARSAL_ADDRESSES", "[]"))}

resolve = socket.getaddrinfo


def resolved(host, port, *more, **options):
    to = ADDRESSES.get((host, int(port) if str(port).isdigit() else port))
    return resolve(host, port, *more, **options) if to is None else resolve("127.0.0.1", to, *more, **options)


socket.getaddrinfo = resolved
