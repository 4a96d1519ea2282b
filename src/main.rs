//! The `taxonova` program. Everything is in the library.

fn main() -> std::process::ExitCode {
    taxonova::cli::main()
}
