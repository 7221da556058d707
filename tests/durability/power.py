#!/usr/bin/env python3
"""Cuts the power, as far as software can: what the disk holds at a moment is copied and looked at.

power.py BINARY [CUTS] [CONTROL_CUTS] [SEED]

An ext4 image on a loop device holds the station, the acknowledgements go to another file system. The writer is stopped
(SIGSTOP) at a random moment, the image file (= the disk) is copied without any sync, the copy is mounted (journal
replay, as after a power cut) and `xinglin load --check` looks for everything that was acknowledged. With
synchronous=FULL nothing may be lost; the control run with NORMAL must lose something, or the test proves nothing.
Needs root, loop devices and mkfs.ext4. Elsewhere than in CI (CI=true) it says so and passes.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

IMAGE_MB = 24


def sh(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


def cannot(why):
    print(f"power cuts could not run: {why}")
    return 1 if os.environ.get("CI") == "true" else 0


class Disk:
    """An image with a station already set up on it, used again and again."""

    def __init__(self, base, binary):
        self.base, self.binary = base, binary
        self.first, self.live, self.cut = (os.path.join(base, n) for n in ("first.img", "live.img", "cut.img"))
        self.mount, self.look = os.path.join(base, "m"), os.path.join(base, "c")
        os.mkdir(self.mount)
        os.mkdir(self.look)
        sh("truncate", "-s", f"{IMAGE_MB}M", self.first)
        sh("mkfs.ext4", "-q", "-F", self.first)
        sh("mount", "-o", "loop", self.first, self.mount)
        acks = os.path.join(base, "first.acks")
        try:
            subprocess.run(self.load(self.mount, acks) + ["--visits", "1"], check=True, capture_output=True, timeout=60)
        finally:
            sh("umount", self.mount)
        self.first_acks = acks

    def load(self, place, acks):
        return [self.binary, "--data-dir", os.path.join(place, "x"), "load", "--acks", acks, "--reserve-mb", "0"]

    def one_cut(self, seconds, extra):
        acks = os.path.join(self.base, "acks")
        shutil.copy(self.first, self.live)
        shutil.copy(self.first_acks, acks)
        before = os.path.getsize(acks)
        sh("mount", "-o", "loop", self.live, self.mount)
        try:
            process = subprocess.Popen(self.load(self.mount, acks) + extra, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE)
            waited = time.monotonic()
            while os.path.getsize(acks) == before and process.poll() is None and time.monotonic() - waited < 30:
                time.sleep(0.002)
            time.sleep(seconds)
            ended = process.poll()
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.01)
            shutil.copy(self.live, self.cut)
            process.send_signal(signal.SIGKILL)
            words = process.communicate()[1].decode(errors="replace")
        finally:
            sh("umount", self.mount)
        if ended is not None:
            return {"acked": 0, "lost": [], "faults": [f"the writer ended by itself ({ended}): {words[-200:]}"]}
        sh("mount", "-o", "loop", self.cut, self.look)
        try:
            run = subprocess.run(self.load(self.look, acks) + ["--check"], capture_output=True, text=True, timeout=120)
        finally:
            sh("umount", self.look)
        try:
            return json.loads(run.stdout)
        except json.JSONDecodeError:
            return {"acked": 0, "lost": [], "faults": [f"exit {run.returncode}: {run.stderr.strip()[-300:]}"]}


def series(disk, name, cuts, draw, extra, seconds):
    started = time.monotonic()
    acked = lost = runs = 0
    faults = []
    for _ in range(cuts):
        survey = disk.one_cut(draw.uniform(*seconds), extra)
        acked += survey["acked"]
        lost += len(survey["lost"])
        runs += bool(survey["lost"])
        faults += survey["faults"]
    print(f"{name}: cuts {cuts}, acknowledged {acked}, lost {lost} in {runs} cuts, faults {len(faults)}, "
          f"{time.monotonic() - started:.0f} s")
    for line in faults[:5]:
        print("  " + line)
    return acked, lost, faults


def main():
    binary = os.path.abspath(sys.argv[1])
    cuts = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    control = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    draw = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 11)
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if os.geteuid() != 0:
        return cannot("not root")
    if not shutil.which("mkfs.ext4"):
        return cannot("no mkfs.ext4")
    # On a disk in memory the copy of the image is quick, which makes the cut sharp.
    memory = "/dev/shm" if os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > 4 * IMAGE_MB << 20 else None
    base = tempfile.mkdtemp(prefix="xinglin-power-", dir=memory)
    try:
        try:
            disk = Disk(base, binary)
        except subprocess.CalledProcessError as error:
            return cannot(f"{error.cmd[0]}: {error.stderr}")
        acked, lost, faults = series(disk, "synchronous=FULL", cuts, draw, [], (0.05, 0.9))
        _, lost_control, _ = series(disk, "control, NORMAL", control, draw, ["--unsafe-synchronous"], (0.05, 0.9))
    finally:
        for name in ("m", "c"):
            subprocess.run(["umount", os.path.join(base, name)], capture_output=True)
        shutil.rmtree(base, ignore_errors=True)
    if acked < cuts * 5:
        print("  too little was written for the test to mean anything")
        return 1
    if lost or faults:
        return 1
    if control and not lost_control:
        print("  the control run lost nothing: the cuts are not sharp enough to prove anything")
        return 1
    return 0


sys.exit(main())
