//! The log in Kamailio's format: ` N(PID) LEVEL: {prefix}<script>: text`, to stderr or syslog.
//!
//! Whoever logs on the hot path asks [`enabled`] first, so that no line is formatted that nobody reads.

use std::{
    cell::Cell,
    ffi::CString,
    io::Write,
    sync::atomic::{AtomicBool, AtomicI32, Ordering},
};

/// Log levels; greater is chattier (the real server's numbers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
#[allow(missing_docs)]
pub enum Level {
    Alert = -5,
    Bug = -4,
    Crit2 = -3,
    Crit = -2,
    Err = -1,
    Warn = 0,
    Notice = 1,
    Info = 2,
    Debug = 3,
}

impl Level {
    /// From a number; beyond the ends the last one counts.
    pub fn from_number(n: i64) -> Level {
        match n {
            ..=-5 => Level::Alert,
            -4 => Level::Bug,
            -3 => Level::Crit2,
            -2 => Level::Crit,
            -1 => Level::Err,
            0 => Level::Warn,
            1 => Level::Notice,
            2 => Level::Info,
            3.. => Level::Debug,
        }
    }

    /// From a name such as `L_INFO`, `INFO` or `l_info` (any case; `L_DBG`, `L_DEBUG`, `L_ERR`, `L_CRIT2`, ...).
    pub fn from_name(name: &[u8]) -> Option<Level> {
        let name = name.to_ascii_uppercase();
        Some(match name.strip_prefix(b"L_").unwrap_or(&name) {
            b"ALERT" => Level::Alert,
            b"BUG" => Level::Bug,
            b"CRIT2" => Level::Crit2,
            b"CRIT" | b"CRITICAL" => Level::Crit,
            b"ERR" | b"ERROR" => Level::Err,
            b"WARN" | b"WARNING" => Level::Warn,
            b"NOTICE" => Level::Notice,
            b"INFO" => Level::Info,
            b"DBG" | b"DEBUG" => Level::Debug,
            _ => return None,
        })
    }

    /// The word in the log.
    pub fn name(self) -> &'static str {
        match self {
            Level::Alert => "ALERT",
            Level::Bug => "BUG",
            Level::Crit2 | Level::Crit => "CRITICAL",
            Level::Err => "ERROR",
            Level::Warn => "WARNING",
            Level::Notice => "NOTICE",
            Level::Info => "INFO",
            Level::Debug => "DEBUG",
        }
    }

    fn syslog(self) -> libc::c_int {
        match self {
            Level::Alert => libc::LOG_ALERT,
            Level::Bug | Level::Crit | Level::Crit2 => libc::LOG_CRIT,
            Level::Err => libc::LOG_ERR,
            Level::Warn => libc::LOG_WARNING,
            Level::Notice => libc::LOG_NOTICE,
            Level::Info => libc::LOG_INFO,
            Level::Debug => libc::LOG_DEBUG,
        }
    }
}

static DEBUG: AtomicI32 = AtomicI32::new(0);
static STDERR: AtomicBool = AtomicBool::new(true);
static COLOR: AtomicBool = AtomicBool::new(false);
static FACILITY: AtomicI32 = AtomicI32::new(libc::LOG_DAEMON);

thread_local! {
    static PROCESS: Cell<u32> = const { Cell::new(0) };
}

/// Where the log goes.
#[derive(Clone, Debug)]
pub struct Options {
    /// Chattiest level that is written (`debug`).
    pub debug: i32,
    /// To stderr (`log_stderror`, `-E`); else to syslog.
    pub stderr: bool,
    /// Colours on stderr (`-e`).
    pub color: bool,
    /// The syslog facility (`log_facility`), as in `syslog.h`.
    pub facility: i32,
    /// The name in syslog (`log_name`).
    pub name: String,
}

/// Sets up the log. May be called again.
pub fn configure(options: &Options) {
    DEBUG.store(options.debug, Ordering::Relaxed);
    COLOR.store(options.color, Ordering::Relaxed);
    FACILITY.store(options.facility, Ordering::Relaxed);
    STDERR.store(options.stderr, Ordering::Relaxed);
    if !options.stderr
        && let Ok(name) = CString::new(options.name.as_str())
    {
        // SAFETY: syslog keeps the pointer, so the name is leaked; once or twice in a process.
        unsafe { libc::openlog(name.into_raw(), libc::LOG_PID | libc::LOG_CONS, options.facility) };
    }
}

/// True for the name of a syslog facility, in capital or small letters.
pub fn is_facility(name: &str) -> bool {
    known_facility(name).is_some()
}

/// The number of a syslog facility's name (`LOG_LOCAL0`); `LOG_DAEMON` if it is unknown.
pub fn facility(name: &str) -> i32 {
    known_facility(name).unwrap_or(libc::LOG_DAEMON)
}

fn known_facility(name: &str) -> Option<i32> {
    Some(match name.to_ascii_uppercase().as_str() {
        "LOG_AUTH" => libc::LOG_AUTH,
        "LOG_CRON" => libc::LOG_CRON,
        "LOG_KERN" => libc::LOG_KERN,
        "LOG_LOCAL0" => libc::LOG_LOCAL0,
        "LOG_LOCAL1" => libc::LOG_LOCAL1,
        "LOG_LOCAL2" => libc::LOG_LOCAL2,
        "LOG_LOCAL3" => libc::LOG_LOCAL3,
        "LOG_LOCAL4" => libc::LOG_LOCAL4,
        "LOG_LOCAL5" => libc::LOG_LOCAL5,
        "LOG_LOCAL6" => libc::LOG_LOCAL6,
        "LOG_LOCAL7" => libc::LOG_LOCAL7,
        "LOG_LPR" => libc::LOG_LPR,
        "LOG_MAIL" => libc::LOG_MAIL,
        "LOG_NEWS" => libc::LOG_NEWS,
        "LOG_USER" => libc::LOG_USER,
        "LOG_UUCP" => libc::LOG_UUCP,
        "LOG_AUTHPRIV" => libc::LOG_AUTHPRIV,
        "LOG_FTP" => libc::LOG_FTP,
        "LOG_SYSLOG" => libc::LOG_SYSLOG,
        "LOG_DAEMON" => libc::LOG_DAEMON,
        _ => return None,
    })
}

/// Changes the level (`corex.debug`, `cfg.seti core debug`).
pub fn set_level(debug: i32) {
    DEBUG.store(debug, Ordering::Relaxed);
}

/// Changes the syslog facility (`cfg.sets core log_facility`).
pub fn set_facility(facility: i32) {
    FACILITY.store(facility, Ordering::Relaxed);
}

/// The level.
pub fn level() -> i32 {
    DEBUG.load(Ordering::Relaxed)
}

/// Names this thread in the log: 0 is the main one, workers count from 1.
pub fn set_process(number: u32) {
    PROCESS.with(|p| p.set(number));
}

/// This thread's number in the log.
pub fn process() -> u32 {
    PROCESS.with(Cell::get)
}

/// Whether a line of this level is written.
pub fn enabled(level: Level) -> bool {
    level as i32 <= DEBUG.load(Ordering::Relaxed)
}

/// Writes a line: `prefix` is the rendered `log_prefix` (or empty), `source` stands in angle brackets.
/// `facility` overrides the global one. The text's own line end is kept if it has one.
pub fn write(level: Level, facility: Option<i32>, prefix: &[u8], source: &str, text: &[u8]) {
    let mut line = Vec::with_capacity(64 + prefix.len() + text.len());
    if STDERR.load(Ordering::Relaxed) {
        let _ = write!(line, "{:2}({}) {}: ", process(), std::process::id(), level.name());
    } else {
        let _ = write!(line, "{}: ", level.name());
    }
    line.extend_from_slice(prefix);
    if !source.is_empty() {
        let _ = write!(line, "<{source}>: ");
    }
    line.extend_from_slice(text);
    // A NUL ends the line (captured); syslog could not take it, and a peer must not silence the log by it.
    if let Some(end) = line.iter().position(|&b| b == 0) {
        line.truncate(end);
    }
    if STDERR.load(Ordering::Relaxed) {
        if !line.ends_with(b"\n") {
            line.push(b'\n');
        }
        let _ = std::io::stderr().write_all(&line);
    } else if let Ok(line) = CString::new(line) {
        let priority = level.syslog() | facility.unwrap_or_else(|| FACILITY.load(Ordering::Relaxed));
        // SAFETY: format and argument are NUL-terminated strings.
        unsafe { libc::syslog(priority, c"%s".as_ptr(), line.as_ptr()) };
    }
}

/// Writes a line of the server itself, if its level is on.
pub fn core(level: Level, text: std::fmt::Arguments<'_>) {
    if enabled(level) {
        write(level, None, b"", "core", text.to_string().as_bytes());
    }
}

/// Writes a line of a module, if its level is on.
pub fn module(level: Level, name: &str, text: std::fmt::Arguments<'_>) {
    if enabled(level) {
        write(level, None, b"", name, text.to_string().as_bytes());
    }
}

/// Sends what libraries report through `tracing` to this log.
pub struct Subscriber;

impl Subscriber {
    /// Installs it for the process; later calls do nothing.
    pub fn install() {
        let _ = tracing::subscriber::set_global_default(Subscriber);
    }

    fn level(level: &tracing::Level) -> Level {
        match *level {
            tracing::Level::ERROR => Level::Err,
            tracing::Level::WARN => Level::Warn,
            tracing::Level::INFO => Level::Info,
            _ => Level::Debug,
        }
    }
}

struct Text(String);

impl tracing::field::Visit for Text {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        use std::fmt::Write as _;
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}

impl tracing::Subscriber for Subscriber {
    fn enabled(&self, meta: &tracing::Metadata<'_>) -> bool {
        meta.target().starts_with("kamjit") && enabled(Self::level(meta.level()))
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let target = event.metadata().target();
        let source = target.split("::").last().unwrap_or("core");
        write(Self::level(event.metadata().level()), None, b"", source, text.0.as_bytes());
    }

    fn register_callsite(&self, meta: &'static tracing::Metadata<'static>) -> tracing::subscriber::Interest {
        if meta.target().starts_with("kamjit") {
            tracing::subscriber::Interest::sometimes()
        } else {
            tracing::subscriber::Interest::never()
        }
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}
