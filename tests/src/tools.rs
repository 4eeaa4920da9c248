//! Debian's control tools, run against a server under test.

use crate::agent::patience;
use crate::server::wait_child;
use crate::world::World;
use std::io::Read;
use std::process::{Command, Stdio};

/// What a command printed and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Standard output, then standard error.
    pub text: String,
    /// Exit status, -1 after a signal.
    pub status: i32,
}

/// Runs a command to its end; one that does not end fails the test.
#[track_caller]
pub fn run(command: &mut Command) -> Output {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|e| panic!("{program}: {e}; tests/run installs the peers of the tests"));
    let mut pipes: Vec<Box<dyn Read + Send>> = Vec::new();
    pipes.extend(child.stdout.take().map(|p| Box::new(p) as Box<dyn Read + Send>));
    pipes.extend(child.stderr.take().map(|p| Box::new(p) as Box<dyn Read + Send>));
    let readers: Vec<_> = pipes
        .into_iter()
        .map(|mut pipe| {
            std::thread::spawn(move || {
                let mut raw = Vec::new();
                let _ = pipe.read_to_end(&mut raw);
                crate::message::latin1(&raw)
            })
        })
        .collect();
    let Some(status) = wait_child(&mut child, patience() * 2) else {
        let _ = child.kill();
        let _ = child.wait();
        panic!("{program} does not end");
    };
    let text = readers.into_iter().map(|r| r.join().unwrap_or_default()).collect();
    Output { text, status: status.code().unwrap_or(-1) }
}

/// Runs Debian's kamcmd against the server's ctl socket.
#[track_caller]
pub fn kamcmd(world: &World, args: &[&str]) -> Output {
    let socket = format!("unix:{}/kamailio_ctl", world.server.run.path().display());
    run(Command::new("/usr/sbin/kamcmd").args(["-s", &socket]).args(args))
}

/// Runs Debian's kamctl over the JSON-RPC fifo of the server.
#[track_caller]
pub fn kamctl(world: &World, args: &[&str]) -> Output {
    let home = world.server.run.path();
    let rc = format!("RPCFIFOPATH=\"{}/kamailio_rpc.fifo\"\nCTLENGINE=\"RPCFIFO\"\n", home.display());
    std::fs::write(home.join(".kamctlrc"), rc).expect("settings of kamctl");
    run(Command::new("/usr/sbin/kamctl").env("HOME", home).args(args))
}

/// Runs Debian's kamcli over the JSON-RPC datagram socket of the server.
#[track_caller]
pub fn kamcli(world: &World, args: &[&str]) -> Output {
    let home = world.server.run.path().display().to_string();
    let ini = format!(
        "[main]\ndomain=127.0.0.1\n[ctl]\ntype=jsonrpc\nkamgroup=root\n[jsonrpc]\ntransport=socket\n\
         path={home}/kamailio_rpc.fifo\nrplnamebase=kamailio_rpc.fifo.reply\nrpldir={home}\n\
         srvaddr={home}/kamailio_rpc.sock\nrcvaddr={home}/kamcli.sock\noutformat=json\n"
    );
    let path = format!("{home}/kamcli.ini");
    std::fs::write(&path, ini).expect("settings of kamcli");
    let mut command = Command::new("/usr/bin/kamcli");
    run(command.env("LC_ALL", "C.UTF-8").args(["--no-default-configs", "-c", &path]).args(args))
}

/// Sends one JSON-RPC text to the datagram socket and returns the raw answer.
#[track_caller]
pub fn json_datagram(world: &World, text: &str) -> String {
    use std::os::unix::net::UnixDatagram;
    let dir = world.server.run.path();
    let own = dir.join("asker.sock");
    let _ = std::fs::remove_file(&own);
    let socket = UnixDatagram::bind(&own).expect("datagram socket");
    socket.set_read_timeout(Some(patience())).expect("timeout");
    socket.send_to(text.as_bytes(), dir.join("kamailio_rpc.sock")).expect("the server's datagram socket");
    let mut buffer = vec![0; 65_536];
    let len = socket.recv(&mut buffer).expect("an answer on the datagram socket");
    crate::message::latin1(buffer.get(..len).unwrap_or_default())
}
