#!/usr/bin/env python3
"""Kills the program with SIGKILL at random moments while it writes, and looks whether anything acknowledged is gone.

kill.py BINARY [KILLS] [SEED]

Each kill: start `xinglin load`, wait a random time, SIGKILL. Every tenth kill, and after the last, `xinglin load --check`
in a fresh process looks for every acknowledged patient, draft and visit, at every page, every reference, every signed
visit's hash and the whole audit chain. A station is used for ten kills, then a new one is set up, so that kills also
fall into the set-up itself.
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

ROUND = 10


def check(binary, place, acks):
    run = subprocess.run([binary, "--data-dir", place, "load", "--check", "--acks", acks, "--reserve-mb", "0"],
                         capture_output=True, text=True, timeout=120)
    try:
        return json.loads(run.stdout)
    except json.JSONDecodeError:
        return {"acked": 0, "lost": [], "visits": 0, "faults": [f"exit {run.returncode}: {run.stderr.strip()[-300:]}"]}


def main():
    binary = os.path.abspath(sys.argv[1])
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 11
    draw = random.Random(seed)
    base = tempfile.mkdtemp(prefix="xinglin-kill-")
    started = time.monotonic()
    total = {"acked": 0, "lost": 0, "visits": 0, "faults": 0, "silent": 0, "early": 0}
    wrong = []
    try:
        for n in range(kills):
            if n % ROUND == 0:
                place, acks = os.path.join(base, f"s{n}"), os.path.join(base, f"acks{n}")
            before = os.path.getsize(acks) if os.path.exists(acks) else 0
            process = subprocess.Popen([binary, "--data-dir", place, "load", "--acks", acks, "--reserve-mb", "0"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            # A third of the kills fall anywhere from the start on (opening, set-up), the others into the writing.
            if draw.random() < 0.33:
                time.sleep(draw.uniform(0, 0.15))
            else:
                waited = time.monotonic()
                while not (os.path.exists(acks) and os.path.getsize(acks) > before):
                    if process.poll() is not None or time.monotonic() - waited > 30:
                        break
                    time.sleep(0.002)
                time.sleep(draw.uniform(0, 0.2))
            if process.poll() is not None:
                total["early"] += 1
                wrong.append(f"kill {n}: ended by itself: {process.stderr.read().decode(errors='replace')[-300:]}")
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stderr.close()
            after = os.path.getsize(acks) if os.path.exists(acks) else 0
            total["silent"] += after == before
            if n % ROUND == ROUND - 1 or n == kills - 1:
                survey = check(binary, place, acks)
                for key in ("acked", "visits"):
                    total[key] += survey[key]
                total["lost"] += len(survey["lost"])
                total["faults"] += len(survey["faults"])
                wrong += [f"kill {n}: {word}" for word in survey["lost"][:5] + survey["faults"][:5]]
                shutil.rmtree(place, ignore_errors=True)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    print(f"kills {kills}, seed {seed}: acknowledged {total['acked']}, lost {total['lost']}, visits {total['visits']}, "
          f"faults {total['faults']}, kills before the first acknowledgement {total['silent']}, "
          f"{time.monotonic() - started:.0f} s")
    for line in wrong[:20]:
        print("  " + line)
    if total["acked"] < kills:
        print("  too little was written for the test to mean anything")
        return 1
    return 1 if total["lost"] or total["faults"] or total["early"] else 0


sys.exit(main())
