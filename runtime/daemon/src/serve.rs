//! Runs a loaded program: binds, drops privileges, starts modules and workers, waits for the end.

use std::{path::PathBuf, sync::Arc};

use kamjit_engine::{
    Engine,
    engine::StartInfo,
    globals::Globals,
    identity::{Alias, Identity},
    log::{self, Level},
    program::Program,
    worker,
};
use kamjit_net::{
    BindOptions, SocketTable,
    dns::{Dns, DnsOptions, Family, Preferences},
    tcp::{TcpOptions, TcpTransport},
    udp::UdpOptions,
};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    args::Args,
    daemonize::{self, Parent},
    listen,
    load::Loaded,
    memory,
};

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A socket text.
    #[error(transparent)]
    Listen(#[from] listen::BadListen),
    /// A socket.
    #[error(transparent)]
    Bind(#[from] kamjit_net::BindError),
    /// The system.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        error: std::io::Error,
    },
    /// A module.
    #[error("module {module}: {message}")]
    Module {
        /// Which.
        module: &'static str,
        /// Why.
        message: String,
    },
}

fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> StartError {
    move |error| StartError::System { what, error }
}

/// What `-c` looks at beyond the script: the addresses and the account to run as.
pub fn check(args: &Args, loaded: &Loaded) -> Result<(), StartError> {
    let globals = &loaded.program.globals;
    listen::specs(args, globals)?;
    let (user, group) = account(args, globals);
    daemonize::find_account(user.as_deref(), group.as_deref()).map_err(system("cannot change user"))?;
    Ok(())
}

/// The user and group of the command line, else of the configuration.
fn account(args: &Args, globals: &kamjit_engine::globals::Globals) -> (Option<String>, Option<String>) {
    let user = args.user.clone().or_else(|| globals.text("user"));
    let group = args.group.clone().or_else(|| globals.text("group"));
    (user, group)
}

/// Runs until a signal ends it.
pub fn serve(args: &Args, loaded: Loaded) -> Result<(), StartError> {
    let globals = loaded.program.globals.clone();
    let foreground = args.stays() || globals.int("fork") == 0;
    let mut parent =
        if foreground { Parent::none() } else { daemonize::fork().map_err(system("cannot fork"))? };
    configure_log(args, &loaded.program);
    let specs = listen::specs(args, &globals)?;
    let aliases = listen::aliases(args, &globals, &specs);
    let workers = worker_count(args, &loaded.program);
    let udp = udp_options(args, &globals);
    crate::limits::apply(&globals);
    let options = BindOptions { workers, udp, tcp: tcp_options(&loaded.program) };
    let sockets = Arc::new(SocketTable::bind(&specs, options)?);
    announce(&sockets, &aliases);
    if let Some(path) = &args.pid_file {
        daemonize::write_pid(path, std::process::id()).map_err(system("cannot write the pid file"))?;
    }
    if let Some(path) = &args.pgid_file {
        // SAFETY: no memory is involved.
        let group = unsafe { libc::getpgid(0) };
        daemonize::write_pid(path, group.unsigned_abs()).map_err(system("cannot write the pgid file"))?;
    }
    enter_directories(args, &globals, foreground)?;
    let (user, group) = account(args, &globals);
    daemonize::drop_privileges(user.as_deref(), group.as_deref()).map_err(system("cannot change user"))?;
    if !foreground {
        let keep = log_to_stderr(args, &loaded.program);
        daemonize::detach(keep).map_err(system("cannot detach from the terminal"))?;
    }
    let result = run(args, loaded, sockets, aliases, workers, &mut parent);
    if let Some(path) = &args.pid_file {
        let _ = std::fs::remove_file(path);
    }
    result
}

fn run(
    args: &Args,
    loaded: Loaded,
    sockets: Arc<SocketTable>,
    aliases: Vec<Alias>,
    workers: usize,
    parent: &mut Parent,
) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(system("cannot start the control thread"))?;
    runtime.block_on(async {
        let identity = Identity::new(&sockets, aliases, loaded.program.globals.ipv6_style);
        let tcp = TcpTransport::new(tcp_options(&loaded.program));
        let dns_program = Arc::clone(&loaded.program);
        let engine = Engine::new(
            loaded.program,
            loaded.stats,
            loaded.cfg,
            sockets,
            tcp,
            Dns::new(dns_options(&dns_program)),
            identity,
            start_info(args, &dns_program.globals, loaded.defines),
            tokio::runtime::Handle::current(),
        );
        let mut term = signal(SignalKind::terminate()).map_err(system("cannot wait for signals"))?;
        let mut int = signal(SignalKind::interrupt()).map_err(system("cannot wait for signals"))?;
        let mut hup = signal(SignalKind::hangup()).map_err(system("cannot wait for signals"))?;
        let mut user1 = signal(SignalKind::user_defined1()).map_err(system("cannot wait for signals"))?;
        let mut user2 = signal(SignalKind::user_defined2()).map_err(system("cannot wait for signals"))?;
        let modules = engine.program().modules.clone();
        for module in &modules {
            if let Some(start) = module.start {
                start(&engine).map_err(|e| StartError::Module { module: module.name, message: e.message })?;
            }
        }
        worker::start_all(&engine, workers).map_err(system("cannot start the workers"))?;
        tokio::spawn(memory::give_back());
        parent.ready();
        loop {
            tokio::select! {
                _ = term.recv() => break,
                _ = int.recv() => break,
                _ = hup.recv() => log::core(Level::Debug, format_args!("SIGHUP received, ignored")),
                // The real server reports statistics on USR1; neither may end this one.
                _ = user1.recv() => log::core(Level::Debug, format_args!("SIGUSR1 received, ignored")),
                _ = user2.recv() => log::core(Level::Debug, format_args!("SIGUSR2 received, ignored")),
                () = engine.stopped() => break,
            }
        }
        log::core(Level::Notice, format_args!("kamjit is going down"));
        for module in modules.iter().rev() {
            if let Some(stop) = module.stop {
                stop(&engine);
            }
        }
        Ok(())
    })
}

fn worker_count(args: &Args, program: &Program) -> usize {
    let asked = args.workers.unwrap_or_else(|| program.globals.int("children").max(1) as usize);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    asked.clamp(1, processors)
}

fn announce(sockets: &SocketTable, aliases: &[Alias]) {
    println!("Listening on ");
    for info in sockets.infos() {
        let advertise = match &info.advertise {
            Some((host, 0)) => format!(" advertise {host}"),
            Some((host, port)) => format!(" advertise {host}:{port}"),
            None => String::new(),
        };
        println!("             {}: {}{advertise}", info.proto, info.addr);
    }
    println!("Aliases: ");
    for alias in aliases.iter().rev() {
        let proto = alias.proto.map_or("*", |p| p.name());
        let port = alias.port.map_or("*".to_owned(), |p| p.to_string());
        println!("             {proto}: {}:{port}", String::from_utf8_lossy(&alias.host));
    }
    println!();
}

fn log_to_stderr(args: &Args, program: &Program) -> bool {
    args.stderr > 0 || program.globals.int("log_stderror") != 0
}

fn configure_log(args: &Args, program: &Program) {
    let debug = match args.debug {
        Some(level) => level,
        None => program.globals.int("debug") as i32 + i32::from(args.more_debug),
    };
    log::configure(&log::Options {
        debug,
        stderr: log_to_stderr(args, program),
        color: args.color > 0 || program.globals.int("log_color") != 0,
        facility: log::facility(&program.globals.text("log_facility").unwrap_or_default()),
        name: program.globals.text("log_name").unwrap_or_else(|| "kamailio".to_owned()),
    });
}

fn udp_options(args: &Args, globals: &Globals) -> UdpOptions {
    let size = |name| usize::try_from(globals.int(name)).unwrap_or(0);
    let default = UdpOptions::default();
    // As in the real server, `maxbuffer` (or `-b`) bounds what is asked for; unset, kamjit's own default counts.
    let asked = args.max_receive_buffer.or_else(|| globals.is_set("maxbuffer").then(|| size("maxbuffer")));
    UdpOptions {
        tos: u8::try_from(globals.int("tos")).ok(),
        pmtu_discovery: globals.int("pmtu_discovery") != 0,
        recv_buffer: asked.unwrap_or(default.recv_buffer),
        send_buffer: size("maxsndbuffer"),
        multicast_interface: globals
            .text("mcast")
            .map_or(0, |name| kamjit_net::interfaces::interface_index(&name)),
        multicast_ttl: u8::try_from(globals.int("mcast_ttl")).ok(),
        multicast_loop: globals.int("mcast_loopback") != 0,
        free_bind: globals.int("ip_free_bind") != 0,
    }
}

fn tcp_options(program: &Program) -> TcpOptions {
    use std::time::Duration;
    let int = |name| program.globals.int(name).max(0) as usize;
    let seconds = |name| Duration::from_secs(int(name) as u64);
    let short = |name| u32::try_from(program.globals.int(name)).unwrap_or(0);
    let address = |name| program.globals.text(name)?.trim_matches(['[', ']']).parse().ok();
    TcpOptions {
        max_connections: int("tcp_max_connections"),
        lifetime: seconds("tcp_connection_lifetime"),
        connect_timeout: seconds("tcp_connect_timeout"),
        send_timeout: seconds("tcp_send_timeout"),
        max_conn_queue: int("tcp_conn_wq_max"),
        max_queue: int("tcp_wq_max"),
        max_message: int("tcp_rd_buf_size"),
        accept_no_length: int("tcp_accept_no_cl") != 0,
        crlf_ping: int("tcp_crlf_ping") != 0,
        no_connect: int("tcp_no_connect") != 0,
        keepalive: int("tcp_keepalive") != 0,
        keepalive_times: (short("tcp_keepidle"), short("tcp_keepintvl"), short("tcp_keepcnt")),
        source: [address("tcp_source_ipv4"), address("tcp_source_ipv6")],
        tos: u8::try_from(program.globals.int("tos")).ok(),
        backlog: i32::try_from(program.globals.int("tcp_listen_backlog")).unwrap_or(1024),
        reuse_port: int("tcp_reuse_port") != 0,
        defer_accept: short("tcp_defer_accept"),
        delayed_ack: int("tcp_delayed_ack") != 0,
        syn_count: short("tcp_syncnt"),
        linger2: short("tcp_linger2"),
    }
}

fn dns_options(program: &Program) -> DnsOptions {
    use std::time::Duration;
    let int = |name| program.globals.int(name);
    let flag = |name| int(name) != 0;
    let size = |name| usize::try_from(int(name)).ok();
    let seconds = |name| u64::try_from(int(name)).ok().map(Duration::from_secs);
    let pref = |name| i32::try_from(int(name)).unwrap_or(0);
    DnsOptions {
        family: Family::from_flags(flag("dns_try_ipv6"), int("dns_cache_flags")),
        try_naptr: flag("dns_try_naptr"),
        naptr_ignore_rfc: flag("dns_naptr_ignore_rfc"),
        srv_lb: flag("dns_srv_lb"),
        preferences: Preferences {
            udp: pref("dns_udp_pref"),
            tcp: pref("dns_tcp_pref"),
            tls: pref("dns_tls_pref"),
            ..Preferences::default()
        },
        timeout: seconds("dns_retr_time").filter(|t| !t.is_zero()),
        attempts: size("dns_retr_no"),
        slow: u64::try_from(int("dns_slow_query_ms")).ok().filter(|ms| *ms > 0).map(Duration::from_millis),
        servers: size("dns_servers_no").filter(|n| *n > 0),
        use_search_list: flag("dns_use_search_list"),
        use_cache: flag("use_dns_cache") && flag("dns_cache_init"),
        min_ttl: seconds("dns_cache_min_ttl").unwrap_or_default(),
        max_ttl: seconds("dns_cache_max_ttl").unwrap_or(Duration::MAX),
        negative_ttl: seconds("dns_cache_negative_ttl").unwrap_or_default(),
        cache_bytes: size("dns_cache_mem").unwrap_or(500) * 1024,
        ..DnsOptions::default()
    }
}

/// The parameter `workdir`.
fn work_dir(globals: &Globals) -> Option<String> {
    globals.text("workdir")
}

fn start_info(args: &Args, globals: &Globals, defines: Vec<(String, Option<String>)>) -> StartInfo {
    let path = |path: &Option<PathBuf>, default: &str| {
        path.as_ref().map_or(default.to_owned(), |p| p.to_string_lossy().into_owned())
    };
    StartInfo {
        args: std::env::args().collect(),
        config: args.config.to_string_lossy().into_owned(),
        defines,
        run_dir: path(&args.run_dir, &globals.text("rundir").unwrap_or_else(|| "/run/kamailio".to_owned())),
        work_dir: path(&args.work_dir, &work_dir(globals).unwrap_or_else(|| "/".to_owned())),
    }
}

/// `-t`, then `-w` (default `/` for a daemon); without them what the configuration says.
fn enter_directories(args: &Args, globals: &Globals, foreground: bool) -> Result<(), StartError> {
    let root = args.chroot.clone().or_else(|| globals.text("chroot").map(PathBuf::from));
    if let Some(root) = root.filter(|root| !root.as_os_str().is_empty()) {
        std::os::unix::fs::chroot(root).map_err(system("cannot change the root directory"))?;
    }
    let dir = match args.work_dir.clone().or_else(|| work_dir(globals).map(PathBuf::from)) {
        Some(dir) => dir,
        None if foreground => return Ok(()),
        None => PathBuf::from("/"),
    };
    std::env::set_current_dir(dir).map_err(system("cannot change the working directory"))
}
