//! The `tipstat` program: the command line over the public library.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
