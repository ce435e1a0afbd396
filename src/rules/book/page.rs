//! The prose and the examples of a rule page.
//!
//! After the front matter a page has one shape: a heading that is the rule's id, a paragraph that says what is
//! wrong, then the sections of [`SECTIONS`]. The examples are small meshes that the tests run:
//!
//! ````markdown
//! ### Bad: capture is off in one cluster
//!
//! ```yaml west/istio.yaml
//! ISTIO_META_DNS_CAPTURE: "false" # <- bad: what the message must contain
//! ```
//! ````
//!
//! All fences below one heading form one mesh. The first folder of a path is the cluster. A mark stands at the end of
//! every line where a primary location is expected; it is taken out before the mesh is checked.

use super::front::{FrontMatter, split};

/// The sections of a page, in order.
pub const SECTIONS: [&str; 4] = ["Why", "How to fix", "When not to worry", "Examples"];

/// What follows is `bad` or, where another rule is expected to speak up too, that rule's id.
const MARK: &str = "# <- ";

/// One page, read completely.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    pub id: &'a str,
    pub front: FrontMatter,
    /// The Markdown after the front matter.
    pub body: &'a str,
    /// What stands between the first heading and the first section.
    pub intro: &'a str,
    pub sections: Vec<Section<'a>>,
    pub examples: Vec<Example>,
}

/// One section, without its heading line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    pub title: &'a str,
    pub text: &'a str,
}

/// A small mesh, and whether the rule speaks up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub good: bool,
    pub title: String,
    /// The line of its heading in the page, from 1.
    pub line: usize,
    /// `{complete}` in the heading: the files are all there is, as with `--complete`.
    pub complete: bool,
    pub files: Vec<ExampleFile>,
}

/// One file of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleFile {
    /// `cluster/file.yaml`.
    pub path: String,
    /// The text without the marks.
    pub text: String,
    /// `{latin1}` after the path: the file is stored in ISO 8859-1 instead of UTF-8.
    pub latin1: bool,
    pub marks: Vec<Mark>,
}

/// A line where a primary location is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// In the file, from 1.
    pub line: usize,
    /// Another rule than the page's.
    pub rule: Option<String>,
    /// What the finding's message, help or label there must contain.
    pub message: Option<String>,
}

impl ExampleFile {
    /// The file as it would be on a disk.
    pub fn bytes(&self) -> Vec<u8> {
        if self.latin1 {
            self.text
                .chars()
                .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
                .collect()
        } else {
            self.text.clone().into_bytes()
        }
    }
}

impl<'a> Page<'a> {
    /// Reads the page of the rule `id`.
    ///
    /// # Errors
    /// One line, `rules/ID.md:LINE: what is wrong`, or without the line where it is part of the text.
    pub fn parse(id: &'a str, text: &'a str) -> Result<Self, String> {
        let front = FrontMatter::parse(text).map_err(|why| format!("rules/{id}.md: {why}"))?;
        let (head, body) = split(text).map_err(|why| format!("rules/{id}.md: {why}"))?;
        let first_line = head.lines().count() + 2;
        let mut reader = Reader {
            first_line,
            ..Reader::default()
        };
        let (intro, sections) = reader
            .read(id, body)
            .map_err(|(line, why)| format!("rules/{id}.md:{line}: {why}"))?;
        Ok(Self {
            id,
            front,
            body,
            intro,
            sections,
            examples: reader.examples,
        })
    }

    /// The paragraph that says what is wrong.
    pub fn summary(&self) -> &'a str {
        let end = self
            .intro
            .find("\n\n")
            .or_else(|| self.intro.find("\n\r\n"));
        end.and_then(|end| self.intro.get(..end))
            .unwrap_or(self.intro)
            .trim()
    }

    /// The text of one of [`SECTIONS`].
    pub fn section(&self, title: &str) -> Option<&'a str> {
        self.sections
            .iter()
            .find(|section| section.title == title)
            .map(|section| section.text)
    }
}

/// A line of the page and what is wrong there.
type Complaint = (usize, String);

/// A fence that is open: how it closes, and what it is the text of.
struct Fence {
    line: usize,
    ticks: usize,
    file: Option<ExampleFile>,
}

#[derive(Default)]
struct Reader {
    first_line: usize,
    examples: Vec<Example>,
    fence: Option<Fence>,
}

impl Reader {
    fn read<'a>(
        &mut self,
        id: &str,
        body: &'a str,
    ) -> Result<(&'a str, Vec<Section<'a>>), Complaint> {
        // Heading, and where the text below it begins; the first is the page's own.
        let mut headings: Vec<(&'a str, usize, usize)> = Vec::new();
        let mut at = 0;
        for (number, full) in (self.first_line..).zip(body.split_inclusive('\n')) {
            let line = full.trim_end_matches(['\n', '\r']);
            let inside = self.fence.is_some();
            let in_examples = headings
                .last()
                .is_some_and(|(title, ..)| *title == "Examples");
            self.fence_line(number, line, in_examples)
                .map_err(|why| (number, why))?;
            if !inside && let Some(title) = line.strip_prefix("# ") {
                if !headings.is_empty() || title.trim() != id {
                    return Err((
                        number,
                        format!("the only heading with one `#` is the first, `# {id}`"),
                    ));
                }
                headings.push((title, at, at + full.len()));
            } else if !inside && let Some(title) = line.strip_prefix("## ") {
                if headings.is_empty() {
                    return Err((number, format!("the first heading is `# {id}`")));
                }
                headings.push((title.trim(), at, at + full.len()));
            } else if !inside
                && in_examples
                && let Some(title) = line.strip_prefix("### ")
            {
                self.examples
                    .push(heading(number, title).map_err(|why| (number, why))?);
            }
            at += full.len();
        }
        if let Some(fence) = &self.fence {
            return Err((fence.line, "this fence is never closed".into()));
        }
        self.check_examples()?;

        let ends = headings
            .iter()
            .skip(1)
            .map(|(_, start, _)| *start)
            .chain([body.len()]);
        let mut parts = headings.iter().zip(ends).map(|((title, _, start), end)| {
            let text = body.get(*start..end).unwrap_or_default().trim();
            Section { title, text }
        });
        let Some(intro) = parts
            .next()
            .map(|first| first.text)
            .filter(|text| !text.is_empty())
        else {
            return Err((
                self.first_line,
                format!("the page says what is wrong in a paragraph below `# {id}`"),
            ));
        };
        let sections: Vec<Section<'a>> = parts.collect();
        let titles: Vec<&str> = sections.iter().map(|section| section.title).collect();
        if titles != SECTIONS {
            let [expected, found] = [&SECTIONS[..], &titles].map(|titles| titles.join(", "));
            return Err((
                self.first_line,
                format!("the sections are {expected}; found: {found}"),
            ));
        }
        if let Some(empty) = sections.iter().find(|section| section.text.is_empty()) {
            return Err((
                self.first_line,
                format!("the section {} is empty", empty.title),
            ));
        }
        Ok((intro, sections))
    }

    /// Opens, fills or closes a fence.
    fn fence_line(&mut self, number: usize, line: &str, in_examples: bool) -> Result<(), String> {
        let ticks = line.bytes().take_while(|b| *b == b'`').count();
        let info = line.trim_start_matches('`').trim();
        let Some(fence) = &mut self.fence else {
            if ticks >= 3 {
                let file = if in_examples {
                    Some(example_file(info)?)
                } else {
                    None
                };
                self.fence = Some(Fence {
                    line: number,
                    ticks,
                    file,
                });
            }
            return Ok(());
        };
        if ticks < fence.ticks || !info.is_empty() {
            return fence
                .file
                .as_mut()
                .map_or(Ok(()), |file| add_line(file, line));
        }
        let file = self.fence.take().and_then(|fence| fence.file);
        let Some(file) = file else { return Ok(()) };
        let Some(example) = self.examples.last_mut() else {
            return Err("a fence stands below a heading `### Bad: ...` or `### Good: ...`".into());
        };
        if example.files.iter().any(|other| other.path == file.path) {
            return Err(format!("{} is in this example twice", file.path));
        }
        if example.good && file.marks.iter().any(|mark| mark.rule.is_none()) {
            return Err("a good example has no mark but those of other rules".into());
        }
        example.files.push(file);
        Ok(())
    }

    fn check_examples(&self) -> Result<(), Complaint> {
        for example in &self.examples {
            if example.files.is_empty() {
                return Err((example.line, "this example has no fence".into()));
            }
            if !example.good
                && example
                    .files
                    .iter()
                    .flat_map(|file| &file.marks)
                    .all(|mark| mark.rule.is_some())
            {
                return Err((
                    example.line,
                    format!("this bad example has no line that ends in `{MARK}bad`"),
                ));
            }
        }
        Ok(())
    }
}

/// `Bad: some title {complete}`.
fn heading(line: usize, text: &str) -> Result<Example, String> {
    let (title, words) = attributes(text.trim());
    let (good, title) = if let Some(title) = title.strip_prefix("Bad: ") {
        (false, title)
    } else if let Some(title) = title.strip_prefix("Good: ") {
        (true, title)
    } else {
        return Err("the heading of an example begins with `Bad: ` or `Good: `".into());
    };
    if let Some(word) = words.iter().find(|word| **word != "complete") {
        return Err(format!(
            "`{{{word}}}` is unknown in a heading; there is `{{complete}}`"
        ));
    }
    let complete = !words.is_empty();
    Ok(Example {
        good,
        title: title.trim().to_owned(),
        line,
        complete,
        files: Vec::new(),
    })
}

/// `yaml west/istio.yaml {latin1}`.
fn example_file(info: &str) -> Result<ExampleFile, String> {
    let (info, words) = attributes(info);
    let mut parts = info.split_whitespace();
    let (language, path) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    if parts.next().is_some() || !matches!(language, "yaml" | "json") {
        return Err("a fence of an example begins with ```yaml cluster/file.yaml (or json)".into());
    }
    let plain = path
        .split('/')
        .all(|part| !part.is_empty() && part != "." && part != "..");
    if !plain || !path.contains('/') {
        return Err(format!("`{path}` is not of the form cluster/file.yaml"));
    }
    if let Some(word) = words.iter().find(|word| **word != "latin1") {
        return Err(format!(
            "`{{{word}}}` is unknown after a path; there is `{{latin1}}`"
        ));
    }
    let latin1 = !words.is_empty();
    Ok(ExampleFile {
        path: path.to_owned(),
        text: String::new(),
        latin1,
        marks: Vec::new(),
    })
}

/// Splits `text {word word}` into the text and the words.
fn attributes(text: &str) -> (&str, Vec<&str>) {
    match text
        .strip_suffix('}')
        .and_then(|text| text.rsplit_once('{'))
    {
        Some((text, words)) => (text.trim_end(), words.split_whitespace().collect()),
        None => (text, Vec::new()),
    }
}

/// Appends a line to the file; a mark becomes an expectation.
fn add_line(file: &mut ExampleFile, line: &str) -> Result<(), String> {
    let Some((kept, mark)) = line.rsplit_once(MARK) else {
        if line.contains("#<-") || line.contains("# <-") {
            return Err(format!("a mark begins with `{MARK}`"));
        }
        file.text.push_str(line);
        file.text.push('\n');
        return Ok(());
    };
    let kept = kept.trim_end();
    if kept.is_empty() {
        return Err("a mark stands at the end of the line it is about, not alone".into());
    }
    let (word, message) = match mark.split_once(':') {
        Some((word, message)) => (word, Some(message.trim().to_owned())),
        None => (mark, None),
    };
    let rule = match word {
        "bad" => None,
        id if id.contains('/') && !id.contains(char::is_whitespace) => Some(id.to_owned()),
        _ => {
            return Err(format!(
                "a mark is `{MARK}bad` or `{MARK}bad: what the message contains`"
            ));
        }
    };
    file.text.push_str(kept);
    file.text.push('\n');
    file.marks.push(Mark {
        line: file.text.lines().count(),
        rule,
        message,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r##"---
title: T
severity: error
subject: setting
since: "0.1"
why: w
---
# a/b

What is wrong,
on two lines.

More.

## Why

Because.

```text
# not a heading
```

## How to fix

Mend it.

## When not to worry

Never.

## Examples

Both clusters.

### Bad: one differs

```yaml west/a.yaml
x: "1" # a comment
y: 2   # <- bad
z: "#" # <- bad: not {2}
```

Words between.

```yaml east/apps/a.yaml
x: 1
```

### Good: all the same {complete}

````yaml west/a.yaml
y: 2
```
````
"##;

    #[test]
    fn reads_sections() {
        let page = Page::parse("a/b", PAGE).unwrap();
        assert_eq!(page.summary(), "What is wrong,\non two lines.");
        assert_eq!(page.section("How to fix"), Some("Mend it."));
        assert_eq!(
            page.section("Why"),
            Some("Because.\n\n```text\n# not a heading\n```")
        );
        assert_eq!(page.section("Nonsense"), None);
    }

    #[test]
    fn reads_examples() {
        let page = Page::parse("a/b", PAGE).unwrap();
        let [bad, good] = page.examples.as_slice() else {
            panic!("{:?}", page.examples)
        };
        assert_eq!(
            (bad.good, bad.title.as_str(), bad.complete, bad.line),
            (false, "one differs", false, 35)
        );
        assert_eq!(bad.files[0].path, "west/a.yaml");
        assert_eq!(bad.files[0].text, "x: \"1\" # a comment\ny: 2\nz: \"#\"\n");
        let marks = [
            Mark {
                line: 2,
                rule: None,
                message: None,
            },
            Mark {
                line: 3,
                rule: None,
                message: Some("not {2}".into()),
            },
        ];
        assert_eq!(bad.files[0].marks, marks);
        assert_eq!(bad.files[1].path, "east/apps/a.yaml");
        assert_eq!(
            (good.good, good.title.as_str(), good.complete),
            (true, "all the same", true)
        );
        assert_eq!(good.files[0].text, "y: 2\n```\n");
    }

    #[test]
    fn line_endings_do_not_matter() {
        let crlf = PAGE.replace('\n', "\r\n");
        let page = Page::parse("a/b", &crlf).unwrap();
        assert_eq!(page.examples, Page::parse("a/b", PAGE).unwrap().examples);
        assert_eq!(page.summary(), "What is wrong,\r\non two lines.");
    }

    #[test]
    fn a_file_may_be_latin_1() {
        let text = PAGE.replace(
            "yaml west/a.yaml\nx: \"1\"",
            "yaml west/a.yaml {latin1}\nx: \"ü\"",
        );
        let page = Page::parse("a/b", &text).unwrap();
        assert!(
            page.examples[0].files[0]
                .bytes()
                .starts_with(b"x: \"\xfc\"")
        );
        assert!(page.examples[1].files[0].bytes().starts_with(b"y: 2"));
    }

    #[test]
    fn a_mark_may_name_another_rule() {
        let text = PAGE.replace("# <- bad: not {2}", "# <- c/d: too");
        let mark = Page::parse("a/b", &text).unwrap().examples[0].files[0].marks[1].clone();
        assert_eq!(
            mark,
            Mark {
                line: 3,
                rule: Some("c/d".into()),
                message: Some("too".into())
            }
        );
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let cases = [
            ("# a/b", "# a/c", "rules/a/b.md:8: the only heading"),
            ("Because.", "# Because", "rules/a/b.md:17: the only heading"),
            ("## Why", "## Reason", "the sections are Why, How to fix"),
            ("Mend it.", "", "the section How to fix is empty"),
            (
                "### Bad: one differs",
                "### One differs",
                "rules/a/b.md:35: the heading of an example",
            ),
            ("{complete}", "{compleet}", "`{compleet}` is unknown"),
            (
                "west/a.yaml\nx",
                "a.yaml\nx",
                "rules/a/b.md:37: `a.yaml` is not of the form",
            ),
            ("west/a.yaml\nx", "../a.yaml\nx", "is not of the form"),
            (
                "yaml west/a.yaml\nx",
                "west/a.yaml\nx",
                "a fence of an example begins",
            ),
            (
                "east/apps/a.yaml",
                "west/a.yaml",
                "west/a.yaml is in this example twice",
            ),
            (
                "# <- bad: not {2}",
                "# <- bad not {2}",
                "rules/a/b.md:40: a mark is `# <- bad`",
            ),
            (
                "# <- bad: not {2}",
                "# <- Bad",
                "rules/a/b.md:40: a mark is `# <- bad`",
            ),
            (
                "y: 2   # <- bad",
                "# <- bad",
                "rules/a/b.md:39: a mark stands at the end",
            ),
            (
                "````yaml west/a.yaml\ny: 2",
                "````yaml west/a.yaml\ny: 2 # <- bad",
                "a good example has no",
            ),
            (
                "\n````\n",
                "\n",
                "rules/a/b.md:51: this fence is never closed",
            ),
        ];
        for (from, to, expected) in cases {
            let text = PAGE.replacen(from, to, 1);
            assert_ne!(text, PAGE, "{from}");
            let error = Page::parse("a/b", &text).unwrap_err();
            assert!(error.contains(expected), "{from} -> {to}: {error}");
        }
        let unmarked = PAGE
            .replace("# <- bad: not {2}", "")
            .replace("# <- bad", "");
        assert!(
            Page::parse("a/b", &unmarked)
                .unwrap_err()
                .contains("rules/a/b.md:35: this bad example")
        );
        let empty = PAGE
            .split("Words between.")
            .next()
            .unwrap()
            .replace("```yaml west/a.yaml\nx", "x");
        assert!(Page::parse("a/b", &empty).is_err());
    }
}
