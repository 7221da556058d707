#!/usr/bin/env python3
"""A known patient's revisit and a bare follow-up in the real program at 80x24: `follow_up.py PATH-OF-XINGLIN`.

Revisit: pressure in, drugs copied from the last prescription and checked, signed, slip printed, counted as a follow-up:
at most 45 keys. Bare follow-up from the list: at most 25. Both counts are printed.
"""
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import Desk  # noqa: E402
from visit import sign_in  # noqa: E402

REVISIT_MOST, BARE_MOST = 45, 25


def revisit(desk):
    """From the waiting list to the printed slip and the follow-up."""
    began = desk.keys
    desk.press("Enter")
    desk.wait("F2病历", "张桂兰")
    desk.type("复诊 BP146/88")
    desk.wait("146", seconds=60)
    desk.press("F3")
    desk.wait("可能的病因")
    desk.type("t")
    desk.type("高血压")
    desk.press("Enter")
    desk.wait("高血压", "确诊")
    desk.press("F5")
    desk.press("C-r")
    desk.wait("氨氯地平")
    desk.type("1")
    desk.wait("苯磺酸氨氯地平")
    desk.press("F6")
    desk.wait("可以签名", seconds=30)
    desk.press("Enter")
    desk.wait("签名后不能改动")
    desk.type("y")
    desk.wait("已保存")
    desk.type("p")
    desk.wait("PDF 已写到")
    desk.type("g")
    desk.wait("已计入随访：高血压 1控制满意")
    keys = desk.keys - began
    desk.check(keys <= REVISIT_MOST, f"{keys} keys, at most {REVISIT_MOST}")
    desk.press("Escape")
    desk.wait("候诊 5")
    return keys


def bare(desk):
    """Another known patient, straight to the form."""
    desk.press("Down")
    began = desk.keys
    desk.type("j")
    desk.wait("随访", "血压", "空腹血糖")
    desk.type("150/95")
    desk.press("Enter")
    desk.type("7.2")
    desk.wait("公卫 高血压：2控制不满意", "公卫 2型糖尿病：2控制不满意", "未达标")
    desk.press("F2")
    desk.wait("随访已保存", "候诊")
    keys = desk.keys - began
    desk.check(keys <= BARE_MOST, f"{keys} keys, at most {BARE_MOST}")
    return keys


def danger(desk):
    """A danger sign opens the urgent panel before anything is kept, and leaving asks."""
    desk.type("j")
    desk.wait("上次 150/95")
    desk.type("186/95")
    desk.wait("危险情况", "收缩压≥180mmHg", "14天内主动随访")
    desk.type("y")
    desk.wait("看过按 y 继续", gone=True)
    desk.press("Escape")
    desk.wait("还没有保存")
    desk.type("y")
    desk.wait("候诊")


def main():
    binary = os.path.abspath(sys.argv[1])
    folder = tempfile.mkdtemp(prefix="xinglin-follow-up-")
    desk = Desk(f"{binary} --demo --lang zh --data-dir {folder}")
    try:
        sign_in(desk)
        first = revisit(desk)
        second = bare(desk)
        danger(desk)
        desk.type("g")
        desk.wait("应访", "逾期" if "逾期" in desk.screen() else "登记册")
        time.sleep(0.2)
        print(f"revisit: {first} keys (at most {REVISIT_MOST}); bare follow-up: {second} keys (at most {BARE_MOST})")
    finally:
        desk.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
