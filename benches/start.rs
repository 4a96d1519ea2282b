//! Milliseconds from the start of the process to the frame that holds the first object's cascade, in a pseudo-terminal of
//! 160 x 50. cargo bench --bench start [-- FILE]

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::time::Instant;

fn main() {
    let file = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let mut all = Vec::new();
    for _ in 0..11 {
        let size = PtySize { rows: 50, cols: 160, pixel_width: 0, pixel_height: 0 };
        let Ok(pair) = native_pty_system().openpty(size) else { return eprintln!("skipped: no pseudo-terminal") };
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_taxonova"));
        command.args(&file);
        command.env("TERM", "xterm-256color");
        command.env("TAXONOVA_THEME", "dark");
        let (Ok(mut reader), Ok(mut keys)) = (pair.master.try_clone_reader(), pair.master.take_writer()) else { return };
        let begin = Instant::now();
        let Ok(mut child) = pair.slave.spawn_command(command) else { return eprintln!("the program does not start") };
        drop(pair.slave);
        let mut screen = vt100::Parser::new(50, 160, 0);
        let mut bytes = [0u8; 65536];
        // The decision stands under the tree as soon as the first object is classified.
        while !screen.screen().contents().contains("decision  ") {
            match reader.read(&mut bytes) {
                Ok(n @ 1..) => screen.process(&bytes[..n]),
                _ => return eprintln!("the program ended before its first cascade:\n{}", screen.screen().contents()),
            }
        }
        all.push(begin.elapsed().as_secs_f64() * 1e3);
        let _ = keys.write_all(b"q");
        std::thread::spawn(move || while matches!(reader.read(&mut bytes), Ok(1..)) {});
        let _ = child.wait();
    }
    all.sort_by(f64::total_cmp);
    println!("to the first cascade: median {:.0} ms, slowest {:.0} ms of {}", all[all.len() / 2], all[all.len() - 1], all.len());
}
