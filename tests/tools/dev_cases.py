#!/usr/bin/env python3
"""Dev sets of other people -> NDJSON for `xinglin bench diagnosis`. Evaluation only: nothing of them is kept in this repository.

Usage: dev_cases.py dxbench FILE | msdiagnosis FILE | dxformer FILE | dialmed FILE
       dev_cases.py dxformer-train FILE     the MIT training parts, without an age, for models/ranker/train/run.sh
"""
import json
import re
import sys

kind, path = sys.argv[1:3]


def out(case_id, text, gold, sex="unknown", age=None):
    print(json.dumps({"id": case_id, "sex": sex, "age_years": age, "text": text, "gold_zh": gold, "gold_icd10": []}, ensure_ascii=False))


def listed(pairs):
    yes = [n for n, v in pairs if v in ("True", "1", True)]
    no = [n for n, v in pairs if v in ("False", "0", False)]
    return "主诉：" + "、".join(yes) + "。" + "".join(f"无{n}，" for n in no)


if kind == "dxbench":
    for case in json.load(open(path, encoding="utf-8")):
        pairs = case["explicit_symptoms"] + case["implicit_symptoms"]
        out(case["id"], listed(pairs), [case["disease"]])
elif kind == "msdiagnosis":
    records = json.load(open(path, encoding="utf-8"))
    for case in records if isinstance(records, list) else records.values():
        record = case["record"]
        basics = record.get("基本信息", "")
        age = re.search(r"(\d+)\s*岁", basics)
        sex = "female" if "女" in basics else "male" if "男" in basics else "unknown"
        parts = ("主诉", "现病史", "既往史", "个人史", "查体", "辅助检查")
        text = "\n".join(f"{p}：{record[p].strip()}" for p in parts if record.get(p))
        out(f"ms-{case['id']}", text, case["final"][:1], sex, float(age.group(1)) if age else None)
elif kind in ("dxformer", "dxformer-train"):
    for case in json.load(open(path, encoding="utf-8")):
        pairs = list(case["exp_sxs"].items()) + list(case["imp_sxs"].items())
        out(case["pid"], listed(pairs), [case["label"]], age=4.0 if kind == "dxformer" else None)
elif kind == "dialmed":
    for n, line in enumerate(open(path, encoding="utf-8")):
        case = json.loads(line)
        told = [t.removeprefix("患者：") for t in case["dialog"] if t.startswith("患者")]
        out(f"dialmed-{n}", "\n".join(told), case["disease"] if isinstance(case["disease"], list) else [case["disease"]])
else:
    sys.exit(f"unknown set {kind}")
