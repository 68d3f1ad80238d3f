#!/usr/bin/python3 -B
"""Clients as they should not be, for peers_test: what a server must survive.

usage: rude_client.py WAY PORT
  hold     50 connections that said something, and then nothing more, until this is killed
  reset    50 that send, read nothing and end with a reset
  half     50 that say that no more will come, read nothing, and go away
  rubbish  a megabyte of rubbish in pieces of all sizes, nothing read, a reset
  vanish   50 that say something and are gone without a word, as when a cable is cut; needs a right
           of its own (exit code 77: it is not there)
  knock    500 that connect and are gone
  ask N    one that asks N times and checks the answers
"""

import random
import socket
import struct
import sys
import time

MANY = 50


def connect(port):
    """A connection to the server."""
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def reset(client):
    """Ends it without a proper end."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def hold(port):
    """Says so on standard output when all are there."""
    clients = [connect(port) for _ in range(MANY)]
    for client in clients:
        client.sendall(b"hello")
    print("holding", flush=True)
    time.sleep(600)


def vanish(client):
    """In repair mode a connection is closed without telling the other side."""
    repair = 19  # TCP_REPAIR
    try:
        client.setsockopt(socket.IPPROTO_TCP, repair, 1)
    except PermissionError:
        sys.exit(77)
    client.close()


def main():
    """Exit code 0: it went as it should."""
    way, port = sys.argv[1], int(sys.argv[2])
    if way == "hold":
        hold(port)
    elif way == "reset":
        for client in [connect(port) for _ in range(MANY)]:
            client.sendall(b"x" * 10000)
            reset(client)
    elif way == "half":
        clients = [connect(port) for _ in range(MANY)]
        for client in clients:
            client.sendall(b"x" * 1000)
            client.shutdown(socket.SHUT_WR)
        for client in clients:
            client.close()
    elif way == "vanish":
        for client in [connect(port) for _ in range(MANY)]:
            client.sendall(b"x" * 1000)
            vanish(client)
    elif way == "rubbish":
        chance = random.Random(1)
        client = connect(port)
        client.setblocking(False)
        sent = 0
        while sent < 1 << 20:
            try:
                sent += client.send(chance.randbytes(chance.randrange(1, 9999)))
            except BlockingIOError:
                break  # it does not take more from one who does not read: well done
        reset(client)
    elif way == "knock":
        for _ in range(500):
            connect(port).close()
    elif way == "ask":
        client = connect(port)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(int(sys.argv[3])):
            question = b"%063d\n" % i
            client.sendall(question)
            answer = client.recv(1000)
            assert answer == question, answer
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
