//! The counts as files for the township: the sums and the people behind every number.
use std::path::PathBuf;

use super::sheets::{Form, bytes, indicator_tables};
use crate::domain::catalog::follow_up::FollowUpBook;
use crate::domain::followup::indicators::Period;
use crate::services::clinic::Clinic;
use crate::services::failure::Failure;
use crate::services::print::keep;

impl Clinic {
    /// Writes the indicators beside the prints; the path of the sums. A CSV holds one table: the people get their own.
    pub fn export_indicators(
        &mut self,
        book: &FollowUpBook,
        (programme, period): (&str, Period),
        form: Form,
    ) -> Result<PathBuf, Failure> {
        let rows = self.follow_up_indicators(book, (programme, period))?;
        let tables = indicator_tables(&rows, (programme, period));
        let stem = format!("indicators-{programme}-{}", period.label().replace(" – ", "_"));
        let name = format!("{stem}.{}", form.id());
        if form == Form::Csv
            && let Some(people) = tables.get(1..)
        {
            let list = bytes(people, form)?;
            keep(self, (&format!("{stem}-people.csv"), &list))?;
        }
        let file = bytes(&tables, form)?;
        keep(self, (&name, &file))
    }
}
