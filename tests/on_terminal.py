# SPDX-License-Identifier: Apache-2.0
"""on_terminal.py COMMAND...: runs a command on a terminal of its own. Each line of standard
input is a text and, behind a tab, keys: once the text is on the screen the keys are typed.
A text that begins with "!" must not be there by then. Ends with the command's exit status, or with 1 and the screen when a text does not
come. TERM, LINES and COLUMNS say what terminal it is."""
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

import pyte

PATIENCE_S = 120
LINES = int(os.environ.get("LINES", 30))
COLUMNS = int(os.environ.get("COLUMNS", 160))


class Terminal:
    def __init__(self, command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(LINES=str(LINES), COLUMNS=str(COLUMNS))
            os.execv(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)

    def take(self):
        if select.select([self.fd], [], [], 0.1)[0]:
            try:
                self.stream.feed(os.read(self.fd, 65536))
            except OSError:  # it has ended
                time.sleep(0.1)

    def has(self, text):
        return any(text in line for line in self.screen.display)

    def shows(self, text):
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            if self.has(text):
                return True
            self.take()
        return False

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def status(self):
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            self.take()
        return None


def main():
    terminal = Terminal(sys.argv[1:])
    for line in sys.stdin:
        text, keys = line.rstrip("\n").split("\t")
        good = not terminal.has(text[1:]) if text[0] == "!" else terminal.shows(text)
        if not good:
            print(f"{text!r} did not come:", *terminal.screen.display, sep="\n")
            return 1
        terminal.type(keys.encode().decode("unicode_escape"))
    status = terminal.status()
    if status is None:
        print("it does not end")
        return 1
    return status


sys.exit(main())
