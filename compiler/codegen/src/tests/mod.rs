//! Machine code against a small fake runtime.

mod host;

use kamjit_analysis::ir::*;
use kamjit_catalog::{Generation, Handle, Routes};

use crate::abi::{RawVal, status};
use host::{Outcome, number, run_with, text};

fn stmt(kind: StmtKind) -> Stmt {
    Stmt { id: 0, kind }
}

fn program(generation: Generation, routes: Vec<Vec<StmtKind>>) -> Program {
    let routes = routes
        .into_iter()
        .enumerate()
        .map(|(k, body)| Route {
            kind: Routes::REQUEST,
            name: format!("R{k}").into(),
            span: Default::default(),
            body: body.into_iter().map(stmt).collect(),
        })
        .collect();
    Program { generation, routes, stmts: Vec::new() }
}

fn run(routes: Vec<Vec<StmtKind>>) -> Outcome {
    run_with(program(Generation::V5_6, routes), &[(1, number(5)), (2, text("abc")), (3, text("12"))], false)
}

fn pv(handle: usize) -> Expr {
    Expr::Pv(Pv { handle: Handle(handle), text: "$x".into() })
}

fn int(value: i64) -> Box<Expr> {
    Box::new(Expr::Int(value))
}

fn string(bytes: &str) -> Expr {
    Expr::Str(bytes.as_bytes().into())
}

fn set(slot: u32, value: Expr) -> StmtKind {
    StmtKind::Assign(Target::Var(slot), value)
}

fn call(code: i32, args: Vec<Expr>) -> Expr {
    let site = Handle((code + 1000) as usize | args.len() << 16);
    Expr::Call(Box::new(Call { site, name: "f".into(), args, core: false }))
}

fn route(index: u32) -> Expr {
    Expr::RouteCall(Box::new(RouteTarget::Static(index)))
}

fn value_of(e: Expr) -> String {
    run(vec![vec![set(0, e)]]).var(0)
}

#[test]
fn integers_wrap_at_the_generations_width() {
    let sum = |generation| {
        let add = Expr::Arith(Arith::Add, int(i32::MAX.into()), int(1));
        run_with(program(generation, vec![vec![set(0, add)]]), &[], false).var(0)
    };
    assert_eq!(sum(Generation::V5_6), "-2147483648");
    assert_eq!(sum(Generation::V6), "2147483648");
}

#[test]
fn division_by_zero_gives_the_statement_up() {
    let div = |by| Expr::Arith(Arith::Div, int(-7), Box::new(Expr::Var(by)));
    let out = run(vec![vec![
        set(0, Expr::Int(3)),
        set(0, div(5)),
        set(1, Expr::Int(2)),
        set(1, div(1)),
        StmtKind::If(Expr::Not(Box::new(div(5))), vec![], vec![stmt(set(2, Expr::Int(9)))]),
    ]]);
    assert_eq!((out.var(0), out.var(1), out.var(2)), ("3".into(), "-3".into(), "9".into()));
    assert_eq!(out.log(), "failed; failed");
}

#[test]
fn plus_is_ruled_by_its_first_operand() {
    let plus = |first, rest| value_of(Expr::Plus(Box::new(first), rest));
    assert_eq!(plus(pv(1), vec![Expr::Int(1), string("2"), pv(2)]), "8");
    assert_eq!(plus(pv(2), vec![Expr::Int(1), Expr::Int(2)]), "\"abc12\"");
    assert_eq!(plus(pv(9), vec![Expr::Int(1), pv(3)]), "\"112\"");
    let nested = || Expr::Plus(Box::new(pv(3)), vec![Expr::Int(1)]);
    assert_eq!(plus(pv(1), vec![nested()]), "18", "where an integer is asked for, all is added");
    assert_eq!(plus(pv(2), vec![nested()]), "\"abc121\"");
    assert_eq!(value_of(Expr::Arith(Arith::Sub, Box::new(nested()), int(2))), "11");
}

#[test]
fn an_operand_that_changes_a_variable_runs_after_the_read() {
    let change = Expr::Assign(Box::new(Target::Var(1)), int(100));
    let out = run(vec![vec![set(1, Expr::Int(5)), set(0, Expr::Plus(Box::new(Expr::Var(1)), vec![change]))]]);
    assert_eq!((out.var(0), out.var(1)), ("6".into(), "100".into()));
}

#[test]
fn undefined_makes_a_var_zero() {
    assert_eq!(value_of(pv(9)), "0");
    assert_eq!(value_of(Expr::Null), "0");
}

#[test]
fn comparison_of_dynamic_values() {
    let eq = |a: Expr, b: Expr| value_of(Expr::DynEq(Box::new(a), Box::new(b), false));
    assert_eq!(eq(pv(2), string("abc")), "1");
    assert_eq!(eq(pv(2), string("abd")), "0");
    assert_eq!(eq(pv(1), string("5")), "1");
    assert_eq!(eq(pv(3), Expr::Int(12)), "1");
    assert_eq!(eq(pv(9), Expr::Int(0)), "1");
    assert_eq!(eq(pv(9), pv(8)), "1");
    assert_eq!(eq(pv(1), pv(1)), "1");
    assert_eq!(eq(pv(2), pv(2)), "1");
    assert_eq!(eq(pv(3), pv(1)), "0");
    assert_eq!(eq(pv(1), pv(2)), "0");
}

#[test]
fn long_and_short_constants_compare() {
    let long = "0123456789012345678901234567890123456789";
    let cases =
        [("", ""), ("a", "a"), ("abcdefghijklmno", "abcdefghijklmno"), (long, long), ("abcd", "abce")];
    for (a, b) in cases {
        let joined = Expr::Concat(vec![string(a), string("")]);
        let e = Expr::StrEq(Box::new(joined), Box::new(string(b)), false);
        assert_eq!(value_of(e), i32::from(a == b).to_string(), "{a} {b}");
    }
}

#[test]
fn truth_is_positive_in_if_and_not_zero_elsewhere() {
    let decide =
        |cond: Expr| run(vec![vec![StmtKind::If(cond, vec![stmt(set(0, Expr::Int(1)))], vec![])]]).var(0);
    let minus = || Box::new(Expr::Neg(Box::new(pv(1))));
    assert_eq!(decide(*minus()), "0");
    assert_eq!(decide(pv(1)), "1");
    assert_eq!(decide(Expr::And(minus(), Box::new(pv(1)))), "1");
    assert_eq!(decide(Expr::Not(minus())), "0");
    assert_eq!(decide(call(-1, vec![])), "0");
    assert_eq!(decide(Expr::Truth(Box::new(call(5, vec![])))), "1");
    assert_eq!(decide(Expr::Or(Box::new(Expr::Var(7)), Box::new(string_match("abc")))), "1");
}

/// Matches when the length of the text is 3 (the fake's regular expressions compare lengths).
fn string_match(bytes: &str) -> Expr {
    Expr::Match(Box::new(string(bytes)), Handle(3), b"re".as_slice().into())
}

#[test]
fn arguments_reach_the_function_and_its_code_the_script() {
    let out = run(vec![vec![set(0, call(-5, vec![pv(2), Expr::Int(7), Expr::Null])), set(1, Expr::Rc)]]);
    assert_eq!((out.var(0), out.var(1)), ("-5".into(), "-5".into()));
    assert_eq!(out.log(), "call -5 \"abc\" 7 null");
}

#[test]
fn functions_of_the_core_and_rc() {
    let core = || match call(-5, vec![]) {
        Expr::Call(call) => Expr::Call(Box::new(Call { core: true, ..*call })),
        other => other,
    };
    let out = run(vec![vec![
        StmtKind::Run(call(-3, vec![])),
        StmtKind::Run(core()),
        set(0, Expr::Rc),
        set(1, core()),
        set(2, Expr::Rc),
        StmtKind::Run(core()),
    ]]);
    assert_eq!((out.var(0), out.var(1), out.var(2)), ("-3".into(), "-5".into(), "0".into()));
    assert_eq!(out.rc(), -5, "the route returns it all the same");
}

#[test]
fn a_code_of_zero_leaves_the_script() {
    let out = run(vec![vec![StmtKind::Run(call(0, vec![])), set(0, Expr::Int(1))]]);
    assert_eq!((out.status, out.var(0)), (status::EXIT, "0".into()));
}

#[test]
fn routes_are_compiled_when_first_called_and_return_values() {
    let out = run(vec![
        vec![set(0, route(1)), set(1, route(1)), set(2, Expr::Rc)],
        vec![StmtKind::Return(Expr::Neg(int(9)))],
    ]);
    assert_eq!((out.var(0), out.var(1), out.var(2)), ("-9".into(), "-9".into(), "-9".into()));
    assert_eq!(out.log(), "compile 1");
}

#[test]
fn return_zero_exit_and_drop_leave_all_routes() {
    for (leave, expected) in [
        (StmtKind::Return(Expr::Int(0)), status::EXIT),
        (StmtKind::Return(Expr::Cmp(Cmp::Eq, Box::new(pv(1)), int(6))), status::EXIT),
        (StmtKind::Exit(None), status::EXIT),
        (StmtKind::Drop(Some(Expr::Int(3))), status::DROP),
    ] {
        let out = run(vec![vec![StmtKind::Run(route(1)), set(0, Expr::Int(1))], vec![leave]]);
        assert_eq!((out.status, out.var(0)), (expected, "0".into()));
    }
}

#[test]
fn recursion_ends_at_the_limit() {
    let out = run(vec![vec![
        set(0, Expr::Plus(Box::new(Expr::Var(0)), vec![Expr::Int(1)])),
        StmtKind::Run(route(0)),
    ]]);
    assert_eq!(out.var(0), "10");
    assert_eq!(out.rc(), -1);
    assert_eq!(out.log(), "too deep 0");
    let count = || set(0, Expr::Plus(Box::new(Expr::Var(0)), vec![Expr::Int(1)]));
    let nested = StmtKind::If(Expr::Var(0), vec![stmt(StmtKind::Run(route(0)))], vec![]);
    assert_eq!(run(vec![vec![count(), nested]]).var(0), "5");
}

#[test]
fn routes_by_name() {
    let by = |name: &str| Expr::RouteCall(Box::new(RouteTarget::Dynamic(string(name))));
    let out = run(vec![
        vec![set(0, by("R1")), set(1, by("NONE")), set(2, Expr::Int(1))],
        vec![StmtKind::Return(Expr::Int(4))],
    ]);
    assert_eq!((out.var(0), out.var(1), out.var(2)), ("4".into(), "-10".into(), "1".into()));
}

/// What a route returns when it ends without `return`, captured from 5.6.3.
#[test]
fn falling_off_the_end() {
    let rc = |body: Vec<StmtKind>| {
        let out = run(vec![vec![StmtKind::Run(route(1))], body]);
        assert_eq!(out.status, status::GO);
        out.rc()
    };
    let minus = || StmtKind::Run(call(-1, vec![]));
    let yes = || Expr::Cmp(Cmp::Eq, int(1), Box::new(Expr::Int(1)));
    assert_eq!(rc(vec![minus()]), -1);
    assert_eq!(rc(vec![minus(), set(0, Expr::Int(1))]), 1);
    assert_eq!(rc(vec![minus(), StmtKind::If(Expr::Int(0), vec![], vec![])]), 1);
    assert_eq!(rc(vec![StmtKind::If(yes(), vec![stmt(minus())], vec![])]), -1);
    assert_eq!(rc(vec![minus(), StmtKind::Break, set(0, Expr::Int(1))]), 0);
    assert_eq!(rc(vec![StmtKind::While(yes(), vec![stmt(minus()), stmt(StmtKind::Break)])]), 0);
    assert_eq!(rc(vec![StmtKind::While(yes(), vec![stmt(minus())])]), -1);
    let switch = |body: Vec<StmtKind>| {
        let cases = vec![Case { label: Label::Int(5), body: body.into_iter().map(stmt).collect() }];
        StmtKind::Switch(Box::new(Switch { on: pv(1), by_int: true, cases }))
    };
    assert_eq!(rc(vec![switch(vec![minus()])]), -1);
    assert_eq!(rc(vec![switch(vec![minus(), StmtKind::Break])]), 0);
    assert_eq!(rc(vec![minus(), switch(vec![])]), 1);
}

#[test]
fn loops_are_bounded() {
    let count = set(0, Expr::Plus(Box::new(Expr::Var(0)), vec![Expr::Int(1)]));
    let out = run(vec![vec![StmtKind::While(Expr::Int(-1), vec![stmt(count)])]]);
    assert_eq!((out.var(0), out.log()), ("100".into(), "too often".into()));
}

#[test]
fn switch_falls_through_and_defaults() {
    let run_switch = |on: Expr, by_int, cases: Vec<(Label, bool)>| {
        let cases = cases
            .into_iter()
            .enumerate()
            .map(|(k, (label, leave))| {
                let mut body = vec![stmt(StmtKind::Run(call(k as i32 + 1, vec![])))];
                if leave {
                    body.push(stmt(StmtKind::Break));
                }
                Case { label, body }
            })
            .collect();
        run(vec![vec![StmtKind::Switch(Box::new(Switch { on, by_int, cases }))]]).log()
    };
    let ints = || vec![(Label::Default, false), (Label::Int(5), true), (Label::Int(6), false)];
    assert_eq!(run_switch(pv(1), true, ints()), "call 2 ");
    assert_eq!(run_switch(pv(2), true, ints()), "call 1 ; call 2 ");
    let texts = || {
        let re = Label::Regex(Handle(2), b"re".as_slice().into());
        vec![(Label::Str(b"abc".as_slice().into()), false), (re, true), (Label::Default, true)]
    };
    assert_eq!(run_switch(pv(2), false, texts()), "call 1 ; call 2 ");
    assert_eq!(run_switch(pv(3), false, texts()), "call 2 ");
    assert_eq!(run_switch(pv(9), false, texts()), "call 3 ");
}

#[test]
fn probes_tell_every_statement() {
    let mut program = program(Generation::V6, vec![vec![set(0, Expr::Int(1)), set(1, Expr::Int(2))]]);
    program.routes[0].body[1].id = 1;
    assert_eq!(run_with(program, &[], true).log(), "probe 0; probe 1");
}

#[test]
fn other_variables_are_assigned_by_the_runtime() {
    let target = Target::Pv(Pv { handle: Handle(7), text: "$avp(x)".into() });
    let out = run(vec![vec![StmtKind::Assign(target, Expr::Concat(vec![pv(2), string("-"), pv(1)]))]]);
    let value: RawVal = out.fake.pvs[&7];
    // SAFETY: the string was leaked by the fake.
    assert_eq!(host::show(unsafe { crate::semantics::Value::from_raw(&value) }), "\"abc-5\"");
}

#[test]
fn message_fields() {
    assert_eq!(value_of(Expr::IsMyself(Field::Uri)), "1");
    assert_eq!(value_of(Expr::FieldInt(Field::SrcPort)), "9");
    let net = IpNet::new([127, 9, 9, 9].into(), 8).unwrap();
    assert_eq!(value_of(Expr::InNet(Field::SrcIp, Box::new(net))), "1");
    assert_eq!(
        value_of(Expr::StrEq(Box::new(Expr::FieldStr(Field::Method)), Box::new(string("OPTIONS")), true)),
        "0"
    );
}

/// What happens where a value cannot be computed, captured from 5.6.3.
#[test]
fn failures_in_every_statement() {
    let fail = || Expr::Arith(Arith::Div, int(5), Box::new(Expr::Var(7)));
    let mark = || stmt(set(0, Expr::Int(9)));
    let after = |kind| {
        let out = run(vec![vec![kind, set(1, Expr::Int(1))]]);
        assert_eq!((out.status, out.var(1)), (status::GO, "1".into()));
        out.var(0)
    };
    let yes = || Box::new(Expr::Cmp(Cmp::Eq, Box::new(pv(1)), int(5)));
    assert_eq!(after(StmtKind::If(fail(), vec![], vec![mark()])), "9");
    assert_eq!(after(StmtKind::If(Expr::Or(yes(), Box::new(fail())), vec![mark()], vec![])), "9");
    assert_eq!(after(StmtKind::If(Expr::Or(Box::new(fail()), yes()), vec![mark()], vec![])), "0");
    assert_eq!(after(StmtKind::While(fail(), vec![mark()])), "0");
    assert_eq!(after(StmtKind::Run(call(1, vec![fail()]))), "0");
    let cases = |default: bool| {
        let mut cases = vec![Case { label: Label::Int(0), body: vec![] }];
        if default {
            cases.push(Case { label: Label::Default, body: vec![mark()] });
        }
        StmtKind::Switch(Box::new(Switch { on: fail(), by_int: true, cases }))
    };
    assert_eq!((after(cases(false)), after(cases(true))), ("0".into(), "9".into()));
    let out = run(vec![vec![StmtKind::Run(route(1)), set(0, Expr::Rc)], vec![StmtKind::Return(fail())]]);
    assert_eq!(out.var(0), "-5");
    assert_eq!(
        run(vec![vec![StmtKind::Exit(Some(call(1, vec![fail()]))), mark().kind]]).status,
        status::EXIT
    );
    let bad = Expr::MatchDyn(Box::new(pv(2)), Box::new(string("(")));
    assert_eq!(after(StmtKind::If(Expr::Not(Box::new(bad)), vec![mark()], vec![])), "0");
}

#[test]
fn deep_nesting_compiles_from_a_small_stack() {
    let mut deep = Expr::Var(0);
    for _ in 0..2000 {
        deep = Expr::Arith(Arith::Sub, Box::new(deep), int(1));
    }
    let thread = std::thread::Builder::new().stack_size(256 * 1024);
    let value = thread.spawn(move || {
        let program = std::sync::Arc::new(program(Generation::V6, vec![vec![set(0, deep)]]));
        let program =
            crate::CompiledProgram::new(&host::BUILTINS, program, crate::Options::default()).unwrap();
        program.route(0).is_ok()
    });
    assert!(value.unwrap().join().unwrap());
}

#[test]
fn several_threads_compile_one_program() {
    let routes: Vec<Vec<StmtKind>> =
        (0..40).map(|k| vec![set(0, Expr::Int(k)), StmtKind::Return(Expr::Int(k))]).collect();
    let program = std::sync::Arc::new(program(Generation::V6, routes));
    let program = crate::CompiledProgram::new(&host::BUILTINS, program, crate::Options::default()).unwrap();
    std::thread::scope(|scope| {
        for start in 0..4 {
            let program = &program;
            scope.spawn(move || (0..40).for_each(|k| assert!(program.route((k * 7 + start) % 40).is_ok())));
        }
    });
    program.compile_all().unwrap();
    assert_eq!(format!("{program:?}"), "CompiledProgram(40 of 40 routes)");
    assert!(program.route(40).is_err());
}

/// `cargo test -p kamjit-codegen show_code -- --ignored --nocapture` prints the code of typical statements.
#[test]
#[ignore = "prints machine code for people"]
fn show_code() {
    let add = Expr::Plus(Box::new(Expr::Var(0)), vec![Expr::Int(7)]);
    let compare = Expr::DynEq(Box::new(pv(1)), Box::new(string("alice")), false);
    let body = vec![
        set(0, add),
        set(1, Expr::Arith(Arith::And, Box::new(Expr::Var(0)), int(255))),
        StmtKind::If(
            Expr::Cmp(Cmp::Gt, Box::new(Expr::Var(0)), int(9)),
            vec![stmt(set(2, Expr::Int(1)))],
            vec![],
        ),
        StmtKind::If(compare, vec![stmt(set(3, Expr::Concat(vec![string("a"), pv(1)])))], vec![]),
        StmtKind::Run(route(0)),
        StmtKind::Run(call(1, vec![])),
    ];
    let program = std::sync::Arc::new(program(Generation::V5_6, vec![body]));
    let program = crate::CompiledProgram::new(&host::BUILTINS, program, crate::Options::default()).unwrap();
    println!("{}", program.disassemble(0).unwrap());
}
