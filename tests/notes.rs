//! The reader on the project's own labelled sentences: finding F1 and polarity, against what a physician would mark.
