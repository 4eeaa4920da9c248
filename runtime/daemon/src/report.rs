//! Draws diagnostics for people: file, line, column, the line itself with a caret, cause and help.

use std::collections::HashSet;

use kamjit_syntax::{Diagnostic, Severity, SourceMap};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource};

/// How much was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// What keeps the server from starting.
    pub errors: usize,
    /// What it starts with, but surely is not meant.
    pub warnings: usize,
}

/// Writes the diagnostics to stderr, each once.
pub fn print(diagnostics: &[Diagnostic], map: &SourceMap) -> Tally {
    let mut seen = HashSet::new();
    let mut tally = Tally::default();
    for diagnostic in diagnostics {
        let text = draw(diagnostic, map);
        if seen.insert(text.clone()) {
            tally.errors += usize::from(diagnostic.severity == Severity::Error);
            tally.warnings += usize::from(diagnostic.severity == Severity::Warning);
            eprintln!("{text}");
        }
    }
    tally
}

fn draw(diagnostic: &Diagnostic, map: &SourceMap) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let place = map.resolve(diagnostic.primary.span);
    let head = match &place {
        Some(at) => format!(
            "{}:{}:{}: {severity}[{}]: {}",
            at.path.display(),
            at.line,
            at.column,
            diagnostic.code,
            diagnostic.message
        ),
        None => format!("{severity}[{}]: {}", diagnostic.code, diagnostic.message),
    };
    let Some(place) = place else {
        return match &diagnostic.help {
            Some(help) => format!("{head}\n  help: {help}\n"),
            None => format!("{head}\n"),
        };
    };
    let Some(file) = map.files().get(place.file.0 as usize) else { return head };
    let text = String::from_utf8_lossy(&file.text).into_owned();
    let mut report = MietteDiagnostic::new(head);
    let range = |(start, end): (u32, u32)| {
        // A finding at the end of the file points behind the last byte; the text may have grown by replaced bytes.
        let end = (end as usize).min(text.len());
        let start = (start as usize).min(end);
        (start, end - start)
    };
    let mut label = diagnostic.primary.text.clone();
    if let Some(define) = place.via {
        if !label.is_empty() {
            label.push_str("; ");
        }
        label.push_str(&format!("{} stands for `{}`", define.name, define.value));
    }
    let label = if label.is_empty() { "here".to_owned() } else { label };
    report = report.with_label(LabeledSpan::new_primary_with_span(Some(label), range(place.range)));
    for other in &diagnostic.secondary {
        if let Some(at) = map.resolve(other.span)
            && at.file == place.file
        {
            report = report.and_label(LabeledSpan::new_with_span(Some(other.text.clone()), range(at.range)));
        }
    }
    if let Some(help) = &diagnostic.help {
        report = report.with_help(help.clone());
    }
    let source = NamedSource::new(file.path.display().to_string(), text);
    let report = miette::Report::new(report).with_source_code(source);
    let mut out = String::new();
    let theme = GraphicalTheme::unicode_nocolor();
    let handler =
        GraphicalReportHandler::new_themed(theme).with_links(false).with_context_lines(1).with_width(110);
    if handler.render_report(&mut out, report.as_ref()).is_err() {
        return diagnostic.message.clone();
    }
    out
}
