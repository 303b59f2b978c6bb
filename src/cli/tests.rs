use clap::CommandFactory;

use super::*;

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_manual_is_as_reviewed() {
    let mut command = Cli::command().term_width(100);
    let mut manual = command.render_long_help().to_string();
    for subcommand in command.get_subcommands_mut() {
        let help = subcommand.clone().term_width(100).render_long_help();
        manual = format!("{manual}\n===== {} =====\n{help}", subcommand.get_name());
    }
    insta::assert_snapshot!(manual);
}

#[test]
fn the_manual_lists_every_exit_code_of_the_table() {
    for code in ErrorCode::ALL {
        let line = format!("\n  {:>2}  ", code.exit_code());
        assert!(MANUAL.contains(&line), "{code} ends with {}", code.exit_code());
    }
    for own in [NO, CONDITION_MET] {
        assert!(MANUAL.contains(&format!("\n  {own:>2}  ")));
    }
}

#[test]
fn every_document_names_its_operation() {
    for text in [
        include_str!("queries/cfia.graphql"),
        include_str!("queries/ci_list.graphql"),
        include_str!("queries/ci_show.graphql"),
        include_str!("queries/cut_sets.graphql"),
        include_str!("queries/dependencies.graphql"),
        include_str!("queries/impact.graphql"),
        include_str!("queries/lints.graphql"),
        include_str!("queries/paths.graphql"),
        include_str!("queries/probable_causes.graphql"),
        include_str!("queries/single_points_of_failure.graphql"),
    ] {
        assert!(text.starts_with("query "), "{text}");
    }
}
