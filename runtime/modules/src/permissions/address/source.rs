//! Where addresses come from: a table or a file.

use kamjit_db::{Database, Op, Select, Value};

use super::Table;

/// Where addresses come from.
pub(in super::super) enum Source {
    /// Nowhere: nothing matches.
    None,
    /// A table; columns: group, address, mask, port, tag.
    Table { database: Database, table: String, columns: [String; 5] },
    /// A text file (README.permissions section 6).
    File(String),
}

impl Source {
    /// Reads all of it. An error says what is wrong, for the log and the remote command.
    pub(in super::super) async fn read(&self) -> Result<Table, String> {
        match self {
            Source::None => Ok(Table::default()),
            Source::Table { database, table, columns } => {
                let columns = columns.each_ref().map(|column| &**column);
                let op = Op::Select(Select::new(table, &columns, &[]));
                let reply = database.run(&op).await.map_err(|error| error.to_string())?;
                Ok(of_rows(&reply.rows))
            }
            Source::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
                of_text(&text).map_err(|(line, why)| format!("{path}:{line}: {why}"))
            }
        }
    }
}

fn of_rows(rows: &[Vec<Value>]) -> Table {
    let mut table = Table::default();
    for row in rows {
        let [group, address, mask, port, tag] = row.as_slice() else { continue };
        let Some(address) = address.to_text() else { continue };
        let port = port.to_int().and_then(|port| u16::try_from(port).ok()).unwrap_or(0);
        let tag = tag.to_text().filter(|tag| !tag.is_empty()).map(|tag| tag.into_owned().into());
        let (group, mask) = (group.to_int().unwrap_or(0), mask.to_int().unwrap_or(32));
        table.add(group, &String::from_utf8_lossy(&address), mask, port, tag);
    }
    table
}

/// `GROUP ADDRESS [MASK [PORT [TAG]]]` on each line; `#` begins a comment.
fn of_text(text: &str) -> Result<Table, (usize, String)> {
    let mut table = Table::default();
    for (n, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or(line);
        let mut words = line.split_whitespace();
        let Some(group) = words.next() else { continue };
        let number = |word: Option<&str>, default: i64| match word {
            Some(word) => word.parse().map_err(|_| (n + 1, format!("'{word}' is no number"))),
            None => Ok(default),
        };
        let group = number(Some(group), 0)?;
        let address = words.next().ok_or((n + 1, "the address is missing".to_owned()))?;
        let mask = number(words.next(), 128)?;
        let port = u16::try_from(number(words.next(), 0)?).map_err(|_| (n + 1, "no such port".to_owned()))?;
        let tag = words.next().map(|tag| tag.as_bytes().into());
        table.add(group, address, mask, port, tag);
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_addresses() {
        let table =
            of_text("# comment\n1 127.0.0.1 32 0 tag1 # more\n1 10.0.0.10\n\n2 192.168.1.0 24 0 tag2\n3 [1:5ee::900d:c0de]\n")
                .unwrap();
        assert_eq!((table.hosts.len(), table.nets.len()), (3, 1));
        assert_eq!(of_text("1 10.0.0.1\nx 10.0.0.2\n").unwrap_err().0, 2);
        assert_eq!(of_text("1\n").unwrap_err().1, "the address is missing");
    }
}
