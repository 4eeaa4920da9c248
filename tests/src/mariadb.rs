//! A MariaDB server of a test's own: throw-away data directory, free port, no password for root over its socket.

use crate::ports::Port;
use crate::server::stop_with_parent;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server; it ends and its data go when this is dropped.
#[derive(Debug)]
pub struct MariaDb {
    dir: tempfile::TempDir,
    port: Port,
    child: Option<Child>,
}

impl MariaDb {
    /// Starts a server with an empty database `kamailio` and the user `kamailio` (password `kamailiorw`), who may do all in
    /// it.
    #[track_caller]
    pub fn start() -> MariaDb {
        let dir = tempfile::Builder::new().prefix("kjt-db").tempdir().expect("directory");
        let template = template();
        let copied = Command::new("cp").arg("-a").arg(&template).arg(dir.path().join("data")).status();
        assert!(copied.is_ok_and(|s| s.success()), "{} cannot be copied", template.display());
        let mut server = MariaDb { dir, port: Port::reserve(), child: None };
        server.run();
        server.sql(
            "CREATE DATABASE kamailio CHARACTER SET latin1; \
             CREATE USER kamailio@'%' IDENTIFIED BY 'kamailiorw'; GRANT ALL ON kamailio.* TO kamailio@'%'; \
             CREATE USER kamailio@localhost IDENTIFIED BY 'kamailiorw'; GRANT ALL ON kamailio.* TO kamailio@localhost;",
        );
        server
    }

    /// Starts the server (again), on the same port and data, and waits until it answers.
    #[track_caller]
    pub fn run(&mut self) {
        let mut command = Command::new("mariadbd");
        command
            .args(["--no-defaults", "--user=root", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"])
            .args([
                "--innodb-buffer-pool-size=16M",
                "--innodb-use-native-aio=0",
                "--innodb-log-file-size=8M",
                "--performance-schema=OFF",
            ])
            .args(["--bind-address=127.0.0.1", "--max-connections=1000"])
            .arg(format!("--datadir={}", self.dir.path().join("data").display()))
            .arg(format!("--socket={}", self.socket().display()))
            .arg(format!("--port={}", self.port()))
            .arg(format!("--pid-file={}", self.dir.path().join("pid").display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        stop_with_parent(&mut command);
        self.child = Some(command.spawn().expect("mariadbd; tests/run installs the peers of the tests"));
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.client().args(["-e", "SELECT 1"]).output().is_ok_and(|o| o.status.success()) {
            assert!(Instant::now() < deadline, "mariadbd does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends the server as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Its TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port.number
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("sock")
    }

    /// The URL of a configuration.
    pub fn url(&self) -> String {
        format!("mysql://kamailio:kamailiorw@127.0.0.1:{}/kamailio", self.port())
    }

    fn client(&self) -> Command {
        let mut command = Command::new("mariadb");
        command.args(["--no-defaults", "-uroot", "-N", "-B", "-S"]).arg(self.socket()).stdin(Stdio::null());
        command
    }

    /// Runs SQL as root in the database `kamailio` (once it is there); the rows, with tabs between values.
    #[track_caller]
    pub fn sql(&self, text: &str) -> String {
        let mut command = self.client();
        if !text.starts_with("CREATE DATABASE") {
            command.arg("kamailio");
        }
        let output = command.args(["-e", text]).output().expect("the client of MariaDB");
        assert!(output.status.success(), "{text}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Makes the tables that Debian's `kamdbctl create` makes, of some of its groups (`standard`, `acc`, `auth_db`, ...).
    #[track_caller]
    pub fn tables(&self, groups: &[&str]) {
        for group in groups {
            let file = format!("/usr/share/kamailio/mysql/{group}-create.sql");
            let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
            self.sql(&text);
        }
    }
}

/// An empty data directory to copy, made once for all tests of a build: it takes seconds.
fn template() -> PathBuf {
    let exe = std::env::current_exe().expect("path of the test");
    let home = exe.ancestors().nth(2).unwrap_or(Path::new("."));
    let ready = home.join("mariadb-template");
    if ready.exists() {
        return ready;
    }
    let fresh = tempfile::Builder::new().prefix("mariadb-").tempdir_in(home).expect("directory");
    let data = fresh.path().join("data");
    let output = Command::new("mariadb-install-db")
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
        .args(["--user=root", "--innodb-use-native-aio=0"])
        .arg(format!("--datadir={}", data.display()))
        .output()
        .expect("mariadb-install-db; tests/run installs the peers of the tests");
    assert!(output.status.success(), "mariadb-install-db: {}", String::from_utf8_lossy(&output.stderr));
    // Whoever is first wins; the others find it there.
    if std::fs::rename(&data, &ready).is_err() {
        assert!(ready.exists(), "{} cannot be made", ready.display());
    }
    ready
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        self.kill();
    }
}
