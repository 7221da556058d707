//! Everything a key can do: one table. Footer, `?` help and the palette are made from it.
use super::text::{Lang, T};

macro_rules! actions {
    ($($name:ident = $id:literal, $zh:literal, $en:literal, $help_zh:literal, $help_en:literal;)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($name,)+ }

        impl Action {
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The kebab name in key files.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// Two or three words for the footer.
            pub const fn hint(self) -> T {
                match self { $(Self::$name => T { zh: $zh, en: $en },)+ }
            }

            pub const fn help(self) -> T {
                match self { $(Self::$name => T { zh: $help_zh, en: $help_en },)+ }
            }
        }
    };
}

actions! {
    Submit = "submit", "确定", "OK", "确定，或做下一步", "Confirm, or go on";
    SeePatient = "see-patient", "接诊", "see", "给选中的患者看病（接着写草稿，或新开病历）", "See the chosen patient: go on with the draft or start";
    ShowVisit = "show-visit", "查看", "show", "看选中的就诊记录", "Show the chosen visit";
    AddLine = "add-line", "加入", "add", "把这一行加入处方", "Add the line to the prescription";
    Sign = "sign", "签名", "sign", "签名保存（先确认患者）", "Sign and save, after a question that names the patient";
    SignSecond = "sign-second", "双签", "2nd sign", "另一位药师或医生用口令和理由签放【禁】", "A pharmacist or another doctor signs a stop over";
    Next = "next", "选行", "rows", "选下一行", "Next row";
    Previous = "previous", "上行", "up", "选上一行", "Previous row";
    PageDown = "page-down", "翻页", "page", "向下翻页", "Page down";
    PageUp = "page-up", "上页", "page up", "向上翻页", "Page up";
    NextField = "next-field", "换栏", "next", "到下一栏", "Next field";
    PreviousField = "previous-field", "上栏", "prev", "到上一栏", "Previous field";
    FindPatient = "find-patient", "找患者", "find", "找患者：姓名、首字母、尾号、电话", "Find a patient";
    RegisterPatient = "register-patient", "登记", "register", "登记新患者", "Register a patient";
    EditPatient = "edit-patient", "改资料", "details", "更正患者资料（过敏、体重、孕周…）", "Correct the patient's details";
    AddToWaiting = "add-to-waiting", "加候诊", "queue", "加入候诊名单", "Add to the waiting list";
    RemoveFromWaiting = "remove-from-waiting", "移出", "remove", "移出候诊名单", "Take off the waiting list";
    History = "history", "病史", "history", "看历次就诊", "Past visits";
    Save = "save", "保存", "save", "保存登记", "Save the form";
    UseKnown = "use-known", "用已有", "use known", "是同一人：用已有的档案", "It is the same person: use that record";
    PaneNote = "pane-note", "写病历", "note", "到病历", "Note";
    PaneDiagnosis = "pane-diagnosis", "看诊断", "causes", "到诊断", "Causes";
    PanePlan = "pane-plan", "看方案", "plan", "到治疗方案", "Plan";
    PaneRx = "pane-rx", "开处方", "rx", "到处方", "Prescription";
    PaneSign = "pane-sign", "去签名", "sign", "到签名", "Sign";
    SwitchFocus = "switch-focus", "换区", "switch", "在本页各区之间切换", "Move between parts of the page";
    CyclePolarity = "cycle-polarity", "有无疑", "yes/no", "更正所见：有→无→疑→原读", "Correct a finding: yes, no, perhaps, as read";
    TakeOut = "take-out", "删所见", "take out", "把读错的所见拿掉", "Take out a misread finding";
    AnswerYes = "answer-yes", "有", "yes", "追问答“有”", "Answer the question: yes";
    AnswerNo = "answer-no", "无", "no", "追问答“无”", "Answer the question: no";
    AnswerUnclear = "answer-unclear", "不清", "unclear", "追问答“不清楚”，换下一问", "Unclear: the next question";
    Pick = "pick", "选诊断", "choose", "按数字选定或取消该诊断", "Choose or drop the diagnosis of this number";
    Certainty = "certainty", "确疑排", "certainty", "改最后一个诊断：确诊→疑似→待排", "Last diagnosis: confirmed, suspected, to rule out";
    TypeDiagnosis = "type-diagnosis", "自写诊断", "own words", "自己写诊断", "Write a diagnosis in own words";
    EditLine = "edit-line", "改行", "edit", "改选中的处方行", "Change the chosen line";
    DeleteLine = "delete-line", "删行", "delete", "删选中的处方行", "Delete the chosen line";
    Refill = "refill", "历史协定", "refill", "从历史处方或协定处方复制，逐行重新核对", "Copy an earlier prescription or a template; every line is checked anew";
    SaveTemplate = "save-template", "存协定", "keep", "把处方上的行存为协定处方", "Keep the lines as a template";
    LongTerm = "long-term", "长期处方", "long", "改为4–12周的长期处方（按规范核对）", "Make it a long prescription of 4 to 12 weeks, by the rules";
    UndoLines = "undo-lines", "撤销", "undo", "撤销处方上的上一步（复制、加、改、删）", "Undo the last change of the lines";
    CopyRow = "copy-row", "复制", "copy", "复制这个数字的一行", "Copy the row of this number";
    PutAway = "put-away", "收起", "put away", "收起这个协定处方", "Put this template away";
    Calculate = "calculate", "换算", "sums", "肾功能、体表面积、BMI、按体重剂量、滴速", "Kidney function, surface, BMI, dose by weight, drops";
    Reason = "reason", "填理由", "reason", "按数字给【警】填理由", "Give a reason by digit";
    DiscardDraft = "discard-draft", "弃草稿", "discard", "丢弃这份草稿", "Discard this draft";
    Amend = "amend", "更正", "amend", "更正这次就诊：另签一份，旧记录保留", "Correct this visit: a new one is signed, the old one stays";
    Print = "print", "打印", "print", "打印到 PDF：处方笺、清单、追溯凭证", "Print to PDF: prescription, list, proof";
    StoreRoom = "store-room", "药房", "stock", "看药房库存、收货、发药", "Stock, receiving, dispensing";
    Receive = "receive", "收货", "receive", "按随货单扫码收货", "Receive against a despatch list";
    Dispense = "dispense", "发药", "dispense", "按已签名的处方扫码发药", "Dispense a signed prescription by scanning";
    PutBack = "put-back", "退一盒", "put back", "把刚扫的一盒退回（还没发出）", "Put the last scanned box back";
    StockActs = "stock-acts", "办理", "more", "退药、退货、隔离、销毁、码标损毁、移位、开箱、冲销", "Returns, quarantine, destruction, lost labels, moves, cases, taking back";
    ChooseAct = "choose-act", "选事项", "choose", "按数字选要办的事", "Choose by digit what is to be done";
    ShowLife = "show-life", "来龙去脉", "life", "看整个批号（或刚扫的一盒）的来龙去脉", "The whole life of the lot, or of the box just scanned";
    RecallDrugs = "recall-drugs", "召回", "recall", "召回或演练：批号、码段 → 在库位置与患者", "Recall or drill: lot or codes to places and patients";
    RecallNature = "recall-nature", "演练真实", "drill/real", "在演练与实际召回之间切换", "Between a drill and a real recall";
    CountStock = "count-stock", "盘点", "count", "扫码盘点，先看差异再入账", "Count by scanning; differences are seen before they are booked";
    Temperatures = "temperatures", "温度", "warmth", "温湿度记录，超温处理", "Thermometers and exceedances";
    WriteMeasure = "write-measure", "写措施", "measure", "写明对超温采取的措施", "Write what was done about an exceedance";
    SplitPool = "split-pool", "拆零", "splits", "拆零码池：开着的盒、余量；扫一盒放进去", "Open packs and packs for splits; a scan adds one";
    RejectPack = "reject-pack", "拒收", "refuse", "拒收选中的一盒（一箱），写原因", "Refuse the chosen box or case, with the reason";
    RejectLine = "reject-line", "拒整行", "refuse line", "拒收选中那一批的全部", "Refuse everything of the chosen line: drug and lot";
    AcceptUnlisted = "accept-unlisted", "收单外", "take extra", "清单外的一盒，写理由收下", "Take in a box that is on no list, with the reason";
    Undecide = "undecide", "撤决定", "undecide", "撤销对这一盒的拒收或接收", "Take the decision about this box back";
    Rejected = "rejected", "拒收待退", "refused", "拒收待退的药：清单、打印、退给供应商", "Refused boxes: list, print, give back to the supplier";
    Files = "files", "文件", "files", "导入目录、发货清单、集采、EPCIS；导出 EPCIS、CSV、医保", "Import catalogue, lists, EPCIS; export EPCIS, CSV, insurance";
    EarlierRecalls = "earlier-recalls", "历次", "earlier", "历次召回和演练，选一次重看、重印", "Earlier recalls and drills; open and print one again";
    ChooseProfile = "choose-profile", "换配置", "profile", "换一份省份配置（管理员）", "Another province profile (administrator)";
    ToPool = "to-pool", "入拆零", "to pool", "刚扫的一盒放进（或移出）拆零码池", "Put the last scanned box into the pool for splits, or out";
    FromPool = "from-pool", "取拆零", "from pool", "零头从拆零码池里取，不必再扫", "Take the parts from the pool without a scan";
    UploadBills = "upload-bills", "上传", "upload", "看没办完的单据、平台原话、怎么办、期限", "Open bills, the platform's words, remedy, deadline";
    SendBills = "send-bills", "现在传", "send", "现在上传，不占用其他界面", "Send now; other screens go on";
    SendAgain = "send-again", "重传", "again", "问题处理好之后重传这张", "Send this one again after it was seen to";
    SettleBill = "settle-bill", "已办妥", "settled", "已在平台上人工处理，这张不再传", "Settled by hand with the platform: not sent again";
    Agreements = "agreements", "集采", "pooled", "集采约定量的进度", "Progress of agreed purchases";
    Yes = "yes", "是", "yes", "是，照做", "Yes, do it";
    Search = "search", "检索", "search", "检索指南", "Search the guidelines";
    Support = "support", "依据", "support", "看支持它的指南段落", "The paragraphs that this rests on";
    Follow = "follow", "看相关", "follow", "按数字看相关的病种、药品、规则", "By digit: the related illness, drug or rule";
    FilterKind = "filter-kind", "类别", "kind", "只看指南/病种/药品/本单位资料", "Guidelines, illnesses, drugs or our own papers only";
    FilterYear = "filter-year", "年份", "year", "只看近3/5/10年", "The last 3, 5 or 10 years only";
    FilterDisease = "filter-disease", "本病", "illness", "只看与这一病种有关的", "Only what is about this illness";
    FilterSource = "filter-source", "本来源", "source", "只看这一来源", "Only this source";
    FilterAudience = "filter-audience", "适用", "for whom", "只看写给村/乡镇的", "Written for villages or for townships only";
    Palette = "palette", "命令", "commands", "命令面板", "Command palette";
    Messages = "messages", "消息", "messages", "看消息记录", "Messages";
    Lock = "lock", "锁屏", "lock", "立即锁屏", "Lock now";
    SignOut = "sign-out", "换人", "sign out", "退出登录，换人使用", "Sign out";
    Help = "help", "帮助", "help", "列出此处可用的按键", "Keys that work here";
    Back = "back", "返回", "back", "返回上一层，不丢内容", "Back; nothing typed is lost";
    FollowUps = "follow-ups", "随访", "follow-up", "随访：应访、登记册、72小时回访", "Follow-up: due, register, 72-hour answers";
    FollowUpForm = "follow-up-form", "随访表", "form", "给这个人做一次随访", "A follow-up of this person";
    CountVisit = "count-visit", "计入随访", "count", "把这次就诊的血压、血糖计入随访", "Count this visit's values as a follow-up";
    AnswerLoop = "answer-loop", "回访", "answer", "1 好了 2 没好 3 去医院了 4 撤回", "1 better, 2 same, 3 in hospital, 4 take back";
    PrintWalk = "print-walk", "走访单", "walk list", "把应访名单按村组打印成走访单", "Print the due list by hamlet";
    FinishTask = "finish-task", "办完", "done", "这件任务办完了（转诊随访、出院随访）", "This task is done (after a referral, after a discharge)";
    ReopenTask = "reopen-task", "撤回", "reopen", "撤回刚才办完的任务", "Open the task again that was just closed";
    GroupDue = "group-due", "按组户", "by hamlet", "按危害排，或按组和户排", "By harm, or by hamlet and household";
    ShowPeople = "show-people", "名单", "people", "这个数后面的人", "The people behind this number";
    NextNumber = "next-number", "换数", "number", "换一个数：在管、规范、未规范、达标、未达标、失访", "Another number: managed, to spec, not, at target, not, lost";
    NextProgramme = "next-programme", "换项目", "programme", "换一个随访项目", "The next programme";
    EarlierPeriod = "earlier-period", "上季", "earlier", "看上一季度", "The quarter before";
    LaterPeriod = "later-period", "下季", "later", "看下一季度", "The quarter after";
    ExportTable = "export-table", "导出", "export", "1 XLSX  2 CSV  3 HTML，连同名单存成文件", "1 XLSX, 2 CSV, 3 HTML: written with the people behind";
    Trend = "trend", "走势", "trend", "看历次血压、血糖的走势图", "Pressures and glucose over time";
    ChangeStatus = "change-status", "改状态", "status", "失访、死亡、迁出、结案、回到在管（要写原因）", "Lost, dead, moved, closed, back again; with the cause";
    Contract = "contract", "签约", "contract", "家庭医生签约和“1+1”县级医院：看和改", "The family-doctor contract with its county hospital: see and change";
    Sharing = "sharing", "共享", "sharing", "转诊与共享：收到、发出、转诊", "Sharing: came in, going out, referrals";
    Priors = "priors", "互认", "recognise", "开单前看已有的检查结果：互认，或写明再查的理由", "Before ordering: earlier results to recognise, or why a test is repeated";
    Recognise = "recognise", "互认", "recognise", "互认选中的结果，不再重复检查", "Recognise the chosen result: the test is not repeated";
    RepeatTest = "repeat-test", "再查", "repeat", "1–6 选再查的理由（E1–E6），告知患者后记下", "1 to 6: why it is repeated (E1 to E6), kept when the patient was told";
    LookAtPrior = "look-at-prior", "看图", "images", "看这份结果的影像（仅供预览）", "Look at this result's images, not for diagnosis";
    Everyone = "everyone", "全部", "everyone", "看所有人的共享，不只这一位", "What is shared of everyone, not of this person only";
    ShowImages = "show-images", "看图", "images", "看这份检查的影像（仅供预览）", "Look at this study's images, not for diagnosis";
    Window = "window", "窗", "window", "1 文件窗 2 脑 3 肺 4 骨 5 软组织（2–5 只用于CT）", "1 the file's own, 2 brain, 3 lung, 4 bone, 5 soft tissue (2 to 5 for CT)";
    NextFrame = "next-frame", "帧", "frame", "下一帧", "Next frame";
    PreviousFrame = "previous-frame", "上帧", "frame back", "上一帧", "Frame before";
    Contrast = "contrast", "反差", "contrast", "反差：+ 增 - 减", "Contrast: + more, - less";
    Brightness = "brightness", "明暗", "bright", "明暗：. 亮 , 暗", "Brightness: . more, a comma less";
    ConfirmRecord = "confirm-record", "入档", "confirm", "看过这份出院小结或转诊单：诊断和首次随访入档", "Read: its problems and first visit go into the chart";
    DeliverAgain = "deliver-again", "再发", "again", "搁置或待发的再发一次", "Send the held or waiting record again";
    GiveUp = "give-up", "放弃", "give up", "放弃发送（先问一句）", "Give up sending, after a question";
    MoveReferral = "move-referral", "进展", "went on", "1 已接诊 2 已到院 3 治疗中 4 已结束", "1 accepted, 2 arrived, 3 treating, 4 closed";
    Quit = "quit", "退出", "quit", "退出程序（仅在首页）", "Quit (home only)";
}

impl Action {
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.id() == id)
    }

    pub fn label(self, lang: Lang) -> &'static str {
        self.hint().get(lang)
    }
}
