//! Words of the store-room: stock, receipt, counter.

words! {
    STOCK_TITLE = "药房库存", "Stock";
    STOCK_COLUMNS = "药品|批号|效期|盒|在架|隔离|待到|", "Drug|Lot|Expiry|Packs|Shelf|Held|Coming|";
    STOCK_NONE = "还没有库存。到货按 r 收货；目录和清单用 xinglin trace 导入。", "No stock yet. r receives; catalogue and lists come in by xinglin trace.";
    STOCK_HINT = "扫任一盒看来龙去脉；r 收货，d 发药", "Scan a box for its life; r receives, d dispenses";
    POOLED = "集采", "pooled";
    SPLIT_OF = "拆{}", "open {}";
    LIFE_TITLE = "追溯码 {}", "Code {}";
    LIFE_LINE = "批号 {}  有效期至 {}  {}  在架 {}  隔离 {}", "lot {}  expires {}  {}  shelf {}  held {}";
    LIFE_PATIENT = "患者 {} {}  {}", "patient {} {}  {}";
    UNDATED = "不明", "unknown";
    COUNTER_TITLE = "发药 {} {}", "Dispensing {} {}";
    COUNTER_ASK = "处方号（如 20261124-003），Enter 打开", "Sheet number (as 20261124-003), Enter opens it";
    COUNTER_UNITS = "拆零数量（整盒留空）", "Units when split (empty = whole)";
    COUNTER_SCAN = "逐盒扫码，Enter 发出，Del 退回上一盒", "Scan each box, Enter gives out, Del puts the last back";
    COUNTER_LINE = "{} {}  已配 {}{}", "{} {}  taken {}{}";
    COUNTER_TAKEN = "{}  {} {}{}{}  余 {}", "{}  {} {}{}{}  left {}";
    COUNTER_SPLIT = " 拆零", " split";
    COUNTER_NOTHING = "还没有扫到任何一盒。", "Nothing was scanned yet.";
    COUNTER_DONE = "已保存：发出 {} 盒。", "Saved: {} packs given out.";
    STOPPED = "【{}】{}", "[{}] {}";
    RECEIPT_TITLE = "收货 {}", "Receiving {}";
    RECEIPT_ASK = "随货单号，Enter 打开清单", "Number of the despatch list, Enter opens it";
    RECEIPT_SUM = "清单 {}，已扫 {}，缺 {}，不符 {}", "{} listed, {} scanned, {} missing, {} wrong";
    RECEIPT_SCAN = "逐盒或扫整箱；Enter 入库相符的", "Scan boxes or cases; Enter takes in what fits";
    RECEIPT_NONE = "没有这张清单的待到货。可用 xinglin trace expect 登记。", "Nothing is expected on this list; register it by xinglin trace expect.";
    RECEIPT_DONE = "已保存：入库 {} 个码；不符的没有入库。", "Saved: {} codes taken in; what does not fit was left out.";
}
