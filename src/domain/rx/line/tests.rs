//! Cases of the prescription rules, in the words of the ward.
