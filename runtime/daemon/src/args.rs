//! Kamailio's command line (the options of `kamailio -h`), and what is ours.

use std::path::PathBuf;

use clap::{ArgAction, Parser, ValueEnum};
use kamjit_syntax::Generation;

/// Whose meaning applies where the generations of Kamailio differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Compat {
    /// Kamailio 5.6.
    #[value(name = "5.6")]
    V5_6,
    /// Kamailio 6.x.
    #[value(name = "6")]
    V6,
}

impl From<Compat> for Generation {
    fn from(compat: Compat) -> Generation {
        match compat {
            Compat::V5_6 => Generation::V5_6,
            Compat::V6 => Generation::V6,
        }
    }
}

/// The options. Those without meaning here are taken and ignored, so that start scripts run unchanged.
#[derive(Clone, Debug, Parser)]
#[command(name = "kamjit", version, disable_version_flag = true, args_override_self = true, before_help = crate::VERSION,
    after_help = "Commands: kamjit check FILE..., kamjit catalog [WORD]; each explains itself with --help.")]
pub struct Args {
    /// Auto aliases: yes/on or no/off
    #[arg(short = 'a', value_name = "MODE")]
    pub auto_aliases: Option<String>,
    /// Add an alias [proto:]host[:port]
    #[arg(long, value_name = "ALIAS", action = ArgAction::Append)]
    pub alias: Vec<String>,
    /// Add a define for the preprocessor: NAME or NAME=VALUE
    #[arg(short = 'A', value_name = "DEFINE", action = ArgAction::Append)]
    pub define: Vec<String>,
    /// Exit callbacks of libraries (no meaning in kamjit)
    #[arg(long, value_name = "MODE", hide = true)]
    pub atexit: Option<String>,
    /// Maximum UDP receive buffer in bytes
    #[arg(short = 'b', value_name = "BYTES")]
    pub max_receive_buffer: Option<usize>,
    /// Check the configuration and exit
    #[arg(short = 'c', action = ArgAction::Count)]
    pub check: u8,
    /// Print the configuration after includes and conditions
    #[arg(long = "cfg-print")]
    pub cfg_print: bool,
    /// Raise the debug level (repeat)
    #[arg(short = 'd', action = ArgAction::Count)]
    pub more_debug: u8,
    /// Set the debug level
    #[arg(long, value_name = "LEVEL", allow_negative_numbers = true)]
    pub debug: Option<i32>,
    /// Daemonising: -D and -DD stay in the foreground, -DDD daemonises (default)
    #[arg(short = 'D', action = ArgAction::Count)]
    pub foreground: u8,
    /// Coloured log (with -E)
    #[arg(short = 'e', action = ArgAction::Count)]
    pub color: u8,
    /// Log to stderr
    #[arg(short = 'E', action = ArgAction::Count)]
    pub stderr: u8,
    /// Configuration file
    #[arg(short = 'f', value_name = "FILE", default_value = "/etc/kamailio/kamailio.cfg")]
    pub config: PathBuf,
    /// Group to run as
    #[arg(short = 'g', value_name = "GROUP")]
    pub group: Option<String>,
    /// Write the process group id to a file
    #[arg(short = 'G', value_name = "FILE")]
    pub pgid_file: Option<PathBuf>,
    /// Print internals and exit
    #[arg(short = 'I')]
    pub internals: bool,
    /// Check the Via of replies (always done by kamjit)
    #[arg(short = 'K', action = ArgAction::Count)]
    pub check_via: u8,
    /// Listen on [proto:]address[:port][/advertised]
    #[arg(short = 'l', value_name = "ADDRESS", action = ArgAction::Append)]
    pub listen: Vec<String>,
    /// Load a module
    #[arg(long = "loadmodule", value_name = "NAME", action = ArgAction::Append)]
    pub load_module: Vec<String>,
    /// Log engine TYPE:DATA (no meaning in kamjit)
    #[arg(long = "log-engine", value_name = "ENGINE", hide = true)]
    pub log_engine: Option<String>,
    /// Module search path (no meaning in kamjit: modules are built in)
    #[arg(short = 'L', value_name = "PATH")]
    pub module_path: Option<String>,
    /// Shared memory in MB (no meaning in kamjit)
    #[arg(short = 'm', value_name = "MB")]
    pub shared_memory: Option<u32>,
    /// Set a module parameter MODULE:NAME:i|s:VALUE
    #[arg(long = "modparam", value_name = "PARAM", action = ArgAction::Append)]
    pub modparam: Vec<String>,
    /// Private memory in MB (no meaning in kamjit)
    #[arg(short = 'M', value_name = "MB")]
    pub private_memory: Option<u32>,
    /// Workers (kamjit starts at most one a processor: they never block)
    #[arg(short = 'n', value_name = "COUNT")]
    pub workers: Option<usize>,
    /// TCP workers (no meaning in kamjit)
    #[arg(short = 'N', value_name = "COUNT")]
    pub tcp_workers: Option<String>,
    /// Script optimisation level (no meaning in kamjit)
    #[arg(short = 'O', value_name = "LEVEL")]
    pub optimise: Option<String>,
    /// Write a pid file
    #[arg(short = 'P', value_name = "FILE")]
    pub pid_file: Option<PathBuf>,
    /// SCTP workers (no meaning in kamjit)
    #[arg(short = 'Q', value_name = "COUNT")]
    pub sctp_workers: Option<String>,
    /// Use DNS to decide about `received` (no meaning in kamjit)
    #[arg(short = 'r', action = ArgAction::Count)]
    pub dns: u8,
    /// Use reverse DNS to decide about `received` (no meaning in kamjit)
    #[arg(short = 'R', action = ArgAction::Count)]
    pub reverse_dns: u8,
    /// Set server_id
    #[arg(long = "server-id", value_name = "NUMBER")]
    pub server_id: Option<i64>,
    /// A subst directive
    #[arg(long, value_name = "EXPR", action = ArgAction::Append)]
    pub subst: Vec<String>,
    /// A substdef directive
    #[arg(long, value_name = "EXPR", action = ArgAction::Append)]
    pub substdef: Vec<String>,
    /// A substdefs directive
    #[arg(long, value_name = "EXPR", action = ArgAction::Append)]
    pub substdefs: Vec<String>,
    /// Disable SCTP (kamjit has none)
    #[arg(short = 'S', action = ArgAction::Count)]
    pub no_sctp: u8,
    /// Change the root directory
    #[arg(short = 't', value_name = "DIR")]
    pub chroot: Option<PathBuf>,
    /// Disable TCP
    #[arg(short = 'T', action = ArgAction::Count)]
    pub no_tcp: u8,
    /// User to run as
    #[arg(short = 'u', value_name = "USER")]
    pub user: Option<String>,
    /// Print the version and exit
    #[arg(short = 'v', visible_short_alias = 'V', long = "version")]
    pub version: bool,
    /// Shared memory manager (no meaning in kamjit)
    #[arg(short = 'x', value_name = "NAME")]
    pub shared_manager: Option<String>,
    /// Private memory manager (no meaning in kamjit)
    #[arg(short = 'X', value_name = "NAME")]
    pub private_manager: Option<String>,
    /// Directory of control sockets
    #[arg(short = 'Y', value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// Working directory
    #[arg(short = 'w', value_name = "DIR")]
    pub work_dir: Option<PathBuf>,
    /// Poll method (no meaning in kamjit)
    #[arg(short = 'W', value_name = "TYPE")]
    pub poll_method: Option<String>,
    /// Whose meaning applies where the generations of Kamailio differ
    #[arg(long, value_enum, default_value = "6")]
    pub compat: Compat,
}

impl Args {
    /// True if the process stays in the foreground.
    pub fn stays(&self) -> bool {
        matches!(self.foreground, 1 | 2)
    }
}
