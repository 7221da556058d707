#!/usr/bin/env python3
"""One whole visit in the real program at 80x24, by keys alone: `visit.py PATH-OF-XINGLIN`.

sign in -> waiting list -> register (ID number) -> note -> correct a finding -> pick -> plan -> guideline search
-> prescription with a reason -> sign -> print -> found again in the history; then a crash and its draft, the lock,
the wizard, a small terminal, and the terminal given back by every way out. Prints how many keys each part took.
"""
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import Desk, cells  # noqa: E402

PASSPHRASE = "demo clinic 2026"
NOTE = "主诉：咳嗽、咳黄痰5天，发热2天。现病史：无胸痛，无咯血。查体：T38.6℃ R24次/分 P96次/分 BP128/78mmHg，右下肺可闻及湿啰音。"


def open_desk(binary, folder, size=(80, 24), demo=True, env=None, lang="zh"):
    flags = ("--demo " if demo else "") + (f"--lang {lang} " if lang else "")
    return Desk(f"{binary} {flags}--data-dir {folder}", size, env)


def sign_in(desk):
    desk.wait("登录", "用户名")
    desk.type(PASSPHRASE)
    desk.press("Enter")
    desk.wait("候诊 6", "张桂兰")


def id_number(body):
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights)) % 11]


def whole_visit(binary, folder):
    desk = open_desk(binary, folder)
    counts = []

    def part(name, since=[0]):
        counts.append((name, desk.keys - since[0]))
        since[0] = desk.keys

    sign_in(desk)
    part("登录")

    # Register: the ID number fills birth and sex, and is checked while it is typed.
    desk.type("n")
    desk.wait("登记新患者")
    desk.type("周秀珍")
    desk.press("Enter")
    wrong = id_number("99000019650817002")
    slip = wrong[:-1] + ("0" if wrong[-1] != "0" else "1")
    desk.type(slip)
    desk.wait("校验位不对")
    desk.press("BSpace")
    desk.type(wrong[-1])
    desk.wait("身份证：女 1965-08-17 生")
    for _ in range(5):
        desk.press("Tab")
    desk.type("青霉素(皮疹)")
    desk.press("F2")
    desk.wait("周秀珍 女 61岁", "过敏:青霉素(皮疹)", "F2病历")
    part("登记")

    # The note; the caret stands behind what is typed, for the input method.
    desk.type("血压150")
    row = desk.wait_row("血压150")
    x, y, shown = desk.cursor()
    want = cells(row.split("血压150")[0]) + 7
    desk.check((x, shown) == (want, 1), f"cursor {x}, wanted {want}")
    desk.check(desk.screen().splitlines()[y] == row, "cursor is in another row")
    desk.press("C-u")
    desk.wait("血压150", gone=True)
    desk.type(NOTE)
    desk.wait_row("咳嗽", "有")
    desk.wait("有 发热", "无 胸痛", "38.6", seconds=60)
    part("病历")

    # A finding is corrected by one key, and back by two more.
    desk.press("Tab")
    first = desk.wait_row("有 咳嗽")
    desk.check("有 咳嗽" in first, "first finding")
    desk.press("Space")
    desk.wait("无 咳嗽(改)")
    desk.press("Space")
    desk.wait("疑 咳嗽(改)")
    desk.press("Space")
    desk.wait("有 咳嗽")
    desk.wait("咳嗽(改)", gone=True)
    part("更正所见")

    desk.press("F3")
    desk.wait("可能的病因", "未选诊断", "支持:", "%")
    desk.check("√" not in desk.screen(), "something was picked before the doctor picked")
    if "问:" in desk.screen():
        desk.type("n")
        time.sleep(0.5)
    desk.type("1")
    desk.wait("√")
    desk.wait("已选诊断:", "确诊")
    part("诊断")

    desk.press("F4")
    desk.wait("方案", "来源")
    part("方案")

    # The guideline base, from anywhere.
    desk.type("/")
    desk.wait("指南检索")
    desk.type("高血压 转诊")
    desk.wait("来源:", "高血压", "[指南]", seconds=60)
    desk.press("Escape")
    desk.wait("指南检索", gone=True)
    part("检索")

    # Penicillin for a patient with a penicillin allergy stops; the way out is another drug.
    desk.press("F5")
    desk.type("amxl 0.5g tid po 5天")
    desk.wait("阿莫西林", "每次0.5g", "完整")
    desk.press("Enter")
    desk.wait("[禁]", "双签")
    desk.press("F6")
    desk.wait("还不能签名", "【禁】")
    desk.press("F5")
    desk.press("C-d")
    desk.wait("处方 0")
    part("开药(禁)")
    desk.type("布洛芬缓释胶囊 0.3g bid po 3天")
    desk.wait("布洛芬", "完整")
    desk.press("Enter")
    desk.wait("处方 1")
    desk.type("华法林 2.5mg qd po 5天")
    desk.wait("华法林", "完整")
    desk.press("Enter")
    desk.wait("[警]", "填理由")
    part("开药(警)")
    for _ in range(6):
        if "警：须改处方" not in desk.screen():
            break
        desk.type("1")
        time.sleep(0.4)
    desk.wait("理由 1会监测")
    part("理由")

    desk.press("F6")
    desk.wait("可以签名", "周秀珍 女 61岁")
    desk.press("Enter")
    desk.wait("为 周秀珍 女 61岁 签名")
    desk.check("已保存" not in desk.screen(), "saved was shown before the commit")
    desk.type("y")
    desk.wait("已保存", "处方编号", "处方笺", "布洛芬")
    part("签名")

    desk.type("p")
    desk.wait("PDF 已写到")
    files = glob.glob(os.path.join(folder, "demo", "prints", "*.pdf"))
    desk.check(len(files) == 1 and os.path.getsize(files[0]) > 3000, f"no PDF: {files}")
    with open(files[0], "rb") as file:
        desk.check(file.read(5) == b"%PDF-", "not a PDF")
    part("打印")

    desk.type("h")
    desk.wait("历次就诊 1", "王建国")
    desk.press("Enter")
    desk.wait("就诊记录", "签名：", "主诉：咳嗽")
    part("病历记录")
    for _ in range(3):
        desk.press("Escape")
        time.sleep(0.1)
    desk.wait("候诊 6")

    # Found again by initials and by the end of the ID number.
    for query in ("zxz", wrong[-4:]):
        desk.type("f")
        desk.wait("找患者")
        desk.type(query)
        desk.wait("周秀珍")
        desk.press("F8")
        desk.wait("历次就诊 1", "布洛芬")
        desk.press("Escape")
        desk.wait("历次就诊", gone=True)
        desk.press("Escape")
        desk.wait("候诊 6")
    part("再找到")

    # A signed visit is corrected by another one; the old one stays and is marked.
    desk.type("f")
    desk.wait("找患者")
    desk.type("zxz")
    desk.wait("周秀珍")
    desk.press("F8")
    desk.wait("历次就诊 1")
    desk.press("Enter")
    desk.wait("就诊记录", "签名：")
    desk.type("a")
    desk.wait("更正", "F2病历", "主诉：咳嗽")
    desk.press("C-End")
    desk.type("补充：吸烟10年。")
    desk.wait("有 吸烟", seconds=30)
    desk.press("F6")
    desk.wait("可以签名")
    desk.press("Enter")
    desk.wait("签名？")
    desk.type("y")
    desk.wait("已保存", "处方编号")
    desk.type("h")
    desk.wait("历次就诊 2", "已被更正")
    desk.press("Escape")
    desk.wait("已保存")
    desk.press("Escape")
    desk.wait("历次就诊 2", "已被更正")
    desk.press("Escape")
    desk.wait("找患者")
    desk.press("Escape")
    desk.wait("候诊 6")
    part("更正")

    desk.type("q")
    desk.wait("退出程序")
    desk.type("y")
    desk.check(desk.ended() == 0, "exit code")
    desk.close()
    return counts


def crash_keeps_the_draft(binary, folder):
    desk = open_desk(binary, folder)
    sign_in(desk)
    desk.press("Down")
    desk.press("Enter")
    desk.wait("F2病历", "马德胜")
    desk.type("主诉：咳嗽三天，夜里加重。")
    desk.wait("草稿")
    time.sleep(2.8)
    pids = subprocess.run(["pgrep", "-f", f"^{binary} .*{folder}"], capture_output=True, text=True, check=False)
    for pid in pids.stdout.split():
        os.kill(int(pid), signal.SIGKILL)
    desk.ended()
    desk.close()
    desk = open_desk(binary, folder)
    sign_in(desk)
    desk.wait("[草稿]")
    desk.press("Down")
    desk.press("Enter")
    desk.wait("接着写 马德胜 的草稿", "主诉：咳嗽三天，夜里加重。")

    # A paste is text, never keys; control sequences are shown and dropped.
    desk.paste("第二行：胸痛\x1b[31m\n第三行")
    desk.wait("第二行：胸痛", "第三行", "去掉了控制字符")

    # Esc asks once and loses nothing.
    desk.press("Escape")
    desk.wait("马德胜", "病历未签名")
    desk.press("Escape")
    desk.wait("病历未签名", gone=True)
    desk.wait("主诉：咳嗽三天")

    # Locked, nothing of the patient is seen; the passphrase brings the same screen back.
    desk.press("C-k")
    desk.wait("已锁定")
    desk.check("马德胜" not in desk.screen(), "the patient is seen behind the lock")
    desk.type("wrong passphrase")
    desk.press("Enter")
    desk.wait("不正确")
    desk.type(PASSPHRASE)
    desk.press("Enter")
    desk.wait("主诉：咳嗽三天")

    # Sizes.
    desk.resize(59, 19)
    desk.wait("终端太小")
    desk.resize(60, 20)
    desk.wait("主诉：咳嗽三天")
    desk.resize(120, 40)
    desk.wait("主诉：咳嗽三天")

    # A signal keeps the draft and gives the terminal back.
    desk.press("C-End")
    desk.type("信号前的字")
    desk.wait("信号前的字")
    pids = subprocess.run(["pgrep", "-f", f"^{binary} .*{folder}"], capture_output=True, text=True, check=False)
    for pid in pids.stdout.split():
        os.kill(int(pid), signal.SIGTERM)
    desk.check(desk.ended() == 0, "exit code after SIGTERM")
    desk.check("主诉" not in desk.screen(), "the other screen was not left")
    desk.check(desk.cursor()[2] == 1, "the cursor is hidden")
    desk.close()
    desk = open_desk(binary, folder)
    sign_in(desk)
    desk.press("Down")
    desk.press("Enter")
    desk.wait("信号前的字")
    desk.close()


def first_run(binary, folder):
    desk = open_desk(binary, folder, demo=False)
    desk.wait("第一次使用", "机构名称")
    desk.type("赵家湾村卫生室")
    desk.press("Enter")
    desk.wait("机构类型")
    desk.press("Enter")
    desk.wait("登录用户名")
    desk.type("zhao")
    desk.press("Enter")
    desk.wait("医生姓名")
    desk.type("赵医生")
    desk.press("Enter")
    desk.wait("至少 10 个字符")
    desk.type("柳树发芽 春天来了 2026")
    desk.press("Enter")
    desk.wait("再输一遍口令")
    desk.type("不一样的口令")
    desk.press("Enter")
    desk.wait("两遍口令不一样")
    desk.type("柳树发芽 春天来了 2026")
    desk.press("Enter")
    shown = desk.wait("恢复密钥：只显示这一次", seconds=30)
    groups = [row for row in shown.splitlines() if row.count("-") == 3]
    desk.check(len(groups) == 2, "eight groups in two rows")
    last = groups[1].strip("│ ").split("-")[-1]
    desk.type("XXXXX")
    desk.press("Enter")
    desk.wait("与最后一组不符")
    desk.press("C-u")
    desk.type(last)
    desk.press("Enter")
    desk.wait("候诊 0", "赵医生", "赵家湾村卫生室")
    desk.type("?")
    desk.wait("此处可用的按键")
    desk.press("Escape")
    desk.type(":dj")
    desk.wait("登记")
    desk.press("Enter")
    desk.wait("登记新患者")
    desk.close()


def rough_hands(binary, folder):
    desk = open_desk(binary, folder)
    sign_in(desk)
    # A second window on the same records only looks, and says so.
    second = open_desk(binary, folder)
    second.wait("登录", "用户名")
    second.type(PASSPHRASE)
    second.press("Enter")
    second.wait("候诊 6", "只读")
    second.press("Enter")
    second.wait("F2病历")
    second.type("这里不能写")
    second.wait("草稿没有存上", "另一个窗口")
    second.close()

    # Ten megabytes at once: what fits is kept, it is said, and the keys still work.
    desk.press("Enter")
    desk.wait("F2病历")
    desk.paste("咳嗽" * 1_700_000)
    desk.wait("粘贴太长", seconds=60)
    desk.press("BSpace", "BSpace", "C-Home")
    desk.type("开头")
    desk.wait("开头咳嗽", seconds=30)
    desk.close()

    # Without colours every level is still a word.
    desk = open_desk(binary, folder, env={"NO_COLOR": "1"})
    sign_in(desk)
    desk.press("Down", "Down", "Down", "Enter")
    desk.wait("F2病历")
    desk.type("主诉：胸痛2小时，大汗。查体：BP85/50mmHg，P120次/分。")
    desk.wait("【急】", "[急]", seconds=60)
    shown = desk.screen(colours=True)
    desk.check("38;2;" not in shown and "38;5;" not in shown, "colours in spite of NO_COLOR")
    desk.close()

    # English, and a terminal that cannot show Chinese.
    desk = open_desk(binary, folder, env={"TERM": "linux"}, lang=None)
    desk.wait("Sign in", "cannot show Chinese")
    desk.close()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    binary = os.path.abspath(sys.argv[1])
    total = 0
    for job in (whole_visit, crash_keeps_the_draft, rough_hands, first_run):
        folder = tempfile.mkdtemp(prefix="xinglin-visit-")
        started = time.monotonic()
        try:
            counts = job(binary, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        for name, keys in counts or []:
            print(f"  {name}: {keys} keys")
            total += keys
        print(f"ok {job.__name__} ({time.monotonic() - started:.1f} s)")
    print(f"whole visit: {total} keys, of them {len(NOTE)} of the note")


if __name__ == "__main__":
    main()
