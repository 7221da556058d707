//! Words of coming in: first-run wizard, sign-in, waiting list.

words! {
    SIGN_IN_TITLE = "登录", "Sign in";
    USER = "用户名", "User";
    PASSPHRASE = "口令", "Passphrase";
    SIGN_IN_HINT = "Enter 登录   Tab 换栏", "Enter signs in   Tab moves on";
    SIGN_IN_WAIT = "正在核对口令…", "Checking…";
    SIGN_IN_DEMO = "演示用户 {}，口令 {}", "Demo user {}, passphrase {}";
    SIGN_IN_USERS = "本站用户：{}", "Users here: {}";
    SIGN_IN_RESCUE = "口令全忘：退出后用 xinglin key 和恢复密钥", "All forgotten: use xinglin key with the recovery key";
    WIZARD_TITLE = "第一次使用：建站", "First run: set up the station";
    WIZARD_STEP = "第 {} 步，共 {} 步", "Step {} of {}";
    WIZARD_CLINIC = "机构名称", "Clinic name";
    WIZARD_CLINIC_HINT = "会印在处方笺上，如：赵家湾村卫生室", "Printed on prescriptions";
    WIZARD_SETTING = "机构类型", "Kind of clinic";
    WIZARD_VILLAGE = "1 村卫生室", "1 Village clinic";
    WIZARD_TOWNSHIP = "2 乡镇卫生院", "2 Township health centre";
    WIZARD_SETTING_HINT = "按 1 或 2 选择，Enter 下一步", "Press 1 or 2, then Enter";
    WIZARD_USER = "登录用户名", "User name";
    WIZARD_USER_HINT = "拼音或汉字，登录时用", "Used for signing in";
    WIZARD_DISPLAY = "医生姓名", "Doctor's name";
    WIZARD_DISPLAY_HINT = "会印在处方笺上；本用户兼医生、药师和管理员", "Printed on prescriptions; doctor, pharmacist and administrator at once";
    WIZARD_PASS = "口令", "Passphrase";
    WIZARD_PASS_HINT = "至少 10 个字符，一句自己记得住的话最好", "10 characters or more; a sentence is best";
    WIZARD_AGAIN = "再输一遍口令", "Passphrase again";
    WIZARD_AGAIN_BAD = "两遍口令不一样。没有保存；请再输一遍。", "The two differ. Nothing was saved; type it again.";
    WIZARD_NEEDED = "这一栏要填。", "This is needed.";
    WIZARD_MAKING = "正在建站，请勿关机…", "Setting up; do not switch off…";
    WIZARD_KEY_TITLE = "恢复密钥：只显示这一次", "Recovery key: shown only now";
    WIZARD_KEY_NOTE = "口令全忘时只有它能打开数据。请抄在纸上锁好，不要拍照。", "It alone opens the records when every passphrase is lost. Write it down on paper.";
    WIZARD_KEY_ASK = "抄好后，输入最后一组以确认", "When written down, type the last group";
    WIZARD_KEY_BAD = "与最后一组不符，请核对抄写。", "Not the last group; check what you wrote.";
    WAITING_TITLE = "候诊", "Waiting";
    WAITING_NONE = "候诊名单为空。按 f 找患者，按 n 登记新患者。", "Nobody waits. f finds, n registers a patient.";
    WAITING_COLUMNS = "姓名|性别|年龄|到诊|来意|上次就诊", "Name|Sex|Age|Since|For|Last visit";
    WAITING_DRAFT = "草稿", "draft";
    DRAFTS_OFFERED = "有 {} 份未签名的草稿：{}。打开该患者即可接着写。", "{} unsigned drafts: {}. Open the patient to go on.";
    WELCOME = "{}，您好", "Welcome, {}";
    NOT_A_DOCTOR = "您的角色不能写病历，只能查看病历记录。", "Your role cannot write visits; the chart is opened instead.";
}
