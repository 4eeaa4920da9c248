//! Preprocessor games. Names carry the case's id, so that many cases can share a file.

use super::Case;
use super::generator::Gen;

struct Games<'g> {
    g: &'g mut Gen,
    id: String,
    /// Depth of open conditions.
    open: usize,
    /// Whether the place is inside a route.
    inside: bool,
    /// Whether the place is in the included file.
    included: bool,
}

impl Games<'_> {
    fn name(&mut self) -> String {
        format!("{}_{}", self.g.pick(&["NA", "NB", "NC", "ND", "NE"]), self.id)
    }

    fn mark(&mut self) -> &'static str {
        if self.g.percent(85) { "#!" } else { "!!" }
    }

    fn value(&mut self) -> String {
        let other = self.name();
        match self.g.below(10) {
            0 if self.g.percent(15) => String::new(),
            1 => "5".into(),
            2 => "\"text\"".into(),
            3 => other,
            4 => format!("({other} + 1)"),
            5 => "1 + 2".into(),
            6 => "$var(five)".into(),
            7 => "xlog(\"from a define\\n\")".into(),
            8 => "1 \\\n + 4".into(),
            _ => "12 # a remark".into(),
        }
    }

    fn directive(&mut self) -> String {
        let (mark, name) = (self.mark(), self.name());
        match self.g.below(14) {
            0..=2 => format!(
                "{mark}{} {name} {}",
                self.g.pick(&["trydef", "redef", "trydefine", "redefine"]),
                self.value()
            ),
            3 if self.g.percent(8) => {
                format!("{mark}{} {name} {}", self.g.pick(&["define", "def"]), self.value())
            }
            4 => format!("{mark}define FLAG_{}_{}", self.id, self.g.label()),
            5 | 6 => {
                self.open += 1;
                let gap = self.g.pick(&["", "", "  ", "\t"]);
                format!("{gap}{mark}{} {name}", self.g.pick(&["ifdef", "ifndef"]))
            }
            7 if self.open > 0 => format!("{mark}else"),
            8 | 9 if self.open > 0 => {
                self.open -= 1;
                format!("{mark}endif")
            }
            10 if !self.inside || self.g.percent(4) => {
                let flags = self.g.pick(&["", "g", "i", "gi"]);
                format!(
                    "{mark}subst \"/@{}@/{}/{flags}\"",
                    self.id,
                    self.g.pick(&["one", "", "t&t", "\\\\1", "#"])
                )
            }
            11 if !self.inside || self.g.percent(4) => {
                let which = self.g.pick(&["substdef", "substdefs"]);
                let n = self.g.label();
                format!("{mark}{which} \"!SD_{}_{n}!{}!g\"", self.id, self.g.pick(&["7", "word", "a b"]))
            }
            12 => format!("{mark}{} {}", self.g.pick(&["KAMAILIO", "nothing", "undef", "tryundef"]), name),
            _ if self.included => format!("#!{name}"),
            _ => {
                let file = format!("inc_{}.cfg", self.id);
                if !self.inside || self.g.percent(15) {
                    return format!("{mark}import_file \"missing.cfg\"");
                }
                format!("{mark}{} \"{file}\"", self.g.pick(&["include_file", "import_file", "import_file"]))
            }
        }
    }

    fn statement(&mut self) -> String {
        let (n, name) = (self.g.label(), self.name());
        match self.g.below(40) % 9 {
            0 => format!("xlog(\"P{n} {name} @{0}@ x@{0}@y@{0}@\\n\");", self.id),
            1 => format!("$var(r) = {name}\n; xlog(\"P{n} $var(r)\\n\");"),
            2 => format!("if (defined $var(five)) {{ xlog(\"P{n}\\n\"); }}"),
            3 => format!("xlog(\"P{n} $def({name}) $defn({name})|\\n\");"),
            4 => format!("xlog(\"P{n} SD_{}_{}\\n\");", self.id, self.g.below(4)),
            5 => format!("# {name} is a comment\nxlog(\"P{n}\\n\"); // {name}"),
            6 => format!("/* {name} */ $var(t) = 'P{n} {name}'; xlog(\"$var(t)\\n\");"),
            7 if self.g.percent(8) => format!("{name};"),
            _ => format!("xlog(\"P{n}\\n\");"),
        }
    }
}

/// Directives between and inside the statements of one route.
pub fn generate(g: &mut Gen) -> Case {
    let id = g.id();
    let mut games = Games { g, id: id.clone(), open: 0, inside: false, included: false };
    let mut lines = Vec::new();
    for name in ["NA", "NB", "NC", "ND", "NE"] {
        if games.g.percent(97) {
            let value = if games.g.percent(60) {
                games.g.pick(&["5", "\"v\"", "(1 + 1)"]).to_owned()
            } else {
                games.value()
            };
            lines.push(format!("#!define {name}_{id} {value}"));
        }
    }
    for _ in 0..games.g.below(3) {
        lines.push(games.directive());
    }
    while games.open > 0 {
        games.open -= 1;
        lines.push("#!endif".into());
    }
    games.inside = true;
    lines.push(format!("route[{id}] {{"));
    lines.push(games.statement());
    for _ in 0..games.g.between(3, 9) {
        let line = if games.g.percent(45) { games.directive() } else { games.statement() };
        lines.push(line);
    }
    for _ in 0..games.open {
        lines.push("#!endif".into());
    }
    lines.push("xlog(\"end\\n\");\n}".into());
    games.included = true;
    let inner = [games.statement(), games.directive(), games.statement()];
    let mut case = g.case(lines);
    case.files.push((format!("inc_{id}.cfg"), format!("{}\n", inner.join("\n"))));
    case
}
