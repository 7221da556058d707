"""The line between the two database nodes: forwards bytes until it is stopped (a line that hangs) or killed (one that is cut).
Usage: link.py LISTEN_PORT TO_PORT"""
import socket
import sys
import threading

listen, to = int(sys.argv[1]), int(sys.argv[2])


def forward(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", listen))
server.listen(16)
while True:
    near, _ = server.accept()
    try:
        far = socket.create_connection(("127.0.0.1", to))
    except OSError:
        near.close()
        continue
    for pair in ((near, far), (far, near)):
        threading.Thread(target=forward, args=pair, daemon=True).start()
