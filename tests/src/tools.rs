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
