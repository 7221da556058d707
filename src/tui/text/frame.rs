//! Words of the frame: bars, overlays, notices.

words! {
    PROGRAM = "杏林", "Xinglin";
    DEMO = "演示", "DEMO";
    TOO_SMALL = "终端太小（至少 60×20，现为 {}×{}），请放大窗口", "Terminal too small (60x20 needed, now {}x{})";
    QUEUE = "候诊{}", "wait {}";
    OUTBOX = "待传{}", "outbox {}";
    READ_ONLY = "只读", "read-only";
    CLOCK_SUSPECT = "时钟可疑", "clock?";
    DISK_LOW = "磁盘将满", "disk low";
    NO_MODEL = "模型未加载", "no model";
    HELP_TITLE = "此处可用的按键", "Keys that work here";
    HELP_CLOSE = "Esc 关闭", "Esc closes";
    HELP_FIELD = "文字框：←→↑↓ Home End 移动，Ctrl-←→ 按词，Ctrl-Z 撤销，Ctrl-U/K 删到行首/尾", "In a field: arrows Home End move, Ctrl-arrows by word, Ctrl-Z undoes, Ctrl-U/K cut the line";
    PALETTE_TITLE = "命令（可打汉字、拼音、首字母）", "Commands (name, pinyin, initials)";
    PALETTE_NONE = "没有这个命令", "No such command";
    MESSAGES_TITLE = "消息记录", "Messages";
    MESSAGES_NONE = "还没有消息", "No messages yet";
    SEARCH_TITLE = "指南检索（汉字、拼音、首字母）", "Search the guidelines";
    SEARCH_HINT = "输入要查的病名、药名或问题", "Type a disease, a drug or a question";
    SEARCH_NONE = "没有找到。换个说法，或少写几个字", "Nothing found. Try other or fewer words";
    SEARCH_WAIT = "正在查找…", "Searching…";
    LOCK_TITLE = "已锁定", "Locked";
    LOCK_ASK = "{}，请输入口令继续（原界面和草稿都在）", "{}: enter the passphrase to go on (all is kept)";
    WAIT = "请稍候…", "One moment…";
    BUSY = "程序正忙，这一步没有执行。没有改动任何记录。请稍候再按一次。", "Busy: this step was not done. No record was changed. Press again shortly.";
    WORKER_GONE = "后台已停止，这一步没有执行。草稿仍在；请退出后重新打开。", "The worker stopped; this step was not done. Drafts are kept; close and open again.";
    PASTE_CUT = "粘贴太长：保留了前面放得下的部分，去掉 {} 字节。请分次粘贴。", "Paste too long: what fits was kept, {} bytes left out. Paste in parts.";
    CONTROL_REMOVED = "去掉了控制字符 {}，其余照收。", "Control characters {} were taken out; the rest is kept.";
    SCAN_UNUSED = "扫到条码 {}，本界面不用条码，未写入。", "Scanned {}; not used here, nothing was typed.";
    LINUX_CONSOLE = "此控制台不能显示汉字。请用图形终端，或 kmscon、fbterm。", "This console cannot show Chinese. Use a graphical terminal, or kmscon or fbterm.";
    KNOWLEDGE_FALLBACK = "指定的知识库不能用（{}），已改用自带的", "The named knowledge base cannot be used ({}); the built-in one is on";
    KNOWLEDGE_LEFT_OUT = "知识库有 {} 处错误，出错的条目未启用", "{} faulty entries of the knowledge base are off";
    MODEL_MISSING = "模型未加载，只按知识库排序（{}）", "No model; ranks come from knowledge alone ({})";
    KNOWLEDGE_FAILED = "知识库加载失败：{}", "The knowledge base could not be loaded: {}";
    CONFIRM_LEAVE = "{} 的病历未签名。草稿已保存，可从候诊名单再打开。离开？", "The visit of {} is not signed. The draft is kept. Leave?";
    CONFIRM_SIGN = "为 {} 签名？签名后不能改动，只能更正。", "Sign the visit of {}? It cannot be changed afterwards, only corrected.";
    CONFIRM_REMOVE = "把 {} 移出候诊名单？病历和草稿不受影响。", "Take {} off the waiting list? Records and drafts stay.";
    CONFIRM_QUIT = "退出程序？所有草稿都已保存。", "Quit? All drafts are kept.";
    CONFIRM_SIGN_OUT = "退出登录？草稿已保存。", "Sign out? Drafts are kept.";
    CONFIRM_DISCARD = "丢弃 {} 未签名的草稿？丢弃后不能恢复。", "Discard the unsigned draft of {}? It cannot be brought back.";
    CONFIRM_KEYS = "y 是   Esc 否", "y yes   Esc no";
    TRIAL = "试用", "trial";
    KEYS_FILE_BAD = "按键文件有误（{}），已用默认按键", "The key file is wrong ({}); default keys are on";
}
