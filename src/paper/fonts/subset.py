#!/usr/bin/env python3
"""Makes XinglinSans.ttf from Noto Sans SC Regular (npm package @expo-google-fonts/noto-sans-sc 0.4.3, OFL 1.1).

Usage: subset.py NotoSansSC_400Regular.ttf XinglinSans.ttf      needs PyPI fonttools
Keeps GB 2312, ASCII, the signs of prescriptions, common name characters outside GB 2312, and every character of the knowledge base.
"""
import pathlib
import sys

from fontTools import subset

source, target = sys.argv[1:3]
chars = {chr(c) for c in range(0x20, 0x7F)}
for hi in range(0xA1, 0xF8):
    for lo in range(0xA1, 0xFF):
        try:
            chars.add(bytes([hi, lo]).decode("gb2312"))
        except UnicodeDecodeError:
            pass
chars |= set("℃°µμ×÷±≥≤≈→←↑↓○●□■☑☐√①②③④⑤⑥⑦⑧⑨⑩【】〔〕…—–·“”‘’「」、。，；：？！￥®™½¼²³㎡㎎㎏㏄")
chars |= set("喆玥堃昇淼煊珺琦翀赟璟祎曌犇鑫镕甯奡妤姮婧嫣孖峣峤嵚弢彧怡忞憙懿斐旸旻昉昀昊昕昳晗晟晞晢晸暐暠朏杞栩桉梓梣棽楠榕槿橦毓汭沄沅沣泓泫洵浠涵淏湉湜湲滢滪潼澍澔瀚瀛灏炅炘炜炫烜焓焜焱焯煜煦熠熹燊爔玎玏玘玙玟玠玢玦玧玨玹珂珅珈珉珏珑珒珝珞珣珧珩珮琇琎琏琛琤琬琮琰琳琼瑀瑄瑗瑜瑞瑭瑶瑾璇璐璠璨瓒甦皓睿砚祐祺禛禤笙筠粲紘絜綦縈缦罡翊翎翙翚翯耒聿芃芊芮苒苡茗茜荃荇莙莞菀菁菡萱葳蒨蓁蓓蔚蕊薇藜蘅蘭虓袆袁裎觐訢詠誉謇贇逖逯郗郜郦鄞釧鋆鋕鏐锳锺闫闵陟隽雯霁霂霏霖靓靖靳韡韫頔颉颢飏飒馡骁骐骞骥髙髯魁鸢鹂麒麓麟黎黻齐龑龢龙")
for path in (pathlib.Path(__file__).resolve().parents[3] / "knowledge-base").rglob("*"):
    if path.suffix in {".md", ".toml", ".csv"}:
        chars |= set(path.read_text(encoding="utf-8"))
options = subset.Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=["*"], drop_tables=["GSUB", "GPOS", "GDEF", "vhea", "vmtx"])
font = subset.load_font(source, options)
have = set(font.getBestCmap())
subsetter = subset.Subsetter(options)
subsetter.populate(unicodes=[ord(c) for c in chars if ord(c) in have])
subsetter.subset(font)
subset.save_font(font, target, options)
print(len(font.getBestCmap()), "characters;", "missing:", "".join(sorted(c for c in chars if ord(c) not in have and c.isprintable()))[:80])
