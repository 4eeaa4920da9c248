//! Database URLs as Kamailio writes them: `mysql://user:password@host:port/database`, `mysql://[group]/database`,
//! `sqlite:///path`, `text:///directory`.

use std::fmt;

/// Which driver a URL asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `mysql:` (db_mysql): MySQL and MariaDB.
    Mysql,
    /// `postgres:` (db_postgres).
    Postgres,
    /// `sqlite:` (db_sqlite).
    Sqlite,
    /// `text:` (db_text).
    Text,
}

impl Scheme {
    /// The Kamailio module that a configuration loads for it.
    pub fn module(self) -> &'static str {
        match self {
            Scheme::Mysql => "db_mysql",
            Scheme::Postgres => "db_postgres",
            Scheme::Sqlite => "db_sqlite",
            Scheme::Text => "db_text",
        }
    }

    fn of(word: &str) -> Option<Scheme> {
        match word.strip_prefix("db_").unwrap_or(word) {
            "mysql" => Some(Scheme::Mysql),
            "postgres" => Some(Scheme::Postgres),
            "sqlite" => Some(Scheme::Sqlite),
            "text" => Some(Scheme::Text),
            _ => None,
        }
    }
}

/// Why a URL is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// There is no `scheme:`.
    #[error("a database URL begins with its driver, as in mysql://user:password@host/database")]
    NoScheme,
    /// There is no such driver.
    #[error("there is no database driver '{0}'; there are mysql, postgres, sqlite and text")]
    UnknownScheme(String),
    /// The port is no number.
    #[error("'{0}' is no port")]
    Port(String),
    /// The database is missing.
    #[error("the URL names no database")]
    NoDatabase,
}

/// A database URL. Neither `Debug` nor `Display` shows the password.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Url {
    /// The driver.
    pub scheme: Scheme,
    /// The user; empty: the driver's default.
    pub user: String,
    /// The password.
    pub password: String,
    /// The host, or `[group]` of `my.cnf`; empty: the driver's default.
    pub host: String,
    /// The port; `None`: the driver's default.
    pub port: Option<u16>,
    /// The database; for SQLite and text files the path.
    pub database: String,
}

impl Url {
    /// Reads a URL.
    pub fn parse(text: &str) -> Result<Url, BadUrl> {
        let (word, rest) = text.split_once(':').ok_or(BadUrl::NoScheme)?;
        let scheme = Scheme::of(word).ok_or_else(|| BadUrl::UnknownScheme(word.to_owned()))?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let mut url = Url {
            scheme,
            user: String::new(),
            password: String::new(),
            host: String::new(),
            port: None,
            database: String::new(),
        };
        if matches!(scheme, Scheme::Sqlite | Scheme::Text) {
            rest.clone_into(&mut url.database);
        } else {
            let (authority, database) = rest.rsplit_once('/').ok_or(BadUrl::NoDatabase)?;
            database.clone_into(&mut url.database);
            url.read_authority(authority)?;
        }
        if url.database.is_empty() { Err(BadUrl::NoDatabase) } else { Ok(url) }
    }

    fn read_authority(&mut self, text: &str) -> Result<(), BadUrl> {
        // A password may contain an `@`, a host cannot.
        let (login, place) = text.rsplit_once('@').unwrap_or(("", text));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        user.clone_into(&mut self.user);
        password.clone_into(&mut self.password);
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (place, None),
        };
        host.clone_into(&mut self.host);
        self.port = match port {
            Some(port) => Some(port.parse().map_err(|_| BadUrl::Port(port.to_owned()))?),
            None => None,
        };
        Ok(())
    }

    /// The group of `my.cnf` that `mysql://[group]/database` names.
    pub fn group(&self) -> Option<&str> {
        self.host.strip_prefix('[')?.strip_suffix(']').filter(|group| !group.contains(':'))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme.module().trim_start_matches("db_");
        write!(f, "{scheme}://")?;
        if !self.user.is_empty() {
            write!(f, "{}@", self.user)?;
        }
        f.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        let slash = if matches!(self.scheme, Scheme::Sqlite | Scheme::Text) { "" } else { "/" };
        write!(f, "{slash}{}", self.database)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_kamailio_writes() {
        let url = Url::parse("mysql://kamailio:kama@il:io@db.example.org:3307/openser").unwrap();
        assert_eq!((&*url.user, &*url.password, &*url.host), ("kamailio", "kama@il:io", "db.example.org"));
        assert_eq!((url.port, &*url.database), (Some(3307), "openser"));
        let url = Url::parse("mysql://[server1]/kamailio").unwrap();
        assert_eq!((url.group(), url.port), (Some("server1"), None));
        let url = Url::parse("postgres://u:p@[::1]:5433/k").unwrap();
        assert_eq!((&*url.host, url.port), ("[::1]", Some(5433)));
        assert_eq!(
            Url::parse("sqlite:///etc/kamailio/kamailio.db").unwrap().database,
            "/etc/kamailio/kamailio.db"
        );
        assert_eq!(Url::parse("text:///etc/kamailio/dbtext").unwrap().scheme, Scheme::Text);
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(Url::parse("kamailio"), Err(BadUrl::NoScheme));
        assert_eq!(Url::parse("oracle://x/y"), Err(BadUrl::UnknownScheme("oracle".to_owned())));
        assert_eq!(Url::parse("mysql://u:p@h:x/d"), Err(BadUrl::Port("x".to_owned())));
        assert_eq!(Url::parse("mysql://u:p@h/"), Err(BadUrl::NoDatabase));
    }

    #[test]
    fn shows_no_password() {
        let url = Url::parse("mysql://kamailio:secret@localhost/kamailio").unwrap();
        assert_eq!(url.to_string(), "mysql://kamailio@localhost/kamailio");
        assert!(!format!("{url:?}").contains("secret"));
    }
}
