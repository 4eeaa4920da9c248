//! `mysql://[group]/database`: host, user and password from a group of MySQL's option files (README.db_mysql).

use std::path::PathBuf;

/// What a group says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) socket: Option<String>,
}

/// Reads a group from the files that MySQL's clients read; later files win.
pub(super) fn read(name: &str) -> Group {
    let mut group = Group::default();
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".my.cnf"));
    let files = [PathBuf::from("/etc/my.cnf"), PathBuf::from("/etc/mysql/my.cnf")];
    for file in files.into_iter().chain(home) {
        if let Ok(text) = std::fs::read_to_string(file) {
            group.take(&text, name);
        }
    }
    group
}

impl Group {
    fn take(&mut self, text: &str, name: &str) {
        let mut inside = false;
        for line in text.lines().map(str::trim) {
            if let Some(heading) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                inside = heading == "client" || heading == name;
                continue;
            }
            if !inside || line.starts_with(['#', ';']) {
                continue;
            }
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let value = value.trim().trim_matches(['"', '\'']).to_owned();
            match key.trim() {
                "host" => self.host = Some(value),
                "port" => self.port = value.parse().ok(),
                "user" => self.user = Some(value),
                "password" => self.password = Some(value),
                "socket" => self.socket = Some(value),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_its_group_and_that_of_all_clients() {
        let mut group = Group::default();
        group.take(
            "[client]\nport = 3307\n# x\n[other]\nhost=o\n[mine]\nhost=h\nuser = \"u\"\npassword=p=q\n",
            "mine",
        );
        assert_eq!((group.host.as_deref(), group.port), (Some("h"), Some(3307)));
        assert_eq!((group.user.as_deref(), group.password.as_deref()), (Some("u"), Some("p=q")));
    }
}
