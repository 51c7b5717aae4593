//! moto, as a process.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use crate::client::{Client, skip};

/// A moto of its own.
pub struct Moto {
    child: Child,
    pub port: u16,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Moto {
    /// `None` if this machine has none. Then the story is reported by name as skipped, or, where
    /// nothing may be skipped, fails.
    pub fn start(story: &str) -> Option<Self> {
        let spawned = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut child) = spawned else {
            skip(story, "moto_server (PyPI `moto[server]`)");
            return None;
        };
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.rsplit_once("http://127.0.0.1:")?.1.trim().parse().ok());
        // It logs every call; a full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        let port = port.unwrap_or_else(|| {
            let _ = child.kill();
            panic!("moto_server ended before it listened: {:?}", child.wait());
        });
        Some(Self { child, port })
    }

    /// Forgets every parameter.
    pub fn reset(&self) {
        let mut client = Client::to(self.port);
        let request = b"POST /moto-api/reset HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
        client.stream.write_all(request).unwrap();
        assert_eq!(client.receive().status, 200);
    }
}
