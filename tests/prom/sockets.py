#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Where it listens: Unix sockets, its own and others', and those that systemd hands over."""
import os
import re
import socket
import stat
import subprocess

from prom import EXPORTER, Exporter, Place, done, free_port, ok, refused, until

REQUEST = b"GET /-/healthy HTTP/1.0\r\n\r\n"


def answer(family, address):
    with socket.socket(family) as s:
        try:
            s.connect(address)
            s.sendall(REQUEST)
            return s.recv(1000)
        except OSError:
            return b""


def served(family, address):
    return until(lambda: b"200 OK" in answer(family, address))


def start(place, *command, **more):
    process = subprocess.Popen([*command], env={**place.env, **more.pop("env", {})}, **more)
    place.processes.append(process)
    return process


def check_unix(place):
    path = place.path + "/socket"
    flags = ["--web.listen-address", "unix:" + path, "--log.level=error"]
    process = start(place, EXPORTER, *flags, umask=0o027)
    ok(served(socket.AF_UNIX, path), "on a Unix socket")
    ok(stat.S_IMODE(os.stat(path).st_mode) == 0o750, "of the mode that umask leaves")
    ok(refused(place, *flags), "which another is refused")
    ok(served(socket.AF_UNIX, path), "and stays where it is")
    process.kill()
    process.wait()
    ok(os.path.exists(path), "one that was left behind")
    process = start(place, EXPORTER, *flags)
    ok(served(socket.AF_UNIX, path), "is replaced")
    process.terminate()
    ok(process.wait() == 0, "SIGTERM ends it")
    os.unlink(path)
    with open(path, "w"):
        pass
    ok(refused(place, *flags) and os.path.isfile(path), "a file of that name is left alone")


def activated(place, listening, environment, *flags):
    """With the descriptor as the third and what the shell makes of the environment."""
    fd = listening.fileno()
    script = 'exec 3<&%d; export %s; exec "$0" "$@"' % (fd, environment)
    return start(place, "sh", "-c", script, EXPORTER, "--log.level=error", *flags, pass_fds=[fd])


def check_activation(place):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        process = activated(place, listening, "LISTEN_PID=$$ LISTEN_FDS=1", "--web.systemd-socket")
        ok(served(socket.AF_INET, listening.getsockname()), "on a socket from systemd")
        process.terminate()
        ok(process.wait() == 0, "SIGTERM ends it")
        for what, environment in [("none", "LISTEN_PID=$$ LISTEN_FDS=0"),
                                  ("those of another process", "LISTEN_PID=1 LISTEN_FDS=1"),
                                  ("no number of them", "LISTEN_PID=$$ LISTEN_FDS=x"),
                                  ("a process that is none", "LISTEN_PID=${$}x LISTEN_FDS=1")]:
            port = free_port()
            process = activated(place, listening, environment,
                                "--web.listen-address=127.0.0.1:%d" % port)
            ok(served(socket.AF_INET, ("127.0.0.1", port)), what + ": its own address")
            process.terminate()
            process.wait()
            process = activated(place, listening, environment, "--web.systemd-socket")
            ok(process.wait(timeout=60) == 1, what + ": an error where they are asked for")
    with socket.socket() as silent:
        process = activated(place, silent, "LISTEN_PID=$$ LISTEN_FDS=1")
        ok(process.wait(timeout=60) == 1, "a socket that does not listen is an error")
        process = activated(place, silent, "LISTEN_PID=$$ LISTEN_FDS=1000")
        ok(process.wait(timeout=60) == 1, "so are too many")


def check_port_zero(place):
    with open(place.path + "/log", "w+", encoding="ascii") as log:
        process = start(place, EXPORTER, "--web.listen-address=127.0.0.1:0", stderr=log)

        def told():
            log.seek(0)
            return re.search(r"listening on 127\.0\.0\.1:([1-9][0-9]*)\"", log.read())

        port = until(told)
        ok(port and served(socket.AF_INET, ("127.0.0.1", int(port[1]))),
           "port 0 is a free one, which the log tells")
        process.terminate()
        ok(process.wait() == 0, "SIGTERM ends it")


def check_addresses(place):
    ok(refused(place, "--web.listen-address=nonsense"), "an address that is none")
    ok(refused(place, "--web.listen-address=127.0.0.1:99999"), "a port that is none")
    ok(refused(place, "--web.listen-address=unix:" + "x" * 200), "a path that is too long")
    ok(refused(place, "--web.systemd-socket"), "no socket from systemd")
    running = Exporter(place)
    ok(refused(place, "--web.listen-address=127.0.0.1:%d" % running.port), "an address in use")
    ok(running.stop() == 0, "SIGTERM ends it")


with Place() as here:
    check_unix(here)
    check_activation(here)
    check_port_zero(here)
    check_addresses(here)
done()
