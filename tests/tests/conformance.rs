//! Generated cases, the same ones in every run: more with `tests/conformance --seed N`.
#![allow(missing_docs)]

use kamjit_tests::conformance::{Options, Subject, report, run};

/// Runs so many cases of a subject; any difference that no rule explains fails the test.
fn hold(subject: Subject, cases: usize) {
    let outcome = run(subject, &Options { seed: 1, from: 0, cases, minimise: true, at_most: 3 });
    println!("{}", report::summary(subject, 1, &outcome));
    assert_eq!(outcome.cases, cases);
    let texts: Vec<String> = outcome.differences.iter().map(report::difference).collect();
    assert!(texts.is_empty(), "{}", texts.join("\n"));
}

/// One test a subject.
macro_rules! conformance {
    ($($name:ident: $subject:ident, $cases:expr;)*) => {
        $(
            #[test]
            fn $name() {
                hold(Subject::$subject, $cases);
            }
        )*
    };
}

conformance! {
    expressions: Expressions, 900;
    transformations: Transformations, 700;
    variables: Variables, 800;
    control_flow: ControlFlow, 400;
    edits: Edits, 400;
    preprocessor: Preprocessor, 150;
    broken: Broken, 350;
}
