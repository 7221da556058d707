#!/usr/bin/env python3
"""kill -9 at random moments while packs are received and given out. What was told to be saved must be there, what was
not told is there whole or not at all, and the ledger must be sound each time.

usage: trace_kill.py XINGLIN [RUNS]
"""
import json
import os
import random
import subprocess
import sys
import tempfile

binary, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 40
words = "willow creek 2026"
random.seed(7)
root = tempfile.mkdtemp(prefix="xinglin-trace-kill-")


def command(args):
    return [binary, "--data-dir", root, "--lang", "zh"] + args


def run(args):
    done = subprocess.run(command(args), input=words + "\n", text=True, capture_output=True)
    return done.returncode, done.stdout


def trace(args):
    return ["trace", "--json", "--user", "wang", "--passphrase-fd", "0"] + args


def killed(args, after):
    """Runs until done or killed after so many seconds; what it had printed."""
    child = subprocess.Popen(command(args), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    child.stdin.write(words + "\n")
    child.stdin.close()
    try:
        child.wait(timeout=after)
    except subprocess.TimeoutExpired:
        child.kill()
    out = child.stdout.read()
    child.wait()
    return child.returncode, out


code, out = run(["set-up", "--clinic-name", "柳溪村卫生室", "--user", "wang", "--passphrase-fd", "0"])
assert code == 0, out
products = os.path.join(root, "products.csv")
with open(products, "w") as file:
    file.write("id,name,strength,prefix,units,unit,pack_unit\namx,阿莫西林胶囊,0.25g,8123456,24,粒,盒\n")
assert run(trace(["product", "--import", products]))[0] == 0
import time

begun = time.monotonic()
assert run(trace(["receive", "--bill", "B", "--product", "amx", "--lot", "W", "--expiry", "2029-12-31", f"8123456{9 * 10**12:013d}"]))[0] == 0
whole = time.monotonic() - begun
told, silent, cut = 0, 0, 0
for n in range(runs):
    codes = [f"8123456{n * 100 + k:013d}" for k in range(20)]
    receive = trace(["receive", "--bill", f"B{n}", "--place", "A", "--product", "amx", "--lot", f"L{n}", "--expiry", "2029-12-31"] + codes)
    status, out = killed(receive, random.uniform(0.7, 1.3) * whole)
    cut += status < 0
    saved = any('"first"' in line for line in out.splitlines())
    told += saved
    code, out = run(trace(["history", "--product", "amx", "--lot", f"L{n}"]))
    assert code == 0, out
    there = [pack for pack in json.loads(out)["packs"] if pack["state"] == "shelf"]
    assert len(there) in (0, 20), f"run {n}: {len(there)} of 20 packs"
    assert not saved or len(there) == 20, f"run {n}: told to be saved, {len(there)} there"
    silent += len(there) == 20 and not saved
    if there:
        some = codes[:5]
        status, out = killed(trace(["quarantine", "--reason", "试验"] + some), random.uniform(0.7, 1.3) * whole)
        cut += status < 0
        saved = '"first"' in out
        code, out = run(trace(["history", "--product", "amx", "--lot", f"L{n}"]))
        held = [pack for pack in json.loads(out)["packs"] if pack["state"] == "quarantined"]
        assert len(held) in (0, 5) and (not saved or len(held) == 5), f"run {n}: {len(held)} of 5 held, told {saved}"
    code, out = run(trace(["check"]))
    assert code == 0 and json.loads(out)["sound"], f"run {n}: {out}"
assert cut >= runs // 8 and told >= runs // 8, f"{cut} cut off, {told} acknowledged: the kills came too late or too early"
print(f"{cut} commands cut off by kill -9 in {runs} rounds: {told} acknowledged and all there, {silent} kept without a word, the rest not at all; ledger sound each time")
