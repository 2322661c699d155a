//! For every other CRM: a line a session, to be fetched and imported.

use serde_json::{Map, Value};

use super::record::Record;
use crate::export::table_csv;
use crate::store::crm::Options;

/// The columns that every file has; those that the campaign adds come after them.
pub(crate) const COLUMNS: [&str; 13] = [
    "session_id",
    "campaign",
    "ended_at",
    PHONE,
    "country",
    "ref",
    "calls",
    "completed",
    "talked",
    "talk_seconds",
    "targets",
    "target_keys",
    "statuses",
];

/// The column that is no word of a record. Without the `+` of E.164: spreadsheets take a text that begins with it for a formula.
const PHONE: &str = "phone";

/// Where the header ends.
const LINE_END: &str = "\r\n";

/// The header line, with its line end.
pub(crate) fn header(options: &Options) -> Result<String, csv::Error> {
    table_csv::<Value>(&columns(options), &[])
}

/// Lines without a header.
pub(crate) fn lines(options: &Options, records: &[Record]) -> Result<String, csv::Error> {
    let rows: Vec<Value> = records.iter().map(|record| row(options, record)).collect();
    let table = table_csv(&columns(options), &rows)?;
    let lines = table.split_once(LINE_END).map_or("", |(_, lines)| lines);
    Ok(lines.to_owned())
}

fn columns(options: &Options) -> Vec<&str> {
    let own = options.fields.keys().map(String::as_str);
    COLUMNS.into_iter().chain(own).collect()
}

fn row(options: &Options, record: &Record) -> Value {
    let mut row = Map::new();
    for column in COLUMNS {
        let value = match (column, &record.phone) {
            (PHONE, Some(phone)) => phone.as_str().trim_start_matches('+').to_owned(),
            // The number is no word, so that this is empty where it is not told.
            (word, _) => record.word(word),
        };
        row.insert(column.to_owned(), value.into());
    }
    for (name, word) in &options.fields {
        row.insert(name.clone(), record.word(word).into());
    }
    Value::Object(row)
}

#[cfg(test)]
mod tests {
    use super::super::record::sample;
    use super::*;

    #[test]
    fn a_line_a_session_with_the_number_only_where_it_is_told() {
        let mut options = Options::default();
        options.fields.insert("medium".to_owned(), "=phone".to_owned());
        options.fields.insert("from".to_owned(), "ref".to_owned());
        let mut told = sample();
        told.reference = "=1+1".to_owned();
        let silent = Record {
            phone: None,
            ..sample()
        };
        assert_eq!(
            header(&options).unwrap() + &lines(&options, &[told, silent]).unwrap(),
            "session_id,campaign,ended_at,phone,country,ref,calls,completed,talked,talk_seconds,targets,target_keys,\
             statuses,from,medium\r\n\
             00000000-0000-0000-0000-000000000007,library,2026-11-21T04:10:00.500Z,12025550123,us,'=1+1,2,1,1,61,\
             Senator Ada Lovelace; Senator Mary O'Rourke,custom:one; custom:two,completed; busy,'=1+1,phone\r\n\
             00000000-0000-0000-0000-000000000007,library,2026-11-21T04:10:00.500Z,,us,mail-7,2,1,1,61,\
             Senator Ada Lovelace; Senator Mary O'Rourke,custom:one; custom:two,completed; busy,mail-7,phone\r\n"
        );
    }
}
