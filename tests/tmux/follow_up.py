#!/usr/bin/env python3
"""A known patient's revisit and a bare follow-up in the real program at 80x24: `follow_up.py PATH-OF-XINGLIN`.

Revisit: pressure in, drugs copied from the last prescription and checked, signed, slip printed, counted as a follow-up:
at most 45 keys. Bare follow-up from the due list: at most 25. Both counts are printed. Then the danger panel, a form that
a kill left half-typed, the task after a referral, the counts with their files, one's own numbers, a child's form and the
family-doctor contract. `--show` prints the pictures on the way.
"""
import glob
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import Desk  # noqa: E402
from visit import sign_in  # noqa: E402

REVISIT_MOST, BARE_MOST = 45, 25
# A build without optimisation is slow to load the knowledge.
LONG = 40
SHOW = "--show" in sys.argv


def picture(desk, name):
    if SHOW:
        print(f"---- {name}\n{desk.screen()}")


def revisit(desk):
    """From the waiting list to the printed slip and the follow-up."""
    began = desk.keys
    desk.press("Enter")
    desk.wait("F2病历", "张桂兰", seconds=LONG)
    desk.type("复诊 BP146/88")
    desk.wait("146mmHg", seconds=LONG)
    desk.press("F3")
    desk.wait("可能的病因", seconds=LONG)
    desk.type("t")
    desk.wait("自己写诊断")
    desk.type("高血压")
    desk.press("Enter")
    desk.wait("高血压", "确诊", seconds=LONG)
    desk.press("F5")
    desk.wait("处方")
    desk.press("C-r")
    desk.wait("氨氯地平", seconds=LONG)
    desk.type("1")
    desk.wait("苯磺酸氨氯地平", seconds=LONG)
    desk.press("F6")
    desk.wait("可以签名", seconds=LONG)
    desk.press("Enter")
    desk.wait("签名后不能改动")
    desk.type("y")
    desk.wait("已保存", seconds=LONG)
    desk.type("p")
    desk.wait("PDF 已写到", seconds=LONG)
    desk.type("g")
    # 71 years: the programme asks for less than 150/90.
    desk.wait("已计入随访：高血压 1控制满意", seconds=LONG)
    picture(desk, "signed, printed, counted")
    keys = desk.keys - began
    desk.check(keys <= REVISIT_MOST, f"{keys} keys, at most {REVISIT_MOST}")
    desk.press("Escape")
    desk.wait("候诊 5")
    return keys


def bare(desk):
    """A person with two diseases, from the due list to the kept form."""
    began = desk.keys
    desk.type("g")
    desk.wait("应访", "李国强", "逾期", seconds=LONG)
    picture(desk, "due list by harm")
    to(desk, "李国强")
    desk.press("Enter")
    desk.wait("随访", "血压", "空腹血糖", "上次 144/88", seconds=LONG)
    desk.type("150/95")
    desk.press("Enter")
    desk.type("7.2")
    desk.wait("公卫 高血压：2控制不满意", "公卫 2型糖尿病：2控制不满意", seconds=LONG)
    picture(desk, "the form")
    desk.press("F3")
    desk.wait("以下为达标：150", "以下为达标：7", seconds=LONG)
    picture(desk, "the trend")
    desk.press("Escape")
    desk.keys -= 2  # looking at the trend is no part of the counted way
    desk.wait("以下为达标", gone=True)
    desk.wait("公卫 高血压", "公卫 2型糖尿病", seconds=LONG)
    desk.press("F2")
    desk.wait("随访已保存", "应访", seconds=LONG)
    keys = desk.keys - began
    desk.check(keys <= BARE_MOST, f"{keys} keys, at most {BARE_MOST}")
    desk.press("Escape")
    desk.wait("候诊 5")
    return keys


def chosen(desk):
    return next((row for row in desk.screen().splitlines() if "> " in row), "")


def to(desk, name, most=30):
    for _ in range(most):
        row = desk.wait_row("> ")
        if name in row:
            return
        desk.press("Down")
        desk.wait_moved(row)
    desk.fail(f"{name} is not reached")


def danger(desk):
    """A danger sign opens the urgent panel before anything is kept; words that have no code count too."""
    desk.type("g")
    desk.wait("解玉珍", seconds=LONG)
    to(desk, "解玉珍")
    desk.press("Enter")
    desk.wait("上次 138/82", seconds=LONG)
    desk.type("186/95")
    desk.wait("危险情况", "收缩压≥180mmHg", "14天内主动随访", seconds=LONG)
    picture(desk, "danger")
    desk.type("y")
    desk.wait("看过按 y 继续", gone=True)
    desk.press("Enter")
    desk.type("2剧烈头痛")
    desk.wait("危险情况", "剧烈头痛", seconds=LONG)
    desk.type("y")
    desk.wait("看过按 y 继续", gone=True)


def cut(desk, command):
    """The half-typed form is there again after a kill, and says so."""
    desk.wait("[草稿", seconds=LONG)
    desk.close()
    again = Desk(command)
    again.wait("登录", "用户名", seconds=LONG)
    again.type("demo clinic 2026")
    again.press("Enter")
    again.wait("没填完的随访表", "解玉珍", seconds=LONG)
    again.type("g")
    again.wait("解玉珍", seconds=LONG)
    to(again, "解玉珍")
    again.press("Enter")
    again.wait("接着填 解玉珍", "186/95", "2剧烈头痛", seconds=LONG)
    again.wait("危险情况", seconds=LONG)
    again.type("y")
    again.wait("看过按 y 继续", gone=True)
    picture(again, "restored")
    again.press("F2")
    again.wait("随访已保存", seconds=LONG)
    return again


def lists(desk, folder):
    """The task of the referral, hamlet and household, the register, the counts with files, one's own numbers."""
    desk.wait("任务·转诊随访", "赵永福", seconds=LONG)
    desk.wait_row("> ")
    to_top(desk)
    desk.type("d")
    desk.wait("已办完：赵永福", seconds=LONG)
    desk.type("z")
    desk.wait("已撤回", "任务·转诊随访", seconds=LONG)
    desk.type("o")
    desk.wait("按组户", "柳溪村 一组（", seconds=LONG)
    picture(desk, "by hamlet and household")
    desk.type("w")
    desk.wait("walk-", seconds=LONG)
    desk.press("Tab")
    desk.wait("[登记册", "买买提", "在管", seconds=LONG)
    picture(desk, "register")
    desk.type("mmt")
    desk.wait_row("> ", "买买提")
    desk.press("F3")
    desk.wait("1失访")
    desk.type("1外出打工")
    desk.press("Enter")
    desk.wait_row("买买提", "失访")
    desk.press("Tab")
    desk.wait("[72小时", seconds=LONG)
    desk.press("Tab")
    desk.wait("[指标]", "合计", "控制率", seconds=LONG)
    picture(desk, "counts")
    desk.press("Enter")
    desk.wait("未规范", "面对面", seconds=LONG)
    picture(desk, "the people behind")
    desk.press("Escape")
    desk.wait("未规范", gone=True)
    for key, ending in (("1", ".xlsx"), ("2", ".csv"), ("3", ".html")):
        desk.type(key)
        desk.wait(ending, seconds=LONG)
    desk.check(len(glob.glob(f"{folder}/**/indicators-*", recursive=True)) == 4, "four files")
    desk.press("Tab")
    desk.wait("只给自己看", seconds=LONG)
    picture(desk, "self-check")
    desk.press("Escape")
    desk.wait("候诊 5")


def to_top(desk):
    for _ in range(20):
        desk.press("Up")
    desk.wait_row("> ", "赵永福")


def child_and_contract(desk):
    """A four-year-old's form asks what fits the age; the contract is seen on the chart and changed there."""
    to(desk, "吴小宝")
    desk.type("j")
    desk.wait("0–6岁儿童", "身长", "发育", seconds=LONG)
    desk.wait("前囟", gone=True)
    picture(desk, "a child of four")
    desk.press("Escape")
    desk.wait("候诊 5")
    to(desk, "赵永福")
    desk.type("h")
    desk.wait("历次就诊", "签约 青河县人民医院", seconds=LONG)
    picture(desk, "chart with contract")
    desk.type("i")
    desk.wait("家医签约", "县级医院", seconds=LONG)
    desk.type("1")
    desk.press("Enter")
    desk.type("青河县中医院")
    picture(desk, "contract form")
    desk.press("F2")
    desk.wait("历次就诊", "签约 青河县中医院", seconds=LONG)
    desk.press("Escape")
    desk.wait("候诊 5")


def main():
    binary = os.path.abspath(sys.argv[1])
    folder = tempfile.mkdtemp(prefix="xinglin-follow-up-")
    command = f"{binary} --demo --lang zh --data-dir {folder}"
    desk = Desk(command)
    try:
        sign_in(desk)
        first = revisit(desk)
        second = bare(desk)
        danger(desk)
        desk = cut(desk, command)
        lists(desk, folder)
        child_and_contract(desk)
        print(f"revisit: {first} keys (at most {REVISIT_MOST}); bare follow-up: {second} keys (at most {BARE_MOST})")
    finally:
        desk.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
