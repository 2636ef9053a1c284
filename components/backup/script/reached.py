"""A server that a pod which has just begun may not reach yet."""

import socket
import time

CONNECTS_WITHIN_S = 10

# K3s' controller of NetworkPolicies lets a pod through to others only once it knows the pod's address, which takes it some seconds, and
# refuses it until then: a dump that tried once would be lost until the next night. (cloudnativelabs/kube-router#1652)
PAUSES_S = (1, 2, 3, 4)


def connection(host, port):
    """:raises OSError: what came of the last try"""
    for pause in PAUSES_S:
        try:
            return socket.create_connection((host, int(port)), CONNECTS_WITHIN_S)
        except OSError:
            time.sleep(pause)
    return socket.create_connection((host, int(port)), CONNECTS_WITHIN_S)
