//! Text in HTML. Nothing of the document comes onto the page but through these two.

use std::fmt::{self, Display, Formatter, Write as _};

/// A text, so that it is read as one and as nothing else, also between the quotes of an attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A description: paragraphs, and code between backticks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prose<'a>(pub(super) &'a str);

impl Display for Prose<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut paragraphs = self.0.split("\n\n").filter(|text| !text.trim().is_empty());
        paragraphs.try_for_each(|paragraph| write!(f, "<p>{}</p>", Line(paragraph)))
    }
}

/// One paragraph of a description.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a>(pub(super) &'a str);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let last = self.0.matches('`').count();
        for (n, part) in self.0.split('`').enumerate() {
            match n % 2 {
                // A backtick that is not closed is one.
                1 if n == last => write!(f, "`{}", Text(part))?,
                1 => write!(f, "<code>{}</code>", Text(part))?,
                _ => write!(f, "{}", Text(part))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_one_whatever_is_in_it() {
        let hostile = "</p><script>alert('\"&')</script>";
        let escaped = "&lt;/p&gt;&lt;script&gt;alert(&#39;&quot;&amp;&#39;)&lt;/script&gt;";
        assert_eq!(Text(hostile).to_string(), escaped);
        assert_eq!(Prose(hostile).to_string(), format!("<p>{escaped}</p>"));
        let code = format!("`{hostile}`");
        assert_eq!(Line(&code).to_string(), format!("<code>{escaped}</code>"));
    }

    #[test]
    fn a_description_has_paragraphs_and_code_and_a_lone_backtick_is_one() {
        let text = Prose("One `a` and `b`.\n\nTwo ` three.").to_string();
        assert_eq!(
            text,
            "<p>One <code>a</code> and <code>b</code>.</p><p>Two ` three.</p>"
        );
    }
}
