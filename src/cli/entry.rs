//! From what was typed to the exit code.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use tipstat::{Error, Result, Verdict};

use super::args::{Args, Command};
use super::printer::{self, Printer};
use super::{audit, combine, cube, demo, generate, ingest, key, run, show, start, stop, tabulate, verify};

/// More threads than this are no wish but a mistake.
const MOST_THREADS: usize = 1024;

/// Reads the command line, does it, and says how it went.
pub fn main() -> ExitCode {
    quiet_panics();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return ExitCode::from(usage(&error)),
    };
    let printer = Printer::new(&args.common);
    stop::install(&args.common);
    let again = again(&args.command);
    let next = |error| with_next(error, again);
    match carry_out(args, &printer).map_err(next).and_then(|code| printer.finish().map(|()| code)) {
        Ok(code) => code,
        Err(error) => {
            stop::claim_end();
            printer.error(&error);
            ExitCode::from(match error.verdict() {
                Verdict::Refused => 1,
                Verdict::Interrupted => 130,
                _ => 2,
            })
        }
    }
}

/// Returns the command that comes after a correction, for the commands of a user's first hour.
fn again(command: &Command) -> Option<&'static str> {
    match command {
        Command::Start(_) => Some("`tipstat start FILE` again once it is corrected"),
        Command::Validate(_) => {
            Some("`tipstat validate FILE` again once it is corrected; `tipstat start FILE` drafts a profile")
        }
        Command::Run(_) => Some("`tipstat run` again once it is corrected; `tipstat start FILE` drafts a run file"),
        _ => None,
    }
}

/// Adds the next command to an error that names none. What a rule refuses leads to the text of the rule.
fn with_next(error: Error, again: Option<&'static str>) -> Error {
    let names_command = error.hints().any(|hint| hint.contains("`tipstat "));
    match again.filter(|_| !names_command && error.rule().is_none() && error.verdict() != Verdict::Interrupted) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Prints what clap has to say, and returns the exit code. Help and version are answers; everything else is a usage error.
fn usage(error: &clap::Error) -> u8 {
    let text = error.render().to_string();
    if error.use_stderr() && tipstat::internals::error::visible_lines(&text) != text {
        // A name on the command line may come from somebody else as well.
        printer::line(text.trim_end());
        return 2;
    }
    match error.print() {
        _ if error.use_stderr() => 2,
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
            Printer::plain().error(&printer::unprintable(&cause));
            2
        }
        _ => 0,
    }
}

fn carry_out(args: Args, printer: &Printer) -> Result<ExitCode> {
    let common = &args.common;
    if common.threads > MOST_THREADS {
        return Err(Error::failed(format!("{} threads are more than {MOST_THREADS}", common.threads))
            .hint("0 stands for as many as the machine has"));
    }
    if let Err(cause) = rayon::ThreadPoolBuilder::new().num_threads(common.threads).build_global() {
        return Err(Error::failed("cannot start the threads").because(cause));
    }
    match args.command {
        Command::Start(command) => start::start(&command, common, printer),
        Command::Demo(command) => demo::demo(&command, common, printer),
        Command::Run(command) => run::run(command, common, printer),
        Command::Tabulate(command) => tabulate::tabulate(command, common, printer),
        Command::Combine(command) => combine::combine(command, common, printer),
        Command::Verify(command) => verify::verify(&command, printer),
        Command::Audit(command) => audit::audit(&command, printer),
        Command::Validate(command) => ingest::validate(command, common, printer),
        Command::Ingest(command) => ingest::ingest(command, common, printer),
        Command::Cube(command) => cube::cube(command, common, printer),
        Command::Generate(command) => generate::generate(command, common, printer),
        Command::Key(command) => key::key(&command, printer),
        Command::Schema(command) => show::schema(command, common, printer),
        Command::Profile(command) => show::profile(command, common, printer),
        Command::Policy(command) => show::policy(command, common, printer),
        Command::Indicator(command) => show::indicator(command, common, printer),
        Command::Explain { rule } => show::explain(rule.as_deref(), common, printer),
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "tipstat", &mut out);
            printer.document(&String::from_utf8_lossy(&out));
            Ok(ExitCode::SUCCESS)
        }
        Command::Man => {
            let mut out = Vec::new();
            clap_mangen::Man::new(Args::command())
                .render(&mut out)
                .map_err(|cause| Error::failed("cannot make the manual page").because(cause))?;
            printer.document(&String::from_utf8_lossy(&out));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A panic message can hold a value, so only the place in the program is shown.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        if tipstat::internals::guard::is_guarded() {
            return;
        }
        let place = info.location().map(|at| {
            let file = at.file().rsplit(['/', '\\']).next().unwrap_or_default();
            format!("{file}:{}", at.line())
        });
        printer::line(&format!(
            "error: tipstat stopped because of a defect at {}\nhint: please report it; nothing was published",
            place.unwrap_or_default()
        ));
    }));
}
