#!/usr/bin/env python3
"""423 children's consultations (parents' own words, normalised slots) -> NDJSON for `xinglin bench notes`.

Usage: notes_medbox.py dxy_train.txt > notes.ndjson      (evaluation only: the set has no licence, nothing of it is kept here)
"""
import ast
import json
import sys

# Slot of the set -> findings of the vocabulary any of which (or a kind of which) answers it.
SLOTS = {
    "咳嗽": ["cough"], "发烧": ["fever"], "流涕": ["runny-nose"], "咳痰": ["cough-productive"], "呕吐": ["vomiting"],
    "皮疹": ["rash"], "鼻塞": ["nasal-congestion"], "稀便": ["diarrhea"], "烦躁不安": ["agitation", "irritability", "baby-irritable", "baby-cry-inconsolable", "baby-crying-paroxysm"],
    "呼吸困难": ["dyspnea"], "厌食": ["poor-appetite"], "精神萎靡": ["poor-spirit", "baby-lethargy"], "打喷嚏": ["sneezing"], "疱疹": ["rash-vesicular", "pharynx-vesicle"],
    "咽部不适": ["sore-throat", "throat-dry-itch"], "抽搐": ["seizure"], "腹痛": ["abdominal-pain"], "喘气": ["wheeze", "dyspnea"],
    "肺部湿啰音": ["crackles"], "反胃": ["nausea"], "盗汗": ["night-sweats"], "流口水": ["drooling"], "尿少": ["urine-oliguria", "urination-baby-less"],
    "腹胀": ["bloating"], "头痛": ["headache"], "流鼻血": ["nose-bleed"], "打嗝": ["belching"],
    "淋巴结肿大": ["lymphadenopathy"], "口渴": ["thirst"], "体重减轻": ["weight-loss"],
}

text = open(sys.argv[1], encoding="utf-8").read()
cases = ast.literal_eval(text[text.index("["):text.rindex("]") + 1])
for n, case in enumerate(cases):
    told = "\n".join(turn.strip() for turn in case["dialog"][::2])
    gold = {"present": [], "absent": []}
    for part in ("explicit_inform_slots", "implicit_inform_slots"):
        for slot, value in case["goal"][part].items():
            if slot in SLOTS:
                gold["present" if value else "absent"].append(SLOTS[slot])
    print(json.dumps({"id": f"medbox-{n}", "age_years": 3, "text": told, "scope": list(SLOTS.values()), **gold}, ensure_ascii=False))
