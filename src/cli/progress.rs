//! Progress on stderr: a bar on a terminal, else one line a stage.

use std::io::IsTerminal;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};
use tipstat::pipeline::{Control, Event};

use super::args::Common;

/// A control that shows progress as the flags say.
pub fn control(common: &Common) -> Control {
    let control = if common.quiet || common.no_progress || common.format == super::args::Format::Json {
        Control::default()
    } else if std::io::stderr().is_terminal() {
        let bar = Mutex::new(None::<ProgressBar>);
        Control::listening(move |event| {
            let mut bar = bar.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match event {
                Event::Input(name, size) => {
                    if let Some(former) = bar.take() {
                        former.finish_and_clear();
                    }
                    let next = size.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
                    let style =
                        ProgressStyle::with_template("{msg:30!} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
                    next.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                    next.set_message(name);
                    *bar = Some(next);
                }
                Event::Bytes(bytes) => {
                    if let Some(bar) = bar.as_ref() {
                        bar.inc(bytes);
                    }
                }
                Event::Stage(stage) => {
                    if let Some(former) = bar.take() {
                        former.finish_and_clear();
                    }
                    if stage != "prepare" && stage != "ingest" {
                        let next = ProgressBar::new_spinner();
                        next.set_message(stage);
                        next.enable_steady_tick(std::time::Duration::from_millis(120));
                        *bar = Some(next);
                    }
                }
            }
        })
    } else {
        Control::listening(|event| match event {
            Event::Stage(stage) => eprintln!("tipstat: {stage}"),
            Event::Input(name, _) => eprintln!("tipstat: read {name}"),
            Event::Bytes(_) => {}
        })
    };
    super::stop_on_interrupt(control.stop_flag());
    control
}
