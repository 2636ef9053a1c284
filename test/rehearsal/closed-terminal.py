"""Runs a program on a terminal of its own and closes that, as a window that is shut, once it is told a line: closed-terminal.py PROGRAM ARGS..."""

import os
import pty
import select
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 (the program that the test names)
while True:
    ready, _, _ = select.select([terminal, sys.stdin], [], [])
    if sys.stdin in ready:
        break
    try:
        os.read(terminal, 65536)
    except OSError:
        break  # It ended by itself.
os.close(terminal)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
