#!/usr/bin/env python3
"""A study looked at in a real terminal: `images.py PATH-OF-XINGLIN SAMPLES [PICTURE.png]`.

A chest film (lossy JPEG 2000) and a head CT come in by the command; from the patient's page two keys lead to the picture.
What stands in the terminal's cells is compared with what DCMTK draws of the same file. Then a window by digit, Esc while
it is decoded, a terminal of sixteen colours. SAMPLES is the folder `dicom` of the shared data.
"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import Desk  # noqa: E402

PASSPHRASE = "demo clinic 2026"
TRUE = {"COLORTERM": "truecolor", "TERM": "xterm-256color"}


def open_desk(binary, folder, size, env):
    desk = Desk(f"{binary} --demo --lang zh --data-dir {folder}", size, env)
    desk.wait("登录", "用户名")
    desk.type(PASSPHRASE)
    desk.press("Enter")
    desk.wait("候诊 6", "张桂兰")
    return desk


def leave(desk):
    for _ in range(6):
        shown = desk.screen()
        if "候诊 6" in shown:
            break
        desk.press("Escape")
        # A key right behind Esc would be read as Alt and that key.
        for _ in range(20):
            time.sleep(0.1)
            if desk.screen() != shown:
                break
    desk.type("q")
    desk.wait("退出")
    desk.type("y")
    desk.check(desk.ended() == 0, "it did not end well")
    desk.close()


def command(binary, folder, *words):
    done = subprocess.run(
        [binary, "--demo", "--data-dir", folder, "--lang", "zh", *words, "--user", "wang", "--passphrase-fd", "0"],
        input=PASSPHRASE + "\n", capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{words}: {done.stderr}")
    return done.stdout


def squares(desk):
    """The picture in the cells: rows of grey values, two a cell row; cells without a half block are left out."""
    rows = []
    for line in desk.screen(colours=True).splitlines():
        upper, lower = [], []
        fg = bg = None
        for escape, char in re.findall(r"\x1b\[([0-9;:]*)m|(.)", line):
            if not char:
                parts = [p for p in re.split("[;:]", escape)]
                while parts:
                    p = parts.pop(0)
                    if p in ("38", "48") and len(parts) >= 4 and parts[0] == "2":
                        colour = tuple(int(n) for n in parts[1:4])
                        del parts[:4]
                        if p == "38":
                            fg = colour
                        else:
                            bg = colour
                    elif p in ("", "0", "39", "49"):
                        fg = None if p != "49" else fg
                        bg = None if p != "39" else bg
            elif char == "▀":
                upper.append((fg or (0, 0, 0))[1])
                lower.append((bg or (0, 0, 0))[1])
        if upper:
            rows += [upper, lower]
    return rows


def drawn(file, size, folder):
    """What DCMTK draws of the file as GDCM unpacks it, as small as the terminal's picture."""
    raw, out = os.path.join(folder, "raw.dcm"), os.path.join(folder, "out.pgm")
    subprocess.run(["gdcmconv", "--raw", file, raw], check=True, capture_output=True)
    subprocess.run(["dcmj2pnm", "+Wi", "1", raw, out], check=True, capture_output=True)
    with open(out, "rb") as pgm:
        head = re.match(rb"P5\s+(?:#.*\n)?(\d+)\s+(\d+)\s+255\s", data := pgm.read())
    width, height = int(head[1]), int(head[2])
    body = data[head.end():]
    wide, high = size
    rows = []
    for y in range(high):
        top, bottom = y * height // high, max((y + 1) * height // high, y * height // high + 1)
        row = []
        for x in range(wide):
            left, right = x * width // wide, max((x + 1) * width // wide, x * width // wide + 1)
            values = [body[sy * width + sx] for sy in range(top, bottom) for sx in range(left, right)]
            row.append(sum(values) // len(values))
        rows.append(row)
    return rows


def apart(ours, theirs):
    pairs = [(a, b) for row, other in zip(ours, theirs) for a, b in zip(row, other)]
    return sum(abs(a - b) for a, b in pairs) / len(pairs)


def png(rows, path, scale=6):
    wide = len(rows[0]) * scale
    lines = b"".join((b"\0" + bytes(v for v in row for _ in range(scale))) * scale for row in rows)
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    with open(path, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", wide, len(rows) * scale, 8, 0, 0, 0, 0))
                  + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def to_the_images(desk):
    """From the waiting list over the patient's page."""
    desk.type("h")
    desk.wait("历次就诊")
    desk.type("z")
    desk.wait("张桂兰", "收到 2", "影像")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    binary, samples = os.path.abspath(sys.argv[1]), sys.argv[2]
    film, head = os.path.join(samples, "chest/RG1_J2KI.dcm"), os.path.join(samples, "brain/CT2_J2KR.dcm")
    folder = tempfile.mkdtemp(prefix="xinglin-images-")
    work = tempfile.mkdtemp(prefix="xinglin-drawn-")
    try:
        # The demo clinic is made by its first opening.
        leave(open_desk(binary, folder, (80, 24), TRUE))

        patient = "1"
        for file in (film, head):
            command(binary, folder, "share", "import", file, "--patient", patient)

        desk = open_desk(binary, folder, (120, 60), TRUE)
        to_the_images(desk)
        row = desk.wait_row(">", "影像")
        desk.check("CT" in row, "the newest is first")
        desk.press("Down")
        desk.press("Enter")
        desk.wait("仅供预览，不能用于诊断", "CR", "第1/1幅", "1841x1955", "文件窗 15000/30000", "▀")
        ours = squares(desk)
        size = (len(ours[0]), len(ours))
        mean = apart(ours, drawn(film, size, work))
        print(f"chest film: {size[0]}x{size[1]} squares, mean difference from DCMTK {mean:.2f} of 255")
        desk.check(mean < 3, "it is not the film that DCMTK draws")
        if len(sys.argv) == 4:
            png(ours, sys.argv[3])
        desk.type("2")
        desk.wait("只用于CT")
        desk.press("Escape")
        desk.wait("收到 2")
        desk.press("Up", "Enter")
        desk.wait("CT", "文件窗", "▀")
        own = squares(desk)
        desk.type("4")
        desk.wait("骨窗 480/2500")
        desk.check(apart(own, squares(desk)) > 5, "the bone window changes nothing")
        leave(desk)

        # At ordering: the note names the test, one key shows what is here of it, and its images.
        desk = open_desk(binary, folder, (120, 60), TRUE)
        desk.press("Enter")
        desk.wait("F2病历")
        desk.type("处理：查头颅CT。")
        desk.press("F4")
        desk.wait("病历里要做 头颅CT")
        desk.press("F11")
        desk.wait("互认：已有结果", "参考", "本站", "只作参考", "没有问上级")
        desk.type("v")
        desk.wait("仅供预览", "CT", "▀")
        desk.press("Escape")
        desk.wait("互认：已有结果")
        desk.close()

        desk = open_desk(binary, folder, (80, 24), {"TERM": "linux"})
        to_the_images(desk)
        desk.press("Down", "Enter")
        desk.wait("仅供预览", "文件窗")
        shown = desk.screen()
        desk.check("▀" not in shown, "half blocks on a terminal of sixteen colours")
        desk.check(sum(shown.count(c) for c in ":-=+*#%@") > 200, "no picture in characters")
        leave(desk)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(work, ignore_errors=True)
    print("images in a terminal: seen, compared, windows, at ordering, sixteen colours")


if __name__ == "__main__":
    main()
