//! baresip (Debian's baresip-core) as a real phone: a tone from a file instead of a microphone, no sound device.

use crate::agent::{Transport, patience};
use crate::ports::Port;
use crate::server::{Server, stop_with_parent};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const RATE: u32 = 8000;

/// A running baresip with one account.
#[derive(Debug)]
pub struct Softphone {
    name: String,
    control: Port,
    child: Child,
    output: Arc<(Mutex<String>, Condvar)>,
    _ports: [Port; 3],
    _dir: TempDir,
}

impl Softphone {
    /// Starts a phone that registers `name` at the server and answers calls by itself. It hangs up when it has spoken
    /// for `seconds`.
    #[track_caller]
    pub fn start(name: &str, server: &Server, transport: Transport, seconds: u32) -> Self {
        let dir = tempfile::Builder::new().prefix("kjt").tempdir().expect("directory of the phone");
        let ([sip, tls], media, control) = (Port::reserve_two(), Port::reserve(), Port::reserve());
        let transport = if transport == Transport::Tcp { "tcp" } else { "udp" };
        let path = dir.path().display();
        write_tone(&dir.path().join("tone.wav"), seconds);
        let config = format!(
            "poll_method epoll\nsip_listen 127.0.0.1:{sip}\nnet_interface 127.0.0.1\n\
             audio_player aufile,{path}/heard.wav\naudio_source aufile,{path}/tone.wav\n\
             audio_alert aufile,{path}/ring.wav\naudio_buffer 20-160\nrtp_stats yes\nrtp_ports {media}-{last}\n\
             module_path /usr/lib/baresip/modules\nmodule g711.so\nmodule aufile.so\nmodule ctrl_tcp.so\n\
             module_tmp account.so\nmodule_app menu.so\nctrl_tcp_listen 127.0.0.1:{control}\n",
            sip = sip.number,
            media = media.number,
            last = media.number + 4,
            control = control.number,
        );
        let account = format!(
            "<sip:{name}@{};transport={transport}>;regint=600;answermode=auto;auth_pass=x\n",
            server.address()
        );
        for (file, text) in [("config", config.as_str()), ("accounts", &account), ("contacts", "")] {
            std::fs::write(dir.path().join(file), text).expect("file of the phone");
        }
        let mut command = Command::new("/usr/bin/baresip");
        command.args(["-4", "-f"]).arg(dir.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        stop_with_parent(&mut command);
        let mut child = command.spawn().expect("baresip; tests/run installs the peers of the tests");
        let output: Arc<(Mutex<String>, Condvar)> = Arc::default();
        let (shared, mut stdout) = (output.clone(), child.stdout.take().expect("piped stdout"));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(len @ 1..) = stdout.read(&mut buffer) {
                let text = crate::message::latin1(buffer.get(..len).unwrap_or_default());
                shared.0.lock().unwrap_or_else(|p| p.into_inner()).push_str(&text);
                shared.1.notify_all();
            }
        });
        Self { name: name.into(), control, child, output, _ports: [sip, tls, media], _dir: dir }
    }

    /// Everything the phone has printed.
    pub fn output(&self) -> String {
        self.output.0.lock().unwrap_or_else(|p| p.into_inner()).clone()
    }

    /// Waits until the phone's output satisfies a condition.
    #[track_caller]
    pub fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + patience() * 2;
        let mut output = self.output.0.lock().unwrap_or_else(|p| p.into_inner());
        while !wanted(&output) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{}: {what} did not happen; baresip said\n{}", self.name, *output);
            output = match self.output.1.wait_timeout(output, left) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    /// Sends a command such as `dial` to the phone.
    #[track_caller]
    pub fn command(&self, command: &str, params: &str) {
        let text = format!("{{\"command\":\"{command}\",\"params\":\"{params}\",\"token\":\"t\"}}");
        let deadline = Instant::now() + patience();
        loop {
            if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.control.number)) {
                stream.set_read_timeout(Some(patience())).expect("timeout");
                stream.write_all(format!("{}:{text},", text.len()).as_bytes()).expect("command");
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer).expect("baresip's answer");
                return;
            }
            assert!(Instant::now() < deadline, "{}: no control connection", self.name);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sent and received media packets of the calls that have ended.
    pub fn packets(&self) -> Vec<(u32, u32)> {
        let number = |text: Option<&str>| text.and_then(|t| t.parse().ok()).unwrap_or(0);
        self.output()
            .lines()
            .filter_map(|l| l.strip_prefix("packets:"))
            .map(|l| {
                let mut fields = l.split_whitespace();
                (number(fields.next()), number(fields.next()))
            })
            .collect()
    }
}

impl Drop for Softphone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A mono 16-bit WAV file with a tone.
fn write_tone(path: &Path, seconds: u32) {
    let samples = RATE * seconds;
    let mut out = Vec::new();
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(36 + samples * 2).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    out.extend_from_slice(&RATE.to_le_bytes());
    out.extend_from_slice(&(RATE * 2).to_le_bytes());
    out.extend_from_slice(b"\x02\0\x10\0data");
    out.extend_from_slice(&(samples * 2).to_le_bytes());
    for n in 0..samples {
        let value = (f64::from(n) * 0.3).sin() * 8000.0;
        out.extend_from_slice(&(value as i16).to_le_bytes());
    }
    std::fs::write(path, out).expect("sound file");
}
