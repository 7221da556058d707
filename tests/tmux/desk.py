"""Drives the real program in a real terminal (tmux), reads the picture back, counts the keys. Standard library only."""
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata


class Desk:
    """One terminal with the program in it."""

    opened = 0

    def __init__(self, command, size=(80, 24), env=None):
        if not shutil.which("tmux"):
            sys.exit("tmux is missing: apt-get install tmux")
        # A server that is still ending must not be met again under its name.
        Desk.opened += 1
        self.socket = f"xl{os.getpid()}-{Desk.opened}"
        self.keys = 0
        self.size = size
        self.folder = tempfile.mkdtemp(prefix="xinglin-tmux-")
        self.exit_file = os.path.join(self.folder, "exit")
        variables = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", **(env or {})}
        quoted = " ".join(f"{k}={v!r}" for k, v in variables.items())
        line = f"env {quoted} {command}; echo $? > {self.exit_file}; sleep 600"
        self._tmux("new-session", "-d", "-s", "m", "-x", str(size[0]), "-y", str(size[1]), line)

    def _tmux(self, *words):
        base = ["tmux", "-u", "-L", self.socket, "-f", "/dev/null"]
        env = {**os.environ, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
        done = subprocess.run(base + list(words), env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"tmux {words}: {done.stderr}")
        return done.stdout

    def type(self, text):
        """Types characters one by one, as an input method commits them."""
        self.keys += len(text)
        for at in range(0, len(text), 40):
            self._tmux("send-keys", "-t", "m", "-l", text[at:at + 40])

    def press(self, *names):
        """Named keys: Enter, Escape, Tab, F2, Up, C-s …"""
        for name in names:
            self.keys += 1
            self._tmux("send-keys", "-t", "m", name)

    def paste(self, text):
        self.keys += 1
        subprocess.run(["tmux", "-u", "-L", self.socket, "load-buffer", "-b", "p", "-"], input=text.encode(),
                       check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self._tmux("paste-buffer", "-p", "-d", "-t", "m", "-b", "p")

    def screen(self, colours=False):
        return self._tmux("capture-pane", "-t", "m", "-p", *(["-e"] if colours else []))

    def cursor(self):
        out = self._tmux("display-message", "-t", "m", "-p", "#{cursor_x} #{cursor_y} #{cursor_flag}")
        return tuple(int(n) for n in out.split())

    def resize(self, width, height):
        self.size = (width, height)
        self._tmux("resize-window", "-t", "m", "-x", str(width), "-y", str(height))

    def wait(self, *texts, seconds=20.0, gone=False):
        """Waits until all texts are on the screen (or gone from it); fails loudly with the picture."""
        until = time.monotonic() + seconds
        while True:
            shown = self.screen()
            if all((text in shown) != gone for text in texts):
                return shown
            if time.monotonic() > until:
                self.fail(f"{'still there' if gone else 'not on the screen'}: {texts}")
            time.sleep(0.05)

    def wait_row(self, *texts, seconds=20.0):
        """Waits until one row holds all the texts; gives that row."""
        until = time.monotonic() + seconds
        while True:
            for row in self.screen().splitlines():
                if all(text in row for text in texts):
                    return row
            if time.monotonic() > until:
                self.fail(f"no row with {texts}")
            time.sleep(0.05)

    def wait_moved(self, row, seconds=20.0):
        """Waits until the cursor stands on another row of a list."""
        until = time.monotonic() + seconds
        while row in self.screen().splitlines():
            if time.monotonic() > until:
                self.fail(f"the cursor stays on {row}")
            time.sleep(0.05)

    def ended(self, seconds=10.0):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if os.path.exists(self.exit_file):
                with open(self.exit_file, encoding="utf-8") as file:
                    text = file.read().strip()
                if text:
                    return int(text)
            time.sleep(0.05)
        self.fail("the program did not end")
        return None

    def fail(self, why):
        shown = self.screen()
        rule = "-" * self.size[0]
        print(f"FAILED: {why}\n{rule}\n{shown}{rule}", file=sys.stderr)
        self.close()
        sys.exit(1)

    def check(self, holds, why):
        if not holds:
            self.fail(why)

    def close(self):
        try:
            self._tmux("kill-server")
        except RuntimeError:
            pass
        shutil.rmtree(self.folder, ignore_errors=True)


def cells(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
