//! How rules put lists and settings into words.

use crate::fleet::setting::Effective;

/// `a`, `a and b`, `a, b and c`, `a, b and 5 more`.
pub(super) fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    const SHOWN: usize = 3;
    let items: Vec<T> = items.into_iter().collect();
    let (shown, rest) = match items.len() {
        n if n > SHOWN + 1 => (SHOWN, n - SHOWN),
        n => (n, 0),
    };
    let mut text = String::new();
    for (at, item) in items.iter().take(shown).enumerate() {
        let last = at + 1 == shown && rest == 0;
        text.push_str(match (at, last) {
            (0, _) => "",
            (_, true) => " and ",
            (_, false) => ", ",
        });
        text.push_str(item.as_ref());
    }
    if rest > 0 {
        text.push_str(&format!(" and {rest} more"));
    }
    text
}

/// `is` or `are`, by how many there are.
pub(super) fn is_are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// A value as it reads in a sentence.
pub(super) fn value(setting: &Effective) -> String {
    match setting.value.as_str() {
        "" => "not set".to_owned(),
        value if setting.is_stated() => format!("`{value}`"),
        value => format!("`{value}` by default"),
    }
}

#[cfg(test)]
mod tests {
    use super::list;

    #[test]
    fn lists_are_short() {
        assert_eq!(list(["a"]), "a");
        assert_eq!(list(["a", "b"]), "a and b");
        assert_eq!(list(["a", "b", "c", "d"]), "a, b, c and d");
        assert_eq!(list(["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }
}
