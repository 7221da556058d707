"""Discharge records of invented people as NDJSON, each with a word of its own in its text; the words go to a file to compare
with. MARK is a letter and a digit; other digits are other people. Usage: records.py COUNT MARK WORDS_FILE"""
import json
import secrets
import sys

count, mark, words_file = int(sys.argv[1]), sys.argv[2], sys.argv[3]
weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
words = {}
for n in range(count):
    key = f"{mark}-{n:05}"
    words[key] = secrets.token_hex(16)
    base = f"36048{mark[1]}19{50 + n // 28 // 12 % 40:02}{n // 28 % 12 + 1:02}{n % 28 + 1:02}{(n * 2 + 1) % 999:03}"
    check = "10X98765432"[sum(int(b) * w for b, w in zip(base, weights)) % 11]
    print(json.dumps({
        "kind": "discharge", "id": key,
        "patient": {"name": f"王试{key}", "sex": "男", "id_number": base + check},
        "hospital": {"name": "柳溪县人民医院", "code": "H1"},
        "admitted": "2026-11-10", "discharged": "2026-11-18",
        "admission_diagnoses": [{"name": "高血压病3级", "icd10": "I10.x05"}],
        "discharge_diagnoses": [{"name": "高血压病3级", "icd10": "I10.x05", "outcome": "好转"}],
        "course": f"降压治疗，血压平稳。{words[key]}", "orders": "低盐饮食，1周复诊", "attending": "李梅",
        "medicines": [{"name": "氨氯地平片", "strength": "5mg", "dose": "5", "dose_unit": "mg", "route": "口服", "frequency": "qd", "days": 28}],
    }, ensure_ascii=False))
json.dump(words, open(words_file, "w"))
