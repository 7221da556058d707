#!/usr/bin/env python3
"""A year of a store-room with kill -9 and power cuts inside, against a book that is kept here and not by the program.

year.py BINARY [--days N] [--packs N] [--kills N] [--cuts N] [--offline FROM TO] [--seed N] [--control]

`xinglin store-room` does what it is told a line at a time and answers when it is on the disk. Between sending and reading
it is killed (SIGKILL), or its power is cut: SIGSTOP, the disk image is copied without any sync, the process is killed, and
the life goes on from the copy (needs root and loop devices; without them no power is cut, and in CI that is a failure).
After each, what was acknowledged must be there, what was not must be there whole or not at all. Bills go to the double of
both platforms (tests/peers/trace_mock.py), with faults and with days without a line. At the end every event, every pack in
the house and every row at the platforms is held against the book. --control runs with synchronous=NORMAL and power cuts
until something acknowledged is lost; when nothing is, the cuts prove nothing.
"""
import argparse
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter, defaultdict, deque

HERE = os.path.dirname(os.path.abspath(__file__))
DAY_MS = 86_400_000
BEGIN_MS = 1_767_225_600_000  # 2026-01-01 08:00 in China
PRODUCTS = 40
MASK = (1 << 64) - 1


class Fault(Exception):
    pass


class Lost(Exception):
    """An acknowledged event is not there."""


def day_text(number):
    return time.strftime("%Y-%m-%d", time.gmtime((BEGIN_MS + number * DAY_MS + 8 * 3_600_000) / 1000))


class Pack:
    __slots__ = ("product", "lot", "expiry", "units", "shelf", "held", "dispensed", "back", "state", "recalled",
                 "from_patient", "lost", "whom")

    def __init__(self, product, lot, expiry, units):
        self.product, self.lot, self.expiry, self.units = product, lot, expiry, units
        self.shelf = self.held = self.dispensed = self.back = self.lost = 0
        self.state, self.recalled, self.from_patient, self.whom = "expected", False, False, ()

    def settle(self, end):
        self.state = end if not self.shelf + self.held else "shelf" if self.shelf else "quarantined"

    def hold(self):
        self.held, self.shelf, self.state = self.held + self.shelf, 0, "quarantined"

    def copy(self):
        other = Pack(self.product, self.lot, self.expiry, self.units)
        for name in Pack.__slots__:
            setattr(other, name, getattr(self, name))
        return other


class Disk:
    """A folder; with power cuts it lies in an ext4 image whose bytes are what a cut leaves."""

    def __init__(self, base, cuts, image_mb):
        self.mount, self.live, self.cut = (os.path.join(base, n) for n in ("m", "live.img", "cut.img"))
        os.mkdir(self.mount)
        self.loop = cuts
        if cuts:
            sh("truncate", "-s", f"{image_mb}M", self.live)
            sh("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.live)
            self.up()

    def up(self):
        # No commit of the journal by the clock: what is on the disk is what was synced.
        sh("mount", "-o", "loop,commit=300", self.live, self.mount)

    def copy(self):
        sh("cp", "--sparse=always", self.live, self.cut)

    def swap(self):
        sh("umount", self.mount)
        os.replace(self.cut, self.live)
        self.up()

    def close(self):
        if self.loop:
            subprocess.run(["umount", self.mount], capture_output=True)


def sh(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


class Worker:
    def __init__(self, binary, place, extra, now):
        command = [binary, "--data-dir", os.path.join(place, "x"), "store-room"] + extra
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out = self.process.stdout.fileno()
        self.rest = b""
        self.write(str(now))
        self.hello = self.read()
        if self.hello is None:
            raise Fault("did not open: " + self.process.stderr.read().decode(errors="replace")[-400:])

    def write(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def take(self):
        line, found, self.rest = self.rest.partition(b"\n")
        if not found:
            self.rest = line
            return None
        return json.loads(line)

    def read(self):
        """The next answer; `None` = it ended without one."""
        while True:
            answer = self.take()
            if answer is not None:
                return answer
            more = os.read(self.out, 1 << 20)
            if not more:
                return None
            self.rest += more

    def said(self):
        """What is in the pipe and not more: all that was told before now."""
        while select.select([self.out], [], [], 0)[0]:
            more = os.read(self.out, 1 << 20)
            if not more:
                break
            self.rest += more
        return self.take()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)
        for _ in range(5000):
            with open(f"/proc/{self.process.pid}/stat") as file:
                if file.read().rsplit(")", 1)[1].split()[0] == "T":
                    return
            time.sleep(0.001)
        raise Fault("the process did not stop")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass


class Mock:
    def __init__(self, base):
        script = os.path.join(HERE, "..", "peers", "trace_mock.py")
        self.process = subprocess.Popen([sys.executable, script, "--lean"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self.port = int(self.process.stdout.readline())
        self.near, self.away = (os.path.join(base, n) for n in ("near.toml", "away.toml"))
        with open(os.path.join(base, "secret"), "w") as file:
            file.write("test-secret\n")
        for path, port in ((self.near, self.port), (self.away, 1)):
            with open(path, "w") as file:
                file.write(f"name = '试验省'\n[platform]\nurl = 'http://127.0.0.1:{port}/top'\napp_key = 'k1'\n"
                           f"secret_file = 'secret'\nref_user_id = 'R1'\nent_id = 'E1'\ntimeout_s = 1\n[insurance]\n"
                           f"url = 'http://127.0.0.1:{port}/fsi'\norg_code = 'H001'\nbatch = 'A'\ntimeout_s = 1\n"
                           f"[insurance.constants]\nphar_prac_cert_no = 'P1'\n")

    def faults(self, top, fsi):
        body = json.dumps({"top": top, "fsi": fsi}).encode()
        urllib.request.urlopen(f"http://127.0.0.1:{self.port}/control", body).read()

    def state(self):
        return json.load(urllib.request.urlopen(f"http://127.0.0.1:{self.port}/state"))

    def close(self):
        self.process.kill()
        self.process.wait()


class Year:
    def __init__(self, options, base):
        self.o, self.draw = options, random.Random(options.seed)
        self.binary = os.path.abspath(options.binary)
        self.extra = ["--unsafe-synchronous"] if options.control else []
        self.disk = Disk(base, options.cuts > 0, 256 + options.days * options.packs * 14 // 1024)
        self.mock = Mock(base)
        self.now = BEGIN_MS
        self.worker = Worker(self.binary, self.disk.mount, self.extra, self.now)
        self.head = 0
        self.kept = []  # (first, last, digest) of every acknowledged transaction
        self.packs, self.lots = {}, defaultdict(list)
        self.recalled_lots, self.recalled_ranges = set(), []
        self.whole, self.split = [deque() for _ in range(PRODUCTS)], [deque() for _ in range(PRODUCTS)]
        self.gone, self.quarantined, self.late = deque(maxlen=500), deque(maxlen=200), []
        self.rows, self.bills = Counter(), Counter()
        self.next_code, self.next_lot = 1, 1
        self.done, self.stops, self.was = Counter(), Counter(), Counter()
        self.us = defaultdict(lambda: defaultdict(list))
        self.usual = defaultdict(lambda: 0.002)
        self.faults, self.recent = [], deque(maxlen=6)
        self.patients, self.month = [], 0
        self.uploads = Counter()
        steps_a_day = options.packs / 4 * 2 + 14
        self.p_kill = options.kills / (options.days * steps_a_day)
        self.p_cut = options.cuts / (options.days * steps_a_day)

    # ---- one step
    def send(self, step):
        self.worker.write(json.dumps({"at": self.now, **step}, ensure_ascii=False))

    def do(self, step, events=(), apply=None, again=True):
        """Does a step until it is acknowledged or known to be kept; its answer, `{}` when it was kept without a word,
        `None` when it was cut off and is not to be tried again."""
        kind = step["do"]
        while True:
            drawn = self.draw.random()
            # The control run must lose events, so it waits until some were acknowledged.
            cut = drawn < self.p_cut and (not self.o.control or len(self.kept) >= 3)
            hit = cut or drawn < self.p_cut + self.p_kill
            started = time.monotonic()
            self.send(step)
            if not hit:
                answer = self.worker.read()
                took = time.monotonic() - started
                self.usual[kind] = 0.9 * self.usual[kind] + 0.1 * min(took, 2 * self.usual[kind])
                if answer is None:
                    raise Fault(f"{kind}: ended by itself: {self.worker.process.stderr.read()[-400:]}")
                return self.acknowledged(step, answer, events, apply)
            time.sleep(self.draw.uniform(0, 1.1 * self.usual[kind]))
            answer = self.interrupted(cut)
            if answer is not None:
                self.was["told before"] += 1
                answer = self.acknowledged(step, answer, events, apply)
            self.restart()
            there = self.worker.hello["head"]
            if answer is not None or not events:
                if there != self.head:
                    raise Lost(f"{kind}: acknowledged up to {self.head}, there is {there}")
                self.was["nothing to keep"] += answer is None
                if answer is None and again:
                    continue
                return answer
            if there == self.head:
                self.was["not at all"] += 1
                continue
            if there == self.head + len(events):
                self.was["whole, without a word"] += 1
                self.book(events, apply, {})
                self.look_at(step)
                return {}
            raise Lost(f"{kind}: {len(events)} events, before it {self.head}, there is {there}: neither whole nor nothing")

    def interrupted(self, cut):
        self.done["power cuts" if cut else "kills"] += 1
        if not cut:
            self.worker.kill()
            return self.worker.read()
        self.worker.stop()
        answer = self.worker.said()
        self.disk.copy()
        self.worker.kill()
        self.worker.close()
        self.disk.swap()
        return answer

    def restart(self):
        self.worker.close()
        self.worker = Worker(self.binary, self.disk.mount, self.extra, self.now)
        hello = self.worker.hello
        if hello["head"] < self.head:
            raise Lost(f"acknowledged up to {self.head}, there is {hello['head']}")
        if hello["read_only"] or hello["lost_tail"]:
            raise Fault(f"after the interruption: {hello}")

    def acknowledged(self, step, answer, events, apply):
        if "fault" in answer:
            raise Fault(f"{step['do']}: {answer['fault']}")
        if events:
            if "stop" in answer:
                raise Fault(f"{step}: refused: {answer['stop']}")
            if answer.get("kept", len(events)) != len(events):
                raise Fault(f"{step['do']}: {answer}")
            if "first" in answer and (answer["first"], answer["last"]) != (self.head + 1, self.head + len(events)):
                raise Fault(f"{step['do']}: {len(events)} events after {self.head}, told {answer}")
            self.book(events, apply, answer)
        elif apply:
            apply()
        for name in ("us", "finish_us"):
            if name in answer:
                self.us[step["do"] + ("" if name == "us" else "/finish")][self.month].append(answer[name])
        self.us["scan"][self.month] += answer.get("scan_us", [])
        return answer

    def book(self, events, apply, _):
        digest = sum(hash(event) for event in events) & MASK
        self.kept.append((self.head + 1, self.head + len(events), digest))
        self.head += len(events)
        if apply:
            apply()
        self.recent.extend(code for _, code, _ in events[-3:])

    def look_at(self, _):
        for code in set(self.recent):
            pack = self.packs[code]
            self.send({"do": "pack", "code": code})
            answer = self.worker.read()
            found = (answer.get("state"), answer.get("shelf"), answer.get("held"))
            if found != (pack.state, pack.shelf, pack.held):
                raise Fault(f"{code}: book {(pack.state, pack.shelf, pack.held)}, program {found}")

    def ask(self, step):
        self.send(step)
        answer = self.worker.read()
        if answer is None or "fault" in answer or "stop" in answer:
            raise Fault(f"{step['do']}: {answer}")
        return answer

    def must_stop(self, step, stop):
        answer = self.do(step, again=True)
        if answer.get("stop") != stop:
            raise Fault(f"{step}: not stopped by {stop}: {answer}")
        self.stops[stop] += 1

    def tick(self, seconds=60):
        self.now += seconds * 1000

    # ---- the day
    def begin(self):
        for n in range(PRODUCTS):
            self.do({"do": "product", "id": f"p{n}", "prefix": f"81{n:05}", "units": self.units(n)})
        for n in range(min(1500, 20 + self.o.days * 5)):
            self.patients.append(self.do({"do": "patient", "name": "测试患者", "phone": f"138{n:08}"})["patient"])

    @staticmethod
    def units(product):
        return (12, 24, 10, 36, 20)[product % 5]

    def despatch(self, day, count):
        """A list from the supplier, one box forgotten in the lorry, wrong symbols scanned at the door."""
        bill, lines, codes = f"CK{day:04}{self.draw.randrange(10**6):06}", [], []
        per = max(1, count // 8)
        while len(codes) < count:
            product = self.draw.randrange(PRODUCTS)
            # Some lots come in just before their end.
            life = 45 if product % 10 == 0 and self.draw.random() < 0.2 else 700
            lot, expiry = f"L{self.next_lot:06}", day_text(day + life)
            self.next_lot += 1
            for _ in range(min(per, count - len(codes))):
                # The double does not know codes that end in 404.
                self.next_code += 1 + (self.next_code % 1000 == 403)
                code = f"81{product:05}{self.next_code:013}"
                codes.append((code, product, lot, expiry))
                lines.append({"code": code, "lot": lot, "expiry": expiry})

        def come():
            for code, product, lot, expiry in codes:
                self.packs[code] = Pack(product, lot, expiry, self.units(product))
                self.lots[lot].append(code)

        self.do({"do": "expect", "bill": bill, "lines": lines}, [("expect", code, 0) for code, *_ in codes], come)
        self.tick()
        forgotten = self.draw.randrange(len(codes))
        here = [code for n, (code, *_) in enumerate(codes) if n != forgotten]
        self.late.append((bill, codes[forgotten][0]))
        wrong = ["6901234567892", f"8199998{day:013}", here[0]]
        answer = self.receive(bill, here, wrong)
        if answer and (answer["missing"], answer["extra"], answer["unread"], answer["twice"]) != (1, 1, 1, 1):
            raise Fault(f"receipt: {answer}")
        self.done["despatches"] += 1
        if len(self.late) > 3:
            self.receive(*self.late.pop(0))

    def receive(self, bill, codes, wrong=()):
        codes = [codes] if isinstance(codes, str) else codes
        events = []
        recalled = {code for code in codes if self.is_recalled(code)}
        for code in codes:
            middle = "recall" if code in recalled else "accept"
            events += [("receive", code, 0), (middle, code, 0), ("shelve", code, 0)]

        def come():
            for code in codes:
                pack = self.packs[code]
                if code in recalled:
                    pack.held, pack.state, pack.recalled = pack.units, "quarantined", True
                    self.quarantined.append(("recalled", code))
                    continue
                pack.shelf, pack.state = pack.units, "shelf"
                self.rows["3503", code] += 1
                self.bills["102", code] += 1
                (self.split if self.draw.random() < 0.23 else self.whole)[pack.product].append(code)

        answer = self.do({"do": "receive", "bill": bill, "place": "A", "codes": [*codes, *wrong]}, events, come)
        self.done["received"] += len(codes)
        return answer

    def is_recalled(self, code):
        in_range = any(first <= code <= last for first, last in self.recalled_ranges)
        return in_range or self.packs[code].lot in self.recalled_lots

    def usable(self, queue, today):
        """The oldest pack of a queue that may go out; what may not any more drops out of it."""
        while queue:
            pack = self.packs[queue[0]]
            if pack.shelf and pack.state == "shelf" and not pack.recalled and pack.expiry >= today:
                return queue[0]
            code = queue.popleft()
            if pack.shelf and pack.expiry < today and pack.state == "shelf":
                self.quarantined.append(("expired", code))

    def visit(self, day):
        today = day_text(day)
        wanted, scans, events, takes, stops = [], [], [], [], []
        for product in self.draw.sample(range(PRODUCTS), 6):
            if len(takes) >= 4:
                break
            if self.draw.random() < 0.5:
                code = self.usable(self.split[product], today)
                if code:
                    pack = self.packs[code]
                    most = pack.shelf if pack.shelf < pack.units else pack.units - 1
                    units = min(most, self.draw.randint(1, max(1, pack.units // 2)))
                    wanted.append({"drug": f"p{product}", "quantity": units, "unit": "粒"})
                    takes.append((code, units))
                    scans.append((code, None, None))
                    events.append(("dispense-part", code, units))
            else:
                queue = self.whole[product]
                codes = []
                while len(codes) < self.draw.choice((1, 1, 2)) and self.usable(queue, today):
                    codes.append(queue.popleft())
                if codes:
                    wanted.append({"drug": f"p{product}", "quantity": len(codes), "unit": "盒"})
                    for code in codes:
                        takes.append((code, self.packs[code].units))
                        scans.append((code, None, None))
                        events.append(("dispense-whole", code, 0))
        if not takes:
            return
        scans = self.with_wrong(scans, wanted, today)
        sheet = self.do({"do": "sign", "patient": self.draw.choice(self.patients), "lines": wanted})["sheet"]
        self.tick(90)

        def go():
            for code, units in takes:
                pack = self.packs[code]
                self.rows["3505", code] += 1
                self.bills["323", code] += pack.dispensed == pack.back
                pack.shelf, pack.dispensed = pack.shelf - units, pack.dispensed + units
                pack.whom += (sheet,)
                pack.settle("dispensed")
                if pack.state == "dispensed":
                    self.gone.append(code)

        before = {takes[0][0]: self.packs[takes[0][0]].copy()}
        step = {"do": "give", "sheet": sheet, "scans": [[raw, units] for raw, units, _ in scans]}
        answer = self.do(step, events, go)
        if answer and [stop for stop in answer["stops"]] != [stop for *_, stop in scans]:
            raise Fault(f"scans {scans}: {answer['stops']}")
        self.stops.update(stop for *_, stop in scans if stop)
        self.done["visits"] += 1
        self.done["packs given whole"] += sum(event[0] == "dispense-whole" for event in events)
        self.done["portions"] += sum(event[0] == "dispense-part" for event in events)
        if self.draw.random() < 1 / 60:
            code, units = takes[0]
            was = before[code]
            self.do({"do": "take-back", "code": code}, [("reverse", code, 0)], lambda: self.undo(code, was, units))
            self.done["taken back"] += 1

    def undo(self, code, was, units):
        self.rows["3506", code] += 1
        self.bills["116", code] += was.dispensed == was.back
        self.packs[code] = was
        if code not in self.split[was.product]:
            (self.whole if was.shelf == was.units and units == was.units else self.split)[was.product].appendleft(code)

    def with_wrong(self, scans, wanted, today):
        """Wrong scans in between, each with the stop it must meet."""
        wrong = []
        if self.draw.random() < 0.3:
            wrong.append((self.draw.choice(("6901234567892", "06901234567892")), "shelf-code"))
        if self.draw.random() < 0.2:
            wrong.append((f"8199999{self.draw.randrange(10**12):013}", "never-received"))
        if self.draw.random() < 0.3 and self.gone:
            code = self.draw.choice(self.gone)
            if self.packs[code].state == "dispensed" and not self.packs[code].recalled and self.packs[code].expiry >= today:
                wrong.append((code, "already-dispensed"))
        if self.draw.random() < 0.3 and self.quarantined:
            why, code = self.draw.choice(self.quarantined)
            pack = self.packs[code]
            if pack.state in ("quarantined", "shelf"):
                stop = ("recalled" if pack.recalled else "expired" if pack.expiry < today else
                        "quarantined" if pack.state == "quarantined" else None)
                if stop:
                    wrong.append((code, stop))
        asked = {line["drug"] for line in wanted}
        other = next((n for n in range(PRODUCTS) if f"p{n}" not in asked and self.usable(self.whole[n], today)), None)
        if self.draw.random() < 0.2 and other is not None:
            wrong.append((self.whole[other][0], "wrong-drug"))
        for raw, stop in wrong:
            scans.insert(self.draw.randrange(len(scans) + 1), (raw, None, stop))
        if self.draw.random() < 0.1:
            scans.append((next(code for code, _, stop in scans if stop is None), None, "twice"))
        return scans

    def give_back(self):
        """From a patient who alone got of the pack; it never reaches the shelf again."""
        code = next((c for c in self.draw.sample(list(self.gone), min(20, len(self.gone)))
                     if len(self.packs[c].whom) == 1 and self.packs[c].dispensed > self.packs[c].back
                     and self.packs[c].state != "destroyed"), None)
        if code is None:
            return
        pack = self.packs[code]
        units = self.draw.randint(1, pack.dispensed - pack.back)

        def come():
            self.rows["3506", code] += 1
            self.bills["116", code] += pack.dispensed - pack.back == units
            pack.back, pack.held, pack.from_patient = pack.back + units, pack.held + units, True
            pack.settle("quarantined")
            self.quarantined.append(("returned", code))

        self.do({"do": "act", "act": "return-from-patient", "codes": [code], "units": units},
                [("return-from-patient", code, units)], come)
        self.done["returned by patients"] += 1
        if not pack.recalled:
            self.must_stop({"do": "act", "act": "release", "codes": [code], "names": ["", "李梅"]}, "from-patient")

    def clear_out(self, today):
        """Expired packs are set aside; what is held is destroyed by two people or sent back."""
        for why, code in list(self.quarantined):
            pack = self.packs[code]
            if why == "expired" and pack.state == "shelf":
                self.do({"do": "act", "act": "quarantine", "codes": [code]}, [("quarantine", code, 0)], pack.hold)
                self.done["expired, set aside"] += 1
        held = [(why, c) for why, c in self.quarantined if self.packs[c].held and self.packs[c].state == "quarantined"]
        destroy = list(dict.fromkeys(c for why, c in held if why in ("expired", "returned")))[:8]
        back = list(dict.fromkeys(c for why, c in held if why == "recalled" and not self.packs[c].from_patient))[:40]
        if destroy:
            step = {"do": "act", "act": "destroy", "codes": destroy}
            self.must_stop({**step, "names": ["王建国", " 王建国"]}, "two-names-needed")

            def gone():
                for code in destroy:
                    self.packs[code].held = 0
                    self.packs[code].settle("destroyed")
                    self.rows["3502", code] += 1
                    self.bills["205", code] += 1

            self.do({**step, "names": ["王建国", "李梅"]}, [("destroy", code, 0) for code in destroy], gone)
            self.done["destroyed by two"] += len(destroy)
        if back:
            def sent():
                for code in back:
                    self.packs[code].held = self.packs[code].shelf = 0
                    self.packs[code].state = "sent-back"
                    self.rows["3504", code] += 1
                    self.bills["202", code] += 1

            self.do({"do": "act", "act": "return-to-supplier", "codes": back},
                    [("return-to-supplier", code, 0) for code in back], sent)
            self.done["sent back"] += len(back)
        self.quarantined = deque((w for w in self.quarantined if self.packs[w[1]].state in ("shelf", "quarantined")),
                                 maxlen=200)

    def recall(self, day):
        lot = self.draw.choice(list(self.lots)[-120:])
        codes, bounds = self.lots[lot], None
        if self.draw.random() < 0.4:
            bounds = sorted(self.draw.sample(codes, 2)) if len(codes) > 1 else [codes[0], codes[0]]
            # Codes of a lot follow one another, so nothing of another lot lies between two of them.
            codes = [code for code in codes if bounds[0] <= code <= bounds[1]]
        alive = [code for code in codes if self.packs[code].state not in ("expected", "destroyed")]

        def set_aside():
            for code in alive:
                pack = self.packs[code]
                pack.recalled = True
                if pack.state == "shelf":
                    pack.hold()
                if pack.held:
                    self.quarantined.append(("recalled", code))

        product = f"p{self.packs[codes[0]].product}"
        step = {"do": "recall", "id": f"R{day}-{self.head}", "product": product, "lots": [] if bounds else [lot],
                "codes": bounds, "drill": False}
        if bounds:
            step["product"] = ""

        def named():
            set_aside()
            self.recalled_ranges.append(bounds) if bounds else self.recalled_lots.add(lot)

        answer = self.do(step, [("recall", code, 0) for code in alive], named) if alive else None
        out = sum(self.packs[code].dispensed for code in codes)
        if answer and (answer["on_shelf"], answer["units_given"], answer["packs"]) != (0, out, len(codes)):
            raise Fault(f"recall: {answer}, {out} units out of {len(codes)} packs")
        self.done["recalls"] += bool(alive)

    def drill(self, day):
        """A whole product, everything that ever came of it: found, nothing touched."""
        product = self.draw.randrange(PRODUCTS)
        of = [pack for pack in self.packs.values() if pack.product == product]
        answer = self.do({"do": "recall", "id": f"YL{day}", "product": f"p{product}", "lots": [], "codes": None, "drill": True},
                         again=False)
        if answer and (answer["packs"], answer["units_given"]) != (len(of), sum(p.dispensed for p in of)):
            raise Fault(f"drill: {answer}")
        self.done["drills of a whole product"] += 1
        if answer:
            self.us["drill of a product"][self.month].append(answer["us"])

    def count(self):
        """One box is not found, and found a week later; then it is looked over by two and goes back."""
        there = [code for code, pack in self.packs.items() if pack.shelf + pack.held]
        lost = next((c for c in self.draw.sample(there, min(50, len(there)))
                     if self.packs[c].shelf and not self.packs[c].held and not self.packs[c].recalled), None)
        if lost is None:
            return
        pack = self.packs[lost]
        units, today = pack.shelf, day_text((self.now - BEGIN_MS) // DAY_MS)

        def gone():
            pack.shelf, pack.lost = 0, pack.lost + units
            pack.settle("missing")
            self.rows["3502", lost] += 1

        def found():
            pack.held, pack.lost = units, 0
            pack.settle("quarantined")
            self.rows["3502", lost] += 1

        answer = self.do({"do": "count", "codes": [code for code in there if code != lost]}, [("count-loss", lost, units)], gone)
        if answer and (answer["differences"], answer["other"]) != ([lost], 0):
            raise Fault(f"count: {answer}")
        self.tick(3600)
        self.do({"do": "count", "codes": there}, [("count-gain", lost, units)], found)
        if pack.expiry >= today and not pack.from_patient:
            def back():
                pack.shelf, pack.held, pack.state = pack.held, 0, "shelf"

            self.do({"do": "act", "act": "release", "codes": [lost], "names": ["", "李梅"]}, [("release", lost, 0)], back)
        self.done["counts with a loss and a find"] += 1

    def upload(self, day):
        offline = self.o.offline and self.o.offline[0] <= day < self.o.offline[1]
        if not offline and not (self.o.offline and day == self.o.offline[1]) and self.draw.random() < 0.2:
            top = ["timeout", "drop", "500", "html", "garbage", "busy", "lie"]
            fsi = ["timeout", "drop", "500", "html", "garbage", "busy", "empty", "half"]
            self.mock.faults(self.draw.sample(top, 2), self.draw.sample(fsi, 2))
        started = time.monotonic()
        profile = self.mock.away if offline else self.mock.near
        answer = self.do({"do": "upload", "profile": profile, "most": 1_000_000}, again=False)
        if answer is None:
            self.uploads["cut off on the way"] += 1
            return {}
        self.uploads["rounds"] += 1
        if offline:
            self.uploads["days without a line"] += 1
            if not answer["unreached"]:
                raise Fault(f"a line where there is none: {answer}")
        elif self.o.offline and day == self.o.offline[1]:
            self.uploads["ms to drain after the days without a line"] = int(1000 * (time.monotonic() - started))
            self.uploads["told in that drain"] = answer["accepted"] + answer["pending"]
        self.uploads["refused"] += answer["refused"]
        return answer

    def day(self, day):
        self.now, self.month = BEGIN_MS + day * DAY_MS, day // 30
        half = self.o.packs // 2
        self.despatch(day, half)
        self.despatch(day, self.o.packs - half)
        target = self.done["received"] - (5 * self.o.packs if day < self.o.days - 5 else 2 * self.o.packs)
        while self.done["packs given whole"] + self.done["portions"] * 0.36 < target:
            before = self.done["visits"]
            self.visit(day)
            self.tick(120)
            if self.done["visits"] == before or self.now > BEGIN_MS + day * DAY_MS + DAY_MS - 6 * 3_600_000:
                break
        for _ in range(2):
            self.give_back()
        if day % 4 == 3:
            self.clear_out(day_text(day))
        if day % 9 == 8:
            self.recall(day)
        if day % 30 == 13 or day == self.o.days - 2:
            self.drill(day)
            self.count()
            self.house()
        self.upload(day)
        if day % 92 == 91:
            self.check()

    # ---- book against program
    def house(self):
        found = {code: (shelf, held) for code, shelf, held in self.ask({"do": "house"})["packs"]}
        book = {c: (p.shelf, p.held) for c, p in self.packs.items() if p.shelf + p.held}
        if found != book:
            wrong = [(c, book.get(c), found.get(c)) for c in book.keys() | found.keys() if book.get(c) != found.get(c)]
            raise Fault(f"house: {len(wrong)} packs differ: {wrong[:5]}")
        stock = self.ask({"do": "stock"})
        self.us["stock"][self.month].append(stock["us"])
        sums = (sum(p.shelf for p in self.packs.values()), sum(p.held for p in self.packs.values()))
        if not stock["adds_up"] or (stock["shelf"], stock["held"]) != sums:
            raise Fault(f"stock: {stock}, book {sums}")

    def check(self):
        check = self.ask({"do": "check"})
        self.us["check"][self.month].append(check["us"])
        if not check["sound"] or not check["audit"] or check["events"] != self.head:
            raise Fault(f"check: {check}, acknowledged {self.head}")

    def every_event(self):
        """Each acknowledged transaction: as many events as were told, of the kinds, codes and units in the book."""
        transactions, seen = iter(self.kept), 0
        first, last, digest = next(transactions)
        total = 0
        while seen < self.head:
            for seq, kind, code, units in self.ask({"do": "events", "from": seen + 1, "limit": 20_000})["events"]:
                seen += 1
                if seq != seen:
                    raise Lost(f"event {seen} is not there: {seq}")
                total += hash((kind, code, units if kind != "dispense-whole" else 0))
                if seq == last:
                    if total & MASK != digest:
                        raise Lost(f"events {first}-{last} are not what was acknowledged")
                    first, last, digest = next(transactions, (0, 0, 0))
                    total = 0
        return seen

    def platforms(self):
        """Every row and code at both platforms as often as in the book: fewer were lost, more were taken twice."""
        for round_number in range(60):
            self.tick(1200)
            answer = self.upload(self.o.days + 1000)
            if answer and not any(answer[k] for k in ("accepted", "pending", "refused", "unreached")):
                break
        bills = self.ask({"do": "bills", "profile": self.mock.near})
        if bills["open"]:
            raise Fault(f"{bills['open']} bills are not done: {bills['words']}")
        state = self.mock.state()
        rows = Counter((key.split(":")[0], cut[0]) for key, cut in state["rows"].items())
        told = Counter((bill["type"], code) for bill in state["bills"].values() for code in bill["codes"])
        self.bills = +self.bills
        twice = sum((rows - self.rows).values()) + sum((told - self.bills).values())
        lost = sum((self.rows - rows).values()) + sum((self.bills - told).values())
        if twice or lost:
            raise Fault(f"at the platforms {twice} too many, {lost} too few: {list(((rows - self.rows) + (told - self.bills) + (self.rows - rows) + (self.bills - told)).items())[:5]}")
        for code, pack in self.packs.items():
            if told["323", code] - told["116", code] != (pack.dispensed > pack.back):
                raise Fault(f"{code}: {told['323', code]} times out, {told['116', code]} times back at the platform")
        again = [one for one in state["again"] if not one.startswith("350")]
        if again:
            raise Fault(f"{len(again)} bills sent again after they were done, taken once all the same: {again[:5]}")
        return len(state["bills"]), sum(rows.values()), len(state["again"])

    def live(self):
        self.begin()
        for day in range(self.o.days):
            self.day(day)
            if self.o.days > 60 and day % 30 == 29:
                print(f"  day {day + 1}: {self.done['received']} packs in, {self.head} events, {self.done['kills']} kills, "
                      f"{self.done['power cuts']} cuts, {time.monotonic() - self.started:.0f} s", flush=True)

    def report(self):
        self.p_kill = self.p_cut = 0
        self.house()
        self.check()
        for name, months in sorted(self.us.items()):
            low, high = months[min(months)], months[max(months)]
            print(f"  {name}: first month p50 {at(low, 0.5)} p99 {at(low, 0.99)} ms ({len(low)}), last month p50 "
                  f"{at(high, 0.5)} p99 {at(high, 0.99)} ms ({len(high)})")
        events = self.every_event()
        print(f"  {events} events are as acknowledged, {time.monotonic() - self.started:.0f} s", flush=True)
        bills, rows, again = self.platforms()
        split = sum(1 for p in self.packs.values() if 0 < len(p.whom) and (len(p.whom) > 1 or p.dispensed < p.units))
        gone = sum(1 for p in self.packs.values() if p.dispensed)
        print(f"  done: {dict(self.done)}\n  stopped: {dict(self.stops)}\n  interrupted: {dict(self.was)}\n"
              f"  uploads: {dict(self.uploads)}")
        days = self.o.offline[1] - self.o.offline[0] if self.o.offline else 0
        print(f"{self.o.days} days, {self.done['received']} packs in, {gone} given out ({100 * split / max(1, gone):.0f} % split), "
              f"{self.done['visits']} visits, {events} events; {self.done['kills']} kills, {self.done['power cuts']} power cuts, "
              f"{self.was['not at all']} steps kept not at all, {self.was['whole, without a word']} whole without a word; "
              f"acknowledged events lost 0; {days} days without a line; {bills} bills and {rows} rows at the platforms, "
              f"taken twice 0, lost 0, {again} rows asked again after a lost answer; recalls {self.done['recalls']}, "
              f"returns {self.done['returned by patients']}, wrong scans stopped {sum(self.stops.values())}")


def at(values, share):
    return round(sorted(values)[int((len(values) - 1) * share)] / 1000, 2)


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--packs", type=int, default=40)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--cuts", type=int, default=4)
    parser.add_argument("--offline", type=int, nargs=2)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--control", action="store_true")
    return parser.parse_args()


def main():
    o = options()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if o.cuts and not (os.geteuid() == 0 and os.path.exists("/dev/loop-control") and shutil.which("mkfs.ext4")):
        print("power cuts could not run: needs root, loop devices and mkfs.ext4")
        if os.environ.get("CI") == "true" or o.control:
            return 1
        o.cuts = 0
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    base = tempfile.mkdtemp(prefix="xinglin-year-", dir=memory)
    year = None
    try:
        year = Year(o, base)
        year.started = time.monotonic()
        year.live()
        if o.control:
            print("the control run lost nothing: the cuts are not sharp enough to prove anything")
            return 1
        year.report()
        print(f"  {time.monotonic() - year.started:.0f} s")
    except Lost as lost:
        print(("control, synchronous=NORMAL, lost what it had acknowledged: " if o.control else "LOST: ") + str(lost))
        return 0 if o.control else 1
    except Fault as fault:
        print(f"FAULT on day {(year.now - BEGIN_MS) // DAY_MS if year else 0}: {fault}")
        return 1
    finally:
        if year:
            year.worker.kill()
            year.mock.close()
            year.disk.close()
        shutil.rmtree(base, ignore_errors=True)
    if year.done["kills"] < o.kills // 4 or year.done["power cuts"] < o.cuts // 4:
        print("  too few interruptions for the run to mean anything")
        return 1
    return 0


sys.exit(main())
