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


def read_until_prompt():
    """Collects output until the next prompt or the end."""
    global seen
    end = time.time() + 60
    while time.time() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            return
        if not piece:
            return
        seen += piece
        if seen.endswith(b"> "):
            return


read_until_prompt()
for line in LINES:
    os.write(terminal, line.encode() + b"\r")
    read_until_prompt()
os.waitpid(pid, 0)
sys.stdout.write(seen.decode("latin-1"))
