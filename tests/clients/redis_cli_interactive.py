"""Types commands into an interactive redis-cli on a pseudo terminal. Usage: redis_cli_interactive.py PORT. Prints what a person would see."""
import os
import pty
import select
import sys
import time

LINES = ["ping", "set k \"hello world\"", "get k", "hello 3", "get nothing", "incr k", "select 3", "dbsize", "help get", "3 incr n", "quit"]

pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "dumb"
    os.execvp("redis-cli", ["redis-cli", "-p", sys.argv[1]])

seen = b""


def read_until(quiet, deadline):
    """Collects output until it pauses for `quiet` seconds."""
    global seen
    end = time.time() + deadline
    while time.time() < end and select.select([terminal], [], [], quiet)[0]:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            return
        if not piece:
            return
        seen += piece


read_until(0.5, 10)
for line in LINES:
    os.write(terminal, line.encode() + b"\r")
    read_until(0.3, 10)
os.waitpid(pid, 0)
sys.stdout.write(seen.decode("latin-1"))
