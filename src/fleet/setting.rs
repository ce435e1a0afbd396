//! The settings that clusters are compared by: where each is written, and what holds when nobody says it.
//!
//! A table, so that a further setting is a further entry. Facts: istio.io reference of MeshConfig and the Helm
//! charts `istiod` and `base`; defaults that moved between versions are said where they matter.

use crate::yaml::Place;
use ustr::Ustr;

/// A setting of a control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    ClusterName,
    MeshId,
    Network,
    TrustDomain,
    ClusterDomain,
    RootNamespace,
    Version,
    DnsCapture,
    DnsAutoAllocate,
    AutoMtls,
}

/// Where a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A path in the mesh configuration: ConfigMap `istio[-rev]`, key `mesh`.
    Mesh(&'static [&'static str]),
    /// A path in the injector's values: ConfigMap `istio-sidecar-injector[-rev]`, key `values`.
    Injector(&'static [&'static str]),
    /// An environment variable of istiod.
    Env(&'static str),
    /// A flag of istiod.
    Flag(&'static str),
    /// The tag of istiod's image.
    ImageTag,
    /// A path in the `spec` of an IstioOperator.
    Operator(&'static [&'static str]),
}

/// What holds when no source says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// The same in every supported version of Istio.
    Always(&'static str),
    /// The value of another setting.
    Of(Setting),
    /// Cannot be known.
    Unknown,
}

pub struct Definition {
    pub setting: Setting,
    /// As it is called in messages.
    pub title: &'static str,
    /// `Boolean` values are compared as Istio parses them, not as they are spelt.
    pub boolean: bool,
    /// The first that says something wins.
    pub rendered: &'static [Source],
    pub intent: &'static [Source],
    pub fallback: Fallback,
}

use Fallback::{Always, Of, Unknown};
use Source::{Env, Flag, ImageTag, Injector, Mesh, Operator};

pub const DEFINITIONS: &[Definition] = &[
    Definition {
        setting: Setting::ClusterName,
        title: "cluster name",
        boolean: false,
        rendered: &[
            Env("CLUSTER_ID"),
            Injector(&["global", "multiCluster", "clusterName"]),
        ],
        intent: &[Operator(&[
            "values",
            "global",
            "multiCluster",
            "clusterName",
        ])],
        fallback: Always("Kubernetes"),
    },
    Definition {
        setting: Setting::MeshId,
        title: "mesh ID",
        boolean: false,
        rendered: &[
            Mesh(&["defaultConfig", "meshId"]),
            Injector(&["global", "meshID"]),
        ],
        intent: &[
            Operator(&["values", "global", "meshID"]),
            Operator(&["values", "meshConfig", "defaultConfig", "meshId"]),
            Operator(&["meshConfig", "defaultConfig", "meshId"]),
        ],
        fallback: Of(Setting::TrustDomain),
    },
    Definition {
        setting: Setting::Network,
        title: "network",
        boolean: false,
        rendered: &[Injector(&["global", "network"])],
        intent: &[Operator(&["values", "global", "network"])],
        fallback: Always(""),
    },
    Definition {
        setting: Setting::TrustDomain,
        title: "trust domain",
        boolean: false,
        rendered: &[Mesh(&["trustDomain"])],
        intent: &[
            Operator(&["values", "meshConfig", "trustDomain"]),
            Operator(&["meshConfig", "trustDomain"]),
        ],
        fallback: Always("cluster.local"),
    },
    Definition {
        setting: Setting::ClusterDomain,
        title: "cluster domain",
        boolean: false,
        rendered: &[
            Flag("--domain"),
            Injector(&["global", "proxy", "clusterDomain"]),
        ],
        intent: &[Operator(&["values", "global", "proxy", "clusterDomain"])],
        fallback: Always("cluster.local"),
    },
    Definition {
        setting: Setting::RootNamespace,
        title: "root namespace",
        boolean: false,
        rendered: &[
            Mesh(&["rootNamespace"]),
            Injector(&["global", "istioNamespace"]),
        ],
        intent: &[
            Operator(&["values", "meshConfig", "rootNamespace"]),
            Operator(&["meshConfig", "rootNamespace"]),
            Operator(&["values", "global", "istioNamespace"]),
            Operator(&["namespace"]),
        ],
        fallback: Always("istio-system"),
    },
    Definition {
        setting: Setting::Version,
        title: "Istio version",
        boolean: false,
        rendered: &[ImageTag, Injector(&["global", "tag"])],
        intent: &[
            Operator(&["components", "pilot", "tag"]),
            Operator(&["tag"]),
            Operator(&["values", "global", "tag"]),
        ],
        fallback: Unknown,
    },
    Definition {
        setting: Setting::DnsCapture,
        title: "DNS capture",
        boolean: true,
        rendered: &[Mesh(&[
            "defaultConfig",
            "proxyMetadata",
            "ISTIO_META_DNS_CAPTURE",
        ])],
        intent: &[
            Operator(&[
                "values",
                "meshConfig",
                "defaultConfig",
                "proxyMetadata",
                "ISTIO_META_DNS_CAPTURE",
            ]),
            Operator(&[
                "meshConfig",
                "defaultConfig",
                "proxyMetadata",
                "ISTIO_META_DNS_CAPTURE",
            ]),
            Operator(&[
                "values",
                "global",
                "proxy",
                "proxyMetadata",
                "ISTIO_META_DNS_CAPTURE",
            ]),
        ],
        fallback: Always("false"),
    },
    Definition {
        setting: Setting::DnsAutoAllocate,
        title: "DNS auto-allocation",
        boolean: true,
        rendered: &[Mesh(&[
            "defaultConfig",
            "proxyMetadata",
            "ISTIO_META_DNS_AUTO_ALLOCATE",
        ])],
        intent: &[
            Operator(&[
                "values",
                "meshConfig",
                "defaultConfig",
                "proxyMetadata",
                "ISTIO_META_DNS_AUTO_ALLOCATE",
            ]),
            Operator(&[
                "meshConfig",
                "defaultConfig",
                "proxyMetadata",
                "ISTIO_META_DNS_AUTO_ALLOCATE",
            ]),
        ],
        fallback: Always("false"),
    },
    Definition {
        setting: Setting::AutoMtls,
        title: "auto mTLS",
        boolean: true,
        rendered: &[Mesh(&["enableAutoMtls"])],
        intent: &[
            Operator(&["values", "meshConfig", "enableAutoMtls"]),
            Operator(&["meshConfig", "enableAutoMtls"]),
        ],
        fallback: Always("true"),
    },
];

impl Setting {
    pub fn all() -> impl Iterator<Item = Setting> {
        DEFINITIONS.iter().map(|d| d.setting)
    }

    pub fn definition(self) -> Option<&'static Definition> {
        DEFINITIONS.iter().find(|d| d.setting == self)
    }

    pub fn title(self) -> &'static str {
        self.definition().map_or("", |d| d.title)
    }
}

/// How sure a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A rendered object or a literal says it.
    Exact,
    /// Rules of a chart or profile were applied to what is written.
    Derived,
    /// Nobody says it; it is what this version of Istio does.
    Default,
    /// Templated, ambiguous, or not given.
    Unknown,
}

/// One source's word on a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    pub source: Source,
    pub value: Ustr,
    pub place: Place,
}

/// What a setting comes to in one control plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// Empty also where the setting is known to be empty; look at `confidence`.
    pub value: Ustr,
    pub confidence: Confidence,
    /// The value, or the closest place where it would be written.
    pub place: Place,
    /// What the rendered manifests say, the winner first.
    pub rendered: Vec<Statement>,
    /// What the IstioOperators say that they were rendered from, the winner first.
    pub intent: Vec<Statement>,
}

impl Effective {
    /// Written down, rather than left to the default.
    pub fn is_stated(&self) -> bool {
        matches!(self.confidence, Confidence::Exact | Confidence::Derived)
    }

    pub fn is_known(&self) -> bool {
        self.confidence != Confidence::Unknown
    }

    /// The value when it is known.
    pub fn known(&self) -> Option<Ustr> {
        self.is_known().then_some(self.value)
    }

    pub fn is_true(&self) -> bool {
        self.value == "true"
    }

    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.rendered.iter().chain(&self.intent)
    }
}

/// A boolean as Go's `strconv.ParseBool` and protobuf's JSON read it; other words stay as they are.
pub fn canonical_boolean(text: &str) -> &str {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => "true",
        "0" | "f" | "F" | "FALSE" | "false" | "False" => "false",
        other => other,
    }
}

/// A value that something else fills in before it is applied.
pub fn is_templated(text: &str) -> bool {
    text.contains("{{") || text.contains("${") || text.contains("$(")
}
