//! Comments and annotations to suppressions.

use super::{IgnoredId, Malformed, Suppression};
use crate::finding::Date;
use crate::yaml::{File, FileId, Place, Span};
use std::{ops::Range, sync::Arc};

const WORD: &str = "meshlint:";
const FORM: &str = "write `# meshlint: ignore[family/rule] reason`";
const ANNOTATION_FORM: &str = "write `meshlint.dev/ignore: \"family/rule: reason\"`";

/// Reads the comments of all files. A file's index is its [`FileId`].
pub fn from_comments(files: &[Arc<File>]) -> (Vec<Suppression>, Vec<Malformed>) {
    let mut suppressions = Vec::new();
    let mut malformed = Vec::new();
    for (file, id) in files.iter().zip((0..).map(FileId)) {
        if file.comments().is_empty() {
            continue;
        }
        let layout = Layout::of(file);
        for comment in file.comments() {
            let place = Place {
                file: id,
                span: *comment,
            };
            for directive in directives(file.slice(*comment)) {
                let read = directive.and_then(|d| {
                    let covers = layout.covers(file, *comment, d.whole_file)?;
                    Ok(suppression(d.list, comment.start, covers, place))
                });
                match read {
                    Ok(suppression) => suppressions.push(suppression),
                    Err(message) => malformed.push(Malformed {
                        place,
                        message,
                        help: FORM.into(),
                    }),
                }
            }
        }
    }
    (suppressions, malformed)
}

/// Reads the value of an annotation: ids, separated by commas, then optionally a colon and a reason. `covers` is the
/// object's place, `place` the annotation value's.
pub fn parse_annotation(text: &str, covers: Span, place: Place) -> Result<Suppression, Malformed> {
    let (ids, reason) = text.split_once(':').unwrap_or((text, ""));
    let list = read_list(ids, 0)
        .and_then(|ids| {
            let (reason, until) = read_reason(reason)?;
            Ok(List { ids, reason, until })
        })
        .map_err(|message| Malformed {
            place,
            message,
            help: ANNOTATION_FORM.into(),
        })?;
    let mut suppression = suppression(list, 0, covers, place);
    // The text may have been escaped or folded in the file, so offsets in it are no offsets there.
    for id in &mut suppression.ids {
        id.span = place.span;
    }
    Ok(suppression)
}

fn suppression(list: List, base: u32, covers: Span, place: Place) -> Suppression {
    let at = |offset: usize| base.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
    let ids = list
        .ids
        .into_iter()
        .map(|(text, range)| IgnoredId {
            text,
            span: Span::new(at(range.start), at(range.end)),
        })
        .collect();
    Suppression {
        place,
        covers,
        ids,
        reason: list.reason,
        until: list.until,
    }
}

/// What a comment asks for.
struct Directive {
    whole_file: bool,
    list: List,
}

/// Ids with their bytes in the comment.
struct List {
    ids: Vec<(String, Range<usize>)>,
    reason: String,
    until: Option<Date>,
}

/// The directives in a comment; `# yamllint disable-line # meshlint: ignore[...]` is one. What only speaks about
/// meshlint (`# see the meshlint: pages`) is none.
fn directives(comment: &str) -> Vec<Result<Directive, String>> {
    let starts: Vec<usize> = comment.match_indices(WORD).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([comment.len()]);
    let mut found = Vec::new();
    for (start, end) in starts.iter().copied().zip(ends) {
        let before = comment.get(..start).unwrap_or_default();
        let body_at = start + WORD.len();
        let body = comment.get(body_at..end).unwrap_or_default();
        if before.trim_end().ends_with('#') {
            found.push(read_directive(body, body_at));
        } else if body.trim_start().starts_with("ignore") {
            found.push(Err("`meshlint:` does not stand right behind the `#`".into()));
        }
    }
    found
}

fn read_directive(body: &str, body_at: usize) -> Result<Directive, String> {
    let trimmed = body.trim_start();
    let word_end = trimmed
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .unwrap_or(trimmed.len());
    let (word, rest) = trimmed.split_at_checked(word_end).unwrap_or((trimmed, ""));
    let whole_file = match word {
        "ignore" => false,
        "ignore-file" => true,
        "" => return Err("this comment for meshlint asks for nothing".into()),
        other => return Err(format!("`{other}` is nothing that a comment can ask for")),
    };
    let Some(listed) = rest.trim_start().strip_prefix('[') else {
        return Err("this ignore names no rule, and ignoring all of them is not possible".into());
    };
    let Some((ids, reason)) = listed.split_once(']') else {
        return Err("this ignore has no closing `]`".into());
    };
    let list_at = body_at + (body.len() - listed.len());
    let ids = read_list(ids, list_at)?;
    // The `#` that opens another directive is not a part of the reason.
    let reason = reason.trim_end().trim_end_matches('#');
    let (reason, until) = read_reason(reason)?;
    Ok(Directive {
        whole_file,
        list: List { ids, reason, until },
    })
}

fn read_list(text: &str, at: usize) -> Result<Vec<(String, Range<usize>)>, String> {
    let mut ids = Vec::new();
    let mut start = at;
    for part in text.split(',') {
        let id = part.trim();
        let id_at = start + (part.len() - part.trim_start().len());
        start += part.len() + 1;
        if id.contains(char::is_whitespace) {
            return Err(format!(
                "`{id}` is not one rule: rules are separated by commas"
            ));
        }
        if !id.is_empty() {
            ids.push((id.to_owned(), id_at..id_at + id.len()));
        }
    }
    if ids.is_empty() {
        return Err("this ignore names no rule, and ignoring all of them is not possible".into());
    }
    Ok(ids)
}

fn read_reason(text: &str) -> Result<(String, Option<Date>), String> {
    let mut until = None;
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let Some(day) = word.trim_start_matches('(').strip_prefix("until=") else {
            words.push(word);
            continue;
        };
        let day = day.trim_end_matches(['.', ',', ';', ')']);
        let date = Date::parse(day)
            .ok_or_else(|| format!("`until={day}` is not a day: it is written until=YYYY-MM-DD"))?;
        until = Some(until.map_or(date, |other: Date| other.min(date)));
    }
    Ok((words.join(" "), until))
}

/// Which lines of a file hold what; worked out once for a file with comments for us.
struct Layout {
    lines: Vec<Line>,
    documents: Vec<Document>,
}

struct Line {
    /// Without the line break.
    span: Span,
    document: usize,
    /// Holds something besides blanks, comments, directives and document markers.
    content: bool,
    marker: bool,
}

struct Document {
    span: Span,
    first_content: Option<usize>,
}

impl Layout {
    fn of(file: &File) -> Self {
        let mut lines: Vec<Line> = Vec::new();
        let mut documents: Vec<Document> = Vec::new();
        // The next line opens a document even without a marker.
        let mut fresh = true;
        // The open document has had its marker.
        let mut marked = false;
        for span in (1..).map_while(|number| file.line_span(number)) {
            let raw = file.slice(span);
            let text = raw.trim_end_matches(['\r', '\n']);
            let span = Span::new(span.start, span.end - (raw.len() - text.len()) as u32);
            let text = text.trim_start_matches('\u{feff}');
            let marker = is_marker(text, "---");
            let rest = text.get(if marker { 3 } else { 0 }..).unwrap_or_default();
            let rest = rest.trim_start();
            let end = is_marker(text, "...");
            let content =
                !(rest.is_empty() || rest.starts_with('#') || text.starts_with('%') || end);
            let used = documents.last().is_some_and(|d| d.first_content.is_some());
            if fresh || (marker && (marked || used)) {
                documents.push(Document {
                    span,
                    first_content: None,
                });
                marked = false;
            }
            marked |= marker;
            fresh = end;
            let document = documents.len().saturating_sub(1);
            if let Some(open) = documents.last_mut() {
                open.span.end = span.end;
                if content && open.first_content.is_none() {
                    open.first_content = Some(lines.len());
                }
            }
            lines.push(Line {
                span,
                document,
                content,
                marker,
            });
        }
        Self { lines, documents }
    }

    /// The bytes that a comment speaks for.
    fn covers(&self, file: &File, comment: Span, whole_file: bool) -> Result<Span, String> {
        let at = self
            .lines
            .partition_point(|line| line.span.end < comment.start);
        if whole_file {
            let first = self.documents.first().and_then(|d| d.first_content);
            if first.is_some_and(|first| first <= at) {
                return Err("`ignore-file` stands below the first content of its file".into());
            }
            return Ok(Span::new(0, file.text().len() as u32));
        }
        let Some(line) = self.lines.get(at) else {
            return Ok(comment);
        };
        if line.content {
            return Ok(line.span);
        }
        if line.marker {
            return Ok(self.document(line.document).unwrap_or(line.span));
        }
        let below = self.lines.iter().enumerate().skip(at + 1);
        let Some((next, line)) = below.into_iter().find(|(_, line)| line.content) else {
            return Ok(comment);
        };
        let opens = self
            .documents
            .get(line.document)
            .is_some_and(|d| d.first_content == Some(next));
        if opens {
            return Ok(self.document(line.document).unwrap_or(line.span));
        }
        Ok(line.span)
    }

    fn document(&self, index: usize) -> Option<Span> {
        self.documents.get(index).map(|d| d.span)
    }
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}
