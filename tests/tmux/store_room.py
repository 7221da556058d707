#!/usr/bin/env python3
"""A village doctor's day in the store-room, by keys and a scanner alone, in the real program at 80x24:
`store_room.py PATH-OF-XINGLIN`.

catalogue, despatch list and agreed purchases from files, looked at first -> receipt against the list with one box for
splits, one refused, one on no list taken in with a reason -> dispensing by scan -> each stop a word -> return, destruction
with two names -> count -> a warm shelf -> recall drill to the printed report, found again among the earlier ones -> refused
box back on a slip -> files out -> upload to doubles of both platforms while another screen is open -> life of a code as
PDF. Prints the keys of each part.
"""
import datetime
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
from desk import Desk  # noqa: E402
from visit import sign_in  # noqa: E402

binary = os.path.abspath(sys.argv[1])
SLOW = 90


def today():
    """The clinic's day: the program counts by China's clock, wherever the machine stands."""
    return datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()


def code(n):
    return f"8123456{n:013}"


def scan(desk, n):
    """A scanner in one burst, its Enter with it; a burst is no key of a person, who needs a moment before and after it."""
    time.sleep(0.2)
    desk._tmux("send-keys", "-t", "m", "-l", f"{code(n)}\r")
    time.sleep(0.2)


def trace(folder, *args):
    done = subprocess.run([binary, "--demo", "--data-dir", folder, "--lang", "zh", "trace", *args],
                          capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"trace {args}: {done.returncode} {done.stdout} {done.stderr}")
    return done.stdout


def stocked(folder, port):
    """The catalogue, the county's agreed purchase, the supplier's list as files on a stick, and the profile."""
    write = lambda name, text: open(os.path.join(folder, name), "w", encoding="utf-8").write(text)
    write("products.csv", "id,name,strength,maker,approval,drug,prefix,units,unit,pack_unit,insurance\n"
          "aml,苯磺酸氨氯地平片,5mg,甲药厂,国药准字H1,amlodipine,8123456,28,片,盒,XC08CAA001\n")
    day = today()
    soon, far = day + datetime.timedelta(days=80), day + datetime.timedelta(days=600)
    rows = [f"CK1,县医药公司,{code(n)},,{'A1' if n < 5 else 'B2'},,{far if n != 4 else soon},1," for n in range(1, 8)]
    # As a supplier's program writes it: Chinese headings, GB18030.
    with open(os.path.join(folder, "list.csv"), "w", encoding="gb18030") as file:
        file.write("随货单号,供应商,药品追溯码,药品编号,批号,生产日期,有效期至,包装级别,上级码\n" + "\n".join(rows) + "\n")
    write("agreed.csv", f"batch,product,agreed,price,from,to\n第十批,aml,100,5.60,{day},{far}\n")
    trace(folder, "stock")
    home = os.path.dirname(glob.glob(os.path.join(folder, "**", "station.db"), recursive=True)[0])
    home = os.path.dirname(home)
    with open(os.path.join(home, "secret"), "w", encoding="utf-8") as file:
        file.write("test-secret\n")
    with open(os.path.join(home, "trace.toml"), "w", encoding="utf-8") as file:
        file.write(f"name = '试验省'\n[platform]\nurl = 'http://127.0.0.1:{port}/top'\napp_key = 'k1'\nsecret_file = 'secret'\n"
                   f"ref_user_id = 'R1'\nent_id = 'E1'\ntimeout_s = 2\n[insurance]\nurl = 'http://127.0.0.1:{port}/fsi'\n"
                   "org_code = 'H001'\ntimeout_s = 2\n[insurance.constants]\nphar_prac_cert_no = 'P1'\n")


def part(desk, name, began):
    print(f"{name}: {desk.keys - began} keys")


def back(desk):
    desk.wait("药房库存", seconds=SLOW)


def day(desk, folder):
    sheet = (today() - datetime.timedelta(days=40)).strftime("%Y%m%d") + "-001"
    desk.type("k")
    desk.wait("药房库存", "按 i 导入", seconds=SLOW)

    began = desk.keys
    desk.type("i")
    desk.wait("导入药品目录", "导出 EPCIS")
    for key, name, seen in (("1", "products.csv", "新 1"), ("2", "list.csv", "新 7"), ("3", "agreed.csv", "新 1")):
        desk.type(key)
        desk.wait("文件", "不保存")
        desk.type(os.path.join(folder, name))
        desk.press("Enter")
        desk.wait(seen, "有误 0", seconds=SLOW)
        desk.press("Enter")
        desk.wait("已保存", "导入药品目录", seconds=SLOW)
    # The same list again changes nothing.
    desk.type("2")
    desk.type(os.path.join(folder, "list.csv"))
    desk.press("Enter")
    desk.wait("已有 7", "没有要保存的", seconds=SLOW)
    desk.press("Escape")
    desk.press("Escape")
    desk.press("Escape")
    desk.wait("药房库存", "集采", seconds=SLOW)
    part(desk, "catalogue, despatch list and agreed purchases from files", began)

    began = desk.keys
    desk.type("r")
    desk.wait("随货单号")
    desk.type("CK1")
    desk.press("Tab")
    desk.type("A架")
    desk.press("Enter")
    desk.wait("清单 7", "缺 7", "F3 拒收", seconds=SLOW)
    for n in (1, 2, 3, 4, 5, 6):
        scan(desk, n)
    desk.wait("缺 1", "近效期", seconds=SLOW)
    desk.press("F6")
    desk.wait("放进拆零码池")
    scan(desk, 99)
    desk.wait("多 1", "多货", seconds=SLOW)
    # The box in the hand is under the cursor: it came without a line.
    desk.press("F5")
    desk.wait("清单外收下", code(99))
    desk.type("电话补发")
    desk.press("Enter")
    desk.wait("收下：电话补发", seconds=SLOW)
    desk.press("Down")
    desk.press("F3")
    desk.wait("拒收 1 个码", "3近效期")
    desk.press("Enter")
    desk.wait("拒收：近效期或过期", "拒收 1", seconds=SLOW)
    desk.press("Enter")
    desk.wait("已保存：入库 6 个码，拒收 1 个码", seconds=SLOW)
    back(desk)
    part(desk, "receipt: one box for splits, one refused, one on no list", began)

    began = desk.keys
    desk.type("d")
    desk.wait("处方号")
    desk.type(sheet)
    desk.press("Enter")
    desk.wait("发药", "张桂兰", "氨氯地平", seconds=SLOW)
    scan(desk, 77)
    desk.wait("【未入库】", seconds=SLOW)
    scan(desk, 1)
    desk.wait("已配 28", seconds=SLOW)
    scan(desk, 1)
    desk.wait("【重复扫码】", seconds=SLOW)
    desk.press("Enter")
    desk.wait("已保存：发出 1 盒", seconds=SLOW)
    part(desk, "dispensing", began)

    began = desk.keys
    desk.type("a")
    desk.wait("患者退药")
    desk.type("1")
    desk.type("过敏")
    scan(desk, 1)
    desk.wait("已扫 1", seconds=SLOW)
    desk.press("Enter")
    desk.wait("已保存：1 盒", seconds=SLOW)
    part(desk, "return from a patient", began)

    began = desk.keys
    desk.type("a")
    desk.wait("患者退药")
    desk.type("5")
    scan(desk, 2)
    desk.wait("【", seconds=SLOW)
    scan(desk, 1)
    desk.wait("已扫 1", seconds=SLOW)
    desk.type("患者退药")
    desk.press("Enter")
    desk.type("李梅")
    desk.press("Enter")
    desk.wait("会上报平台")
    desk.type("y")
    desk.wait("已保存：1 盒", seconds=SLOW)
    part(desk, "destruction with two names", began)

    began = desk.keys
    desk.type("s")
    desk.wait("拆零码池 1", "余 28/28片", seconds=SLOW)
    desk.press("Escape")
    back(desk)
    desk.type("c")
    desk.wait("只盘一个位置")
    desk.type("A架")
    for n in (2, 3, 99):
        scan(desk, n)
    desk.wait("已扫 3", seconds=SLOW)
    desk.press("Enter")
    desk.wait("盘亏", code(5), seconds=SLOW)
    desk.type("月度盘点")
    desk.press("Enter")
    desk.wait("已入账", seconds=SLOW)
    part(desk, "count with one loss", began)

    began = desk.keys
    desk.type("t")
    desk.wait("温湿度", seconds=SLOW)
    desk.type("A架")
    desk.press("Tab")
    desk.type("1")
    desk.press("Tab")
    desk.type("35")
    desk.press("Enter")
    desk.wait("【超温】", seconds=SLOW)
    desk.press("F6")
    desk.wait("采取的措施")
    desk.type("开空调，降到25度")
    desk.press("Enter")
    desk.wait("已处理：开空调", seconds=SLOW)
    desk.press("Escape")
    back(desk)
    part(desk, "a warm shelf and the measure", began)

    # From the stock: a drill of the lot under the cursor, on paper.
    began = desk.keys
    start = time.monotonic()
    desk.type("z")
    desk.wait("召回 演练", "aml")
    desk.press("Enter")
    desk.wait("张桂兰", "在库", seconds=SLOW)
    desk.type("p")
    desk.wait("PDF 已写到", seconds=SLOW)
    keys = desk.keys - began
    desk.check(keys == 3, f"{keys} keys for a recall drill")
    print(f"recall drill to the printed report: {keys} keys, {time.monotonic() - start:.1f} s")
    desk.press("Escape")
    back(desk)

    began = desk.keys
    desk.type("z")
    desk.wait("召回 演练", "历次")
    desk.press("F4")
    desk.wait("历次召回和演练 1", seconds=SLOW)
    desk.press("Enter")
    desk.wait("张桂兰", "在库", seconds=SLOW)
    desk.type("p")
    desk.wait("PDF 已写到", seconds=SLOW)
    desk.press("Escape")
    desk.wait("历次召回和演练 1")
    desk.press("Escape")
    desk.press("Escape")
    back(desk)
    part(desk, "an earlier drill opened and printed again", began)

    began = desk.keys
    desk.type("b")
    desk.wait("拒收待退 1 盒", code(4), "县医药公司", seconds=SLOW)
    desk.type("p")
    desk.wait("PDF 已写到", seconds=SLOW)
    desk.press("Enter")
    desk.wait("退货单号")
    desk.type("TH1")
    desk.press("Enter")
    desk.wait("共 1 盒")
    desk.type("y")
    desk.wait("已保存：退回 1 盒", "没有待退", seconds=SLOW)
    desk.press("Escape")
    back(desk)
    part(desk, "a refused box back to the supplier", began)

    began = desk.keys
    desk.type("i")
    desk.wait("导出 EPCIS")
    for key in ("6", "7", "8"):
        desk.type(key)
        desk.wait("文件名可不填")
        desk.press("Enter")
        desk.wait("已写", "exports/", seconds=SLOW)
    desk.type("9")
    desk.wait("处方号")
    desk.type(sheet)
    desk.press("Enter")
    desk.wait("drug_trac_info", seconds=SLOW)
    desk.press("Escape")
    back(desk)
    part(desk, "EPCIS, CSV, insurance requests and 2207 as files", began)

    began = desk.keys
    desk.type("u")
    desk.wait("上传", "试验省", seconds=SLOW)
    desk.type("u")
    desk.press("Escape")
    back(desk)
    desk.wait("办成", seconds=SLOW)
    part(desk, "upload, seen from another screen", began)

    scan(desk, 1)
    desk.wait("追溯码", seconds=SLOW)
    desk.press("Enter")
    desk.wait("来龙去脉（", "销毁", seconds=SLOW)
    desk.type("p")
    desk.wait("PDF 已写到", seconds=SLOW)
    desk.press("Escape")
    # An Escape and a letter in one breath are one key to a terminal.
    back(desk)
    desk.type("j")
    desk.wait("集采进度", "/100", seconds=SLOW)
    desk.press("Escape")
    desk.press("F1")
    desk.wait("此处可用的按键", "召回")
    desk.press("Escape")


peers = subprocess.Popen([sys.executable, os.path.join(here, "..", "peers", "trace_mock.py")],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
folder = tempfile.mkdtemp(prefix="xinglin-store-")
try:
    stocked(folder, int(peers.stdout.readline()))
    desk = Desk(f"{binary} --demo --lang zh --data-dir {folder}")
    sign_in(desk)
    day(desk, folder)
    desk.close()
    for pdf in sorted(glob.glob(os.path.join(folder, "**", "prints", "*.pdf"), recursive=True)):
        text = subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=False).stdout
        assert "药品" in text and "账本至第" in text, (pdf, text)
    names = sorted(os.path.basename(p) for p in glob.glob(os.path.join(folder, "**", "exports", "*"), recursive=True))
    assert [name.split("-")[0] for name in names] == ["csv", "epcis", "insurance", "settlement"], names
    assert "相符" in trace(folder, "check")
    print("the store-room's day is whole")
finally:
    peers.kill()
    shutil.rmtree(folder, ignore_errors=True)
