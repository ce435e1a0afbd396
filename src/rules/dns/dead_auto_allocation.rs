use crate::finding::Severity;
use crate::fleet::{Cluster, Effective, Fleet, Mesh, Setting, allocation};
use crate::rules::sink::Sink;
use crate::rules::{Check, Rule, odd, rule, words};

pub(crate) const RULE: Rule = rule!(
    "dns/dead-auto-allocation",
    Check::Setting(&[Setting::DnsAutoAllocate], check)
);

fn check(fleet: &Fleet, mesh: &Mesh, setting: Setting, sink: &mut Sink<'_>) {
    let asking: Vec<(&Cluster, &Effective)> = fleet
        .clusters_of(mesh)
        .filter_map(|c| Some((c, c.setting(setting)?)))
        .filter(|(c, s)| s.is_stated() && s.is_true() && c.agreed(setting).is_some())
        .collect();
    let captures = |c: &Cluster| c.agreed(Setting::DnsCapture).map(|v| v == "true");
    let unheard: Vec<(&Cluster, &Effective)> = asking
        .iter()
        .filter(|(c, _)| captures(c) == Some(false))
        .copied()
        .collect();
    report(&unheard, sink, |names| {
        (
            format!(
                "{names}: addresses are allocated for the proxies' DNS, but DNS capture is off, so nobody asks it"
            ),
            "no effect without DNS capture",
            "set `ISTIO_META_DNS_CAPTURE` to \"true\" beside it, or remove it".to_owned(),
        )
    });
    let by_istiod = |c: &Cluster| {
        let plane = c.control_plane();
        plane.is_some_and(|p| allocation::by_istiod(fleet, c, p).on == Some(true))
    };
    let needless: Vec<(&Cluster, &Effective)> = asking
        .into_iter()
        .filter(|(c, _)| captures(c) == Some(true) && by_istiod(c))
        .collect();
    if let Some(mut draft) = report(&needless, sink, |names| {
        (
            format!("{names}: istiod allocates addresses itself, so the proxies need not"),
            "no effect since Istio 1.25",
            format!("remove `{}`", allocation::AGENT_KEY),
        )
    }) {
        draft.severity(Severity::Info);
    }
}

fn report<'s>(
    found: &[(&Cluster, &Effective)],
    sink: &'s mut Sink<'_>,
    text: impl Fn(String) -> (String, &'static str, String),
) -> Option<crate::rules::sink::Draft<'s>> {
    let (_, first) = found.first()?;
    let names = words::list(found.iter().map(|(c, _)| c.name.as_str()));
    let (message, label, help) = text(names);
    let mut draft = sink.report(odd::places(first).0, message);
    draft
        .label(label)
        .clusters(found.iter().map(|(c, _)| *c))
        .subject(Setting::DnsAutoAllocate.title())
        .help(help);
    for (_, setting) in found.iter().skip(1) {
        draft.also(odd::places(setting).0, label);
    }
    Some(draft)
}
