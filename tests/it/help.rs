//! The help, whole; and the commands that are not available yet.

use crate::harness::Project;

#[test]
fn help_of_everything() {
    let project = Project::empty();
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["compile", "--help"],
        &["init", "--help"],
        &["ui", "--help"],
        &["help", "ui"],
        &["--version"],
    ] {
        insta::assert_snapshot!(
            format!("kfk_{}", arguments.join("_")),
            project.run(arguments)
        );
    }
}

#[test]
fn commands_that_are_not_available_yet_say_so() {
    let project = Project::empty();
    for command in [
        "list-pipelines",
        "upload-pipeline",
        "schedule",
        "run-once",
        "mlflow-start",
    ] {
        let said = project.run(&[command, "--cron-expression", "0 0 4 * * *", "x"]);
        assert!(
            said.contains(&format!(
                "error: `kfk {command}` is not available in this version of kfk"
            )),
            "{said}"
        );
        assert!(said.ends_with("[exit 1]"), "{said}");
    }
    assert!(!project.run(&["--help"]).contains("mlflow-start"));
}

#[test]
fn wrong_usage_is_exit_2_with_the_nearest_known_name() {
    let project = Project::empty();
    insta::assert_snapshot!(project.run(&["compil"]), @"
    ------- stderr -------
    error: unrecognized subcommand 'compil'

      tip: a similar subcommand exists: 'compile'

    Usage: kfk [OPTIONS] <COMMAND>

    For more information, try '--help'.
    [exit 2]
    ");
    insta::assert_snapshot!(project.run(&["compile", "--imag", "x"]), @"
    ------- stderr -------
    error: unexpected argument '--imag' found

      tip: a similar argument exists: '--image'

    Usage: kfk compile --image <IMAGE>

    For more information, try '--help'.
    [exit 2]
    ");
    insta::assert_snapshot!("kfk", project.run(&[]));
    insta::assert_snapshot!(project.run(&["-q", "-v", "compile"]), @"
    ------- stderr -------
    error: the argument '--quiet' cannot be used with '--verbose...'

    Usage: kfk --quiet <COMMAND>

    For more information, try '--help'.
    [exit 2]
    ");
}
