//! PromQL: which labels an expression leaves on its result, and where its words stand.

use super::monitoring::anchored;
use promql_parser::label::MatchOp as ParsedOp;
use promql_parser::parser::{self, Expr, LabelModifier, VectorMatchCardinality};
use std::collections::BTreeSet;
use std::ops::Range;

/// Longer expressions are not judged: they are generated, and nesting has to end somewhere.
const MAX_TOKENS: usize = 800;
/// Deeper nesting is not judged.
const MAX_DEPTH: usize = 64;

/// The labels of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Labels {
    /// These at most.
    Only(BTreeSet<String>),
    /// Those of a scraped metric, but for these.
    AllBut {
        metric: String,
        dropped: BTreeSet<String>,
        /// An aggregation is on the way, so somebody means to have fewer.
        aggregated: bool,
    },
}

/// The labels that an expression may have on its result, one entry for each of several alternatives (`or`).
/// `metric` knows the labels of a metric by name. `None` when something in it is not known.
pub fn result(text: &str, metric: &dyn Fn(&str) -> Option<Vec<Labels>>) -> Option<Vec<Labels>> {
    let tokens = lex(text);
    let depth = tokens.iter().map(|t| t.depth).max().unwrap_or(0);
    if tokens.len() > MAX_TOKENS || depth > MAX_DEPTH {
        return None;
    }
    labels(&parser::parse(text).ok()?, metric)
}

fn labels(expr: &Expr, metric: &dyn Fn(&str) -> Option<Vec<Labels>>) -> Option<Vec<Labels>> {
    let only = |set: BTreeSet<String>| Some(vec![Labels::Only(set)]);
    match expr {
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => only(BTreeSet::new()),
        Expr::VectorSelector(selector) => metric(&name_of(selector)?),
        Expr::MatrixSelector(selector) => metric(&name_of(&selector.vs)?),
        Expr::Subquery(inner) => labels(&inner.expr, metric),
        Expr::Paren(inner) => labels(&inner.expr, metric),
        Expr::Unary(inner) => labels(&inner.expr, metric),
        Expr::Aggregate(aggregate) => {
            let inner = labels(&aggregate.expr, metric)?;
            let keeps = ["topk", "bottomk", "limitk", "limit_ratio"];
            if keeps.contains(&aggregate.op.to_string().as_str()) {
                return Some(inner);
            }
            match &aggregate.modifier {
                None => only(BTreeSet::new()),
                Some(LabelModifier::Include(by)) => {
                    Some(inner.into_iter().map(|l| l.only(&by.labels)).collect())
                }
                Some(LabelModifier::Exclude(without)) => Some(
                    inner
                        .into_iter()
                        .map(|l| l.without(&without.labels).aggregated())
                        .collect(),
                ),
            }
        }
        Expr::Call(call) => {
            let mut args = call.args.args.iter();
            match call.func.name {
                "absent" | "absent_over_time" | "scalar" | "vector" | "time" | "pi" => {
                    only(BTreeSet::new())
                }
                "histogram_quantile" => {
                    let inner = labels(args.nth(1)?, metric)?;
                    let le = ["le".to_owned()];
                    Some(inner.into_iter().map(|l| l.without(&le)).collect())
                }
                "label_replace" => {
                    let inner = labels(args.next()?, metric)?;
                    let text = |arg: Option<&Box<Expr>>| match arg.map(Box::as_ref) {
                        Some(Expr::StringLiteral(text)) => Some(text.val.clone()),
                        _ => None,
                    };
                    let (target, value) = (text(args.next())?, text(args.next())?);
                    Some(match value.contains('$') {
                        true => inner,
                        // A constant, or nothing: it tells nothing apart.
                        false => {
                            let target = [target];
                            inner.into_iter().map(|l| l.without(&target)).collect()
                        }
                    })
                }
                // Every other function keeps the labels of the vector that it is given.
                _ => args
                    .find(|a| {
                        !matches!(a.as_ref(), Expr::NumberLiteral(_) | Expr::StringLiteral(_))
                    })
                    .and_then(|a| labels(a, metric)),
            }
        }
        Expr::Binary(binary) => {
            let is_number = |e: &Expr| matches!(e, Expr::NumberLiteral(_));
            match (is_number(&binary.lhs), is_number(&binary.rhs)) {
                (true, _) => return labels(&binary.rhs, metric),
                (_, true) => return labels(&binary.lhs, metric),
                _ => {}
            }
            match binary.op.to_string().as_str() {
                "or" => {
                    let mut both = labels(&binary.lhs, metric)?;
                    both.extend(labels(&binary.rhs, metric)?);
                    return Some(both);
                }
                "and" | "unless" => return labels(&binary.lhs, metric),
                _ => {}
            }
            let Some(modifier) = &binary.modifier else {
                return labels(&binary.lhs, metric);
            };
            match &modifier.card {
                VectorMatchCardinality::ManyToOne(_) => labels(&binary.lhs, metric),
                VectorMatchCardinality::OneToMany(_) => labels(&binary.rhs, metric),
                _ => {
                    let left = labels(&binary.lhs, metric)?;
                    Some(match &modifier.matching {
                        Some(LabelModifier::Include(on)) => {
                            left.into_iter().map(|l| l.only(&on.labels)).collect()
                        }
                        Some(LabelModifier::Exclude(ignored)) => left
                            .into_iter()
                            .map(|l| l.without(&ignored.labels))
                            .collect(),
                        None => left,
                    })
                }
            }
        }
        _ => None,
    }
}

fn name_of(selector: &parser::VectorSelector) -> Option<String> {
    selector.name.clone().or_else(|| {
        let names = selector.matchers.find_matchers("__name__");
        let exact = names
            .into_iter()
            .find(|m| matches!(m.op, ParsedOp::Equal))?;
        Some(exact.value)
    })
}

impl Labels {
    fn only(self, wanted: &[String]) -> Labels {
        let wanted = wanted.iter().cloned();
        Labels::Only(match self {
            Labels::Only(has) => wanted.filter(|l| has.contains(l)).collect(),
            Labels::AllBut { dropped, .. } => wanted.filter(|l| !dropped.contains(l)).collect(),
        })
    }

    fn without(self, unwanted: &[String]) -> Labels {
        match self {
            Labels::Only(mut has) => {
                has.retain(|l| !unwanted.contains(l));
                Labels::Only(has)
            }
            Labels::AllBut {
                metric,
                mut dropped,
                aggregated,
            } => {
                dropped.extend(unwanted.iter().cloned());
                Labels::AllBut {
                    metric,
                    dropped,
                    aggregated,
                }
            }
        }
    }

    fn aggregated(self) -> Labels {
        match self {
            Labels::AllBut {
                metric, dropped, ..
            } => Labels::AllBut {
                metric,
                dropped,
                aggregated: true,
            },
            only => only,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Word,
    Text,
    Sign,
}

/// A token, and in how many brackets it stands.
#[derive(Clone, Debug)]
struct Token<'a> {
    sort: Sort,
    text: &'a str,
    start: usize,
    depth: usize,
}

impl Token<'_> {
    fn is(&self, sign: &str) -> bool {
        self.sort == Sort::Sign && self.text == sign
    }

    fn span(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }
}

/// The words, texts and signs of an expression, without comments. Cannot fail.
fn lex(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let (mut at, mut depth) = (0, 0usize);
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'.') || b >= 0x80;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let (sort, len) = match byte {
            b if b.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'#' => {
                at += rest.iter().take_while(|b| **b != b'\n').count();
                continue;
            }
            quote @ (b'"' | b'\'' | b'`') => {
                let mut len = 1;
                while let Some(b) = rest.get(len) {
                    len += if *b == b'\\' && quote != b'`' { 2 } else { 1 };
                    if *b == quote {
                        break;
                    }
                }
                (Sort::Text, len.min(rest.len()))
            }
            b if is_word(b) => (Sort::Word, rest.iter().take_while(|b| is_word(**b)).count()),
            _ => match rest {
                [b'=' | b'!', b'~' | b'=', ..] | [b'<' | b'>', b'=', ..] => (Sort::Sign, 2),
                _ => (Sort::Sign, 1),
            },
        };
        let token = text.get(at..at + len).unwrap_or_default();
        if sort == Sort::Sign && matches!(token, ")" | "]" | "}") {
            depth = depth.saturating_sub(1);
        }
        tokens.push(Token {
            sort,
            text: token,
            start: at,
            depth,
        });
        if sort == Sort::Sign && matches!(token, "(" | "[" | "{") {
            depth += 1;
        }
        at += len;
    }
    tokens
}

/// A `by (...)` or `without (...)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    pub by: bool,
    /// From the keyword to the closing bracket.
    pub span: Range<usize>,
    /// The labels, each with its bytes.
    pub labels: Vec<(String, Range<usize>)>,
}

/// The groupings of an expression, the outermost first.
pub fn groupings(text: &str) -> Vec<Grouping> {
    let tokens = lex(text);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let keyword = token.text.to_ascii_lowercase();
        let is_keyword = token.sort == Sort::Word && matches!(keyword.as_str(), "by" | "without");
        let rest = tokens.get(at + 1..).unwrap_or_default();
        if !is_keyword || !rest.first().is_some_and(|t| t.is("(")) {
            continue;
        }
        let inner: Vec<&Token<'_>> = rest.iter().skip(1).take_while(|t| !t.is(")")).collect();
        let Some(close) = rest.get(inner.len() + 1) else {
            continue;
        };
        let labels = inner
            .iter()
            .filter(|t| t.sort != Sort::Sign)
            .map(|t| (unquote(t.text), t.span()))
            .collect();
        let grouping = Grouping {
            by: keyword == "by",
            span: token.start..close.span().end,
            labels,
        };
        found.push((token.depth, grouping));
    }
    found.sort_by_key(|(depth, grouping)| (*depth, grouping.span.start));
    found.into_iter().map(|(_, grouping)| grouping).collect()
}

fn unquote(text: &str) -> String {
    text.trim_matches(|c| matches!(c, '"' | '\'' | '`'))
        .replace("\\\\", "\\")
        .replace("\\\"", "\"")
}

/// A matcher of a selector.
#[derive(Clone, Debug)]
pub struct Matcher {
    pub label: String,
    op: Op,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Equal,
    NotEqual,
    Matches,
    NotMatches,
}

/// The matchers of a lone selector, such as those of a federation; the name of the metric is one on `__name__`.
/// `None` for anything else.
pub fn selector(text: &str) -> Option<Vec<Matcher>> {
    let tokens = lex(text);
    let mut rest = tokens.iter().peekable();
    let mut matchers = Vec::new();
    let name = |name: String| Matcher {
        label: "__name__".to_owned(),
        op: Op::Equal,
        value: name,
    };
    if let Some(first) = rest.next_if(|t| t.sort == Sort::Word) {
        matchers.push(name(first.text.to_owned()));
    }
    if rest.next_if(|t| t.is("{")).is_some() {
        loop {
            let token = rest.next()?;
            if token.is("}") {
                break;
            }
            if token.is(",") {
                continue;
            }
            let label = unquote(token.text);
            let op = match rest.peek().map(|t| t.text) {
                Some("=") => Op::Equal,
                Some("!=") => Op::NotEqual,
                Some("=~") => Op::Matches,
                Some("!~") => Op::NotMatches,
                // `{"metric"}`
                _ if token.sort == Sort::Text => {
                    matchers.push(name(label));
                    continue;
                }
                _ => return None,
            };
            rest.next();
            let value = rest.next().filter(|t| t.sort == Sort::Text)?;
            matchers.push(Matcher {
                label,
                op,
                value: unquote(value.text),
            });
        }
    }
    (rest.next().is_none() && !matchers.is_empty()).then_some(matchers)
}

impl Matcher {
    /// Whether a series with this value of the label passes. A regular expression that Prometheus would refuse passes
    /// nothing.
    pub fn passes(&self, value: &str) -> bool {
        let matched = || anchored(&self.value).map(|p| p.is_match(value));
        match self.op {
            Op::Equal => self.value == value,
            Op::NotEqual => self.value != value,
            Op::Matches => matched() == Some(true),
            Op::NotMatches => matched() == Some(false),
        }
    }
}

/// Whether a selector can pick series of this name.
pub fn picks(matchers: &[Matcher], name: &str) -> bool {
    let mut on_name = matchers.iter().filter(|m| m.label == "__name__");
    on_name.all(|m| m.passes(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scraped(name: &str) -> Option<Vec<Labels>> {
        name.starts_with("istio_").then(|| {
            vec![Labels::AllBut {
                metric: name.to_owned(),
                dropped: BTreeSet::new(),
                aggregated: false,
            }]
        })
    }

    fn shown(text: &str) -> String {
        let Some(all) = result(text, &scraped) else {
            return "unknown".to_owned();
        };
        let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(",");
        let one = |labels: &Labels| match labels {
            Labels::Only(set) => format!("only {}", list(set)),
            Labels::AllBut {
                dropped,
                aggregated,
                ..
            } => {
                let sign = if *aggregated { "aggregated" } else { "raw" };
                format!("{sign} but {}", list(dropped))
            }
        };
        all.iter().map(one).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn the_labels_of_a_result_are_known() {
        for (text, expected) in [
            (
                "sum by (pod, app) (rate(istio_requests_total[1m]))",
                "only app,pod",
            ),
            (
                "sum(irate(istio_requests_total[1m])) by (\n  pod,\n)",
                "only pod",
            ),
            (
                "sum without (pod) (istio_requests_total)",
                "aggregated but pod",
            ),
            ("sum(istio_requests_total)", "only "),
            ("istio_requests_total * 2", "raw but "),
            ("topk(5, sum by (pod) (istio_requests_total))", "only pod"),
            (
                "histogram_quantile(0.9, sum by (le, pod) (rate(istio_x_bucket[5m])))",
                "only pod",
            ),
            (
                "sum by (pod) (istio_a) / on (app) sum by (app) (istio_b)",
                "only ",
            ),
            (
                "sum by (pod) (istio_a) / on (pod) group_left () sum by (pod) (istio_b)",
                "only pod",
            ),
            (
                "sum by (a) (istio_a) or sum by (b) (istio_b)",
                "only a | only b",
            ),
            ("sum by (app) (sum by (app, pod) (istio_a))", "only app"),
            (
                "label_replace(sum by (pod) (istio_a), \"pod\", \"\", \"\", \"\")",
                "only ",
            ),
            ("sum by (pod) (http_requests_total)", "unknown"),
            ("sum by (pod (istio_a)", "unknown"),
            ("{__name__=\"istio_a\"}", "raw but "),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn nesting_has_an_end() {
        for times in [60, 399, 50_000] {
            for (open, close) in [("(", ")"), ("sum(", ")"), ("-", ""), ("1+", "")] {
                let text = format!("{}1{}", open.repeat(times), close.repeat(times));
                let judged = result(&text, &scraped);
                assert!(times < 50_000 || judged.is_none(), "{open}");
            }
        }
    }

    #[test]
    fn groupings_are_found_with_their_places() {
        let text = "sum by (app) (sum(x{by=\"by (a)\"}) BY ( # by (no)\n app , pod )) # by (b)";
        let found = groupings(text);
        let labels: Vec<Vec<&str>> = found
            .iter()
            .map(|g| g.labels.iter().map(|(name, _)| name.as_str()).collect())
            .collect();
        assert_eq!(labels, [vec!["app"], vec!["app", "pod"]]);
        let (_, pod) = &found[1].labels[1];
        assert_eq!(text.get(pod.clone()), Some("pod"));
        assert_eq!(text.get(found[0].span.clone()), Some("by (app)"));
        assert_eq!(groupings("sum by (a"), []);
    }

    #[test]
    fn selectors_pick_by_name() {
        let picked = |text: &str, name: &str| selector(text).map(|m| picks(&m, name));
        assert_eq!(
            picked(r#"{__name__=~"federate:(.*)"}"#, "istio_requests_total"),
            Some(false)
        );
        assert_eq!(
            picked(r#"{__name__=~"istio_(.*)"}"#, "istio_requests_total"),
            Some(true)
        );
        assert_eq!(
            picked(
                "istio_requests_total{reporter='source'}",
                "istio_requests_total"
            ),
            Some(true)
        );
        assert_eq!(
            picked(r#"{"up", job="x"}"#, "istio_requests_total"),
            Some(false)
        );
        assert_eq!(picked(r#"{job="x"}"#, "istio_requests_total"), Some(true));
        assert_eq!(
            picked(r#"{__name__=~".*"}"#, "istio_requests_total"),
            Some(true)
        );
        assert_eq!(
            picked(r#"{__name__=~"istio_("}"#, "istio_requests_total"),
            Some(false)
        );
        assert_eq!(picked("sum(up)", "up"), None);
        assert_eq!(picked("{job=", "up"), None);
    }
}
