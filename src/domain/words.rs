//! A sentence in the program's two languages, for messages that are made below the screens.

/// The language that a person chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

/// One sentence, Chinese first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Words {
    pub zh: Box<str>,
    pub en: Box<str>,
}

impl Words {
    pub fn new(zh: impl Into<Box<str>>, en: impl Into<Box<str>>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    pub fn pick(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}
