//! Progress on stderr: a bar on a terminal, else a line a file and one every ten seconds.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressStyle};
use tipstat::{Control, Event};

use super::columns::number;
use super::common::CommonArgs;
use super::printer;

/// The interval of lines, where no terminal shows a bar.
const INTERVAL: Duration = Duration::from_secs(10);

/// A control that shows progress as the flags say.
pub fn control(common: &CommonArgs) -> Control {
    let control = if common.quiet || common.no_progress || common.format == super::common::Format::Json {
        Control::default()
    } else if std::io::stderr().is_terminal() {
        let bar = Mutex::new(TerminalBar::default());
        Control::listening(move |event| bar.lock().unwrap_or_else(PoisonError::into_inner).hear(event))
    } else {
        let lines = Mutex::new(LogLines::new(INTERVAL));
        Control::listening(move |event| {
            let line = lines.lock().unwrap_or_else(PoisonError::into_inner).hear(event, Instant::now());
            if let Some(line) = line {
                printer::line(&format!("tipstat: {line}"));
            }
        })
    };
    super::stop::watch(control.stop_flag());
    control
}

/// A bar on a terminal.
#[derive(Default)]
struct TerminalBar {
    bar: Option<ProgressBar>,
    name: String,
}

impl TerminalBar {
    fn hear(&mut self, event: Event) {
        match event {
            Event::Input(name, size) => {
                let next = size.map_or_else(ProgressBar::no_length, ProgressBar::new);
                let style =
                    ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta} left");
                next.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                next.set_message(name.clone());
                self.name = name;
                self.replace(Some(next));
            }
            Event::Bytes(bytes) => {
                if let Some(bar) = &self.bar {
                    bar.inc(bytes);
                }
            }
            Event::Records { read, rejected } => {
                if let Some(bar) = &self.bar {
                    bar.set_message(format!("{}: {}", self.name, records(read, rejected)));
                }
            }
            Event::Stage(stage) => {
                let next = (stage != "prepare" && stage != "ingest").then(|| {
                    let next = ProgressBar::new_spinner();
                    next.set_message(stage);
                    next.enable_steady_tick(Duration::from_millis(120));
                    next
                });
                self.replace(next);
            }
            _ => {}
        }
    }

    fn replace(&mut self, next: Option<ProgressBar>) {
        if let Some(previous) = std::mem::replace(&mut self.bar, next) {
            previous.finish_and_clear();
        }
    }
}

fn records(read: u64, rejected: u64) -> String {
    match rejected {
        0 => format!("{} records", number(read)),
        _ => format!("{} records, {} rejected", number(read), number(rejected)),
    }
}

/// Lines in a log.
struct LogLines {
    interval: Duration,
    name: String,
    size: Option<u64>,
    bytes: u64,
    began: Instant,
    printed: Instant,
}

impl LogLines {
    fn new(interval: Duration) -> Self {
        let now = Instant::now();
        Self { interval, name: String::new(), size: None, bytes: 0, began: now, printed: now }
    }

    /// Returns the line to print now, if one is due.
    fn hear(&mut self, event: Event, now: Instant) -> Option<String> {
        match event {
            Event::Stage(stage) => Some(stage.to_owned()),
            Event::Input(name, size) => {
                let line = format!("read {name}");
                (self.name, self.size, self.bytes, self.began, self.printed) = (name, size, 0, now, now);
                Some(line)
            }
            Event::Bytes(bytes) => {
                self.bytes += bytes;
                None
            }
            Event::Records { read, rejected } => {
                if now - self.printed < self.interval {
                    return None;
                }
                self.printed = now;
                let spent = now - self.began;
                let rate = read as f64 / spent.as_secs_f64();
                let mut line = format!("{}: {}", self.name, HumanBytes(self.bytes));
                if let Some(size) = self.size.filter(|size| *size >= self.bytes && self.bytes > 0) {
                    let left = spent.mul_f64((size - self.bytes) as f64 / self.bytes as f64);
                    line.push_str(&format!(" of {}, {} left", HumanBytes(size), HumanDuration(left)));
                }
                line.push_str(&format!(", {}, {} a second", records(read, rejected), number(rate as u64)));
                Some(line)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_every_ten_seconds() {
        let mut lines = LogLines::new(INTERVAL);
        let at = |seconds: u64| lines_began() + Duration::from_secs(seconds);
        assert_eq!(lines.hear(Event::Input("a.csv".into(), Some(400 << 20)), at(0)), Some("read a.csv".into()));
        assert_eq!(lines.hear(Event::Bytes(100 << 20), at(5)), None);
        assert_eq!(lines.hear(Event::Records { read: 1_000_000, rejected: 0 }, at(5)), None);
        // A quarter in ten seconds leaves thirty.
        let line = lines.hear(Event::Records { read: 2_000_000, rejected: 12 }, at(10)).unwrap();
        assert_eq!(
            line,
            "a.csv: 100.00 MiB of 400.00 MiB, 30 seconds left, 2 000 000 records, 12 rejected, 200 000 a second"
        );
        assert_eq!(lines.hear(Event::Records { read: 2_100_000, rejected: 12 }, at(19)), None);
        assert!(lines.hear(Event::Records { read: 2_100_000, rejected: 12 }, at(20)).is_some());
    }

    fn lines_began() -> Instant {
        static BEGAN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        *BEGAN.get_or_init(Instant::now)
    }
}
