//! Words of the look at a study.

words! {
    TITLE = "看图", "Images";
    ONLY_A_LOOK = "仅供预览，不能用于诊断；报告和诊断请用阅片软件", "PREVIEW ONLY, NOT FOR DIAGNOSIS: read and report on a workstation";
    IMAGE_OF = "第{}/{}幅", "image {}/{}";
    FRAME_OF = "帧{}/{}", "frame {}/{}";
    SERIES = "序列 {}", "series {}";
    WINDOW = "{} {}/{}", "{} {}/{}";
    FILE = "文件窗", "own window";
    BRAIN = "脑窗", "brain";
    LUNG = "肺窗", "lung";
    BONE = "骨窗", "bone";
    SOFT = "软组织窗", "soft tissue";
    BY_HAND = "手调窗", "by hand";
    READING = "读取中…（Esc 取消）", "reading… (Esc cancels)";
    DECODING = "解码中… {}秒（Esc 取消）", "decoding… {} s (Esc cancels)";
    CANCELLED = "已取消。按 1 再解码，Esc 返回", "Cancelled. 1 decodes again, Esc goes back";
    NO_IMAGES = "这份检查没有影像", "This study has no images";
    CT_ONLY = "脑、肺、骨、软组织窗只用于CT", "Brain, lung, bone and soft tissue windows are for CT only";
    NO_COLOUR_WINDOW = "彩色图没有窗", "A colour picture has no window";
}
