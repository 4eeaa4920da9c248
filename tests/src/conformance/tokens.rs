//! A rough lexer: enough to damage a configuration at places that mean something, and to make a case smaller.

/// The text as words, strings, variables, blanks and single signs; joined they are the text again.
pub fn tokens(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        let mut token = String::from(first);
        match first {
            '"' | '\'' => {
                while let Some(c) = rest.next() {
                    token.push(c);
                    if c == first {
                        break;
                    }
                    if c == '\\' && first == '"' {
                        token.extend(rest.next());
                    }
                }
            }
            c if c.is_alphanumeric() || c == '_' || c == '$' => {
                while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    token.push(c);
                }
            }
            c if c.is_whitespace() => {
                while let Some(c) = rest.next_if(|c| c.is_whitespace()) {
                    token.push(c);
                }
            }
            '=' | '!' | '<' | '>' | '&' | '|' => {
                if let Some(c) = rest.next_if(|c| matches!(c, '=' | '~' | '<' | '>' | '&' | '|')) {
                    token.push(c);
                }
            }
            _ => {}
        }
        out.push(token);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loses_nothing() {
        let text = "if ($var(a) == \"x\\\"y\") { xlog('it'); } # end\n";
        assert_eq!(tokens(text).concat(), text);
        assert!(tokens(text).contains(&"\"x\\\"y\"".to_owned()));
    }
}
