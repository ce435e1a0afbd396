//! The kinds that meshlint knows, by API group and name; the version of an API never matters to what is checked.

/// A kind with a view of its own. Everything else is [`Kind::Other`]: kept, listed, never judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    // core
    ConfigMap,
    Namespace,
    Node,
    Pod,
    Secret,
    Service,
    ServiceAccount,
    // workloads
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    ReplicaSet,
    StatefulSet,
    // Istio
    AuthorizationPolicy,
    DestinationRule,
    EnvoyFilter,
    Gateway,
    IstioOperator,
    PeerAuthentication,
    ProxyConfig,
    RequestAuthentication,
    ServiceEntry,
    Sidecar,
    Telemetry,
    VirtualService,
    WasmPlugin,
    WorkloadEntry,
    WorkloadGroup,
    // Sail operator
    ZTunnel,
    // Gateway API
    K8sGateway,
    GrpcRoute,
    HttpRoute,
    // Prometheus Operator
    PodMonitor,
    Probe,
    Prometheus,
    PrometheusAgent,
    PrometheusRule,
    ScrapeConfig,
    ServiceMonitor,
    Alertmanager,
    ThanosRuler,
    // GitOps
    Application,
    ApplicationSet,
    Kustomization,
    KustomizeComponent,
    FluxKustomization,
    // platform
    IpAddressPool,
    CustomResourceDefinition,
    MutatingWebhookConfiguration,
    ValidatingWebhookConfiguration,
    Other,
}

use Kind::*;

const KINDS: &[(&str, &str, Kind)] = &[
    ("", "ConfigMap", ConfigMap),
    ("", "Namespace", Namespace),
    ("", "Node", Node),
    ("", "Pod", Pod),
    ("", "Secret", Secret),
    ("", "Service", Service),
    ("", "ServiceAccount", ServiceAccount),
    ("batch", "CronJob", CronJob),
    ("apps", "DaemonSet", DaemonSet),
    ("apps", "Deployment", Deployment),
    ("extensions", "Deployment", Deployment),
    ("batch", "Job", Job),
    ("apps", "ReplicaSet", ReplicaSet),
    ("apps", "StatefulSet", StatefulSet),
    (
        "security.istio.io",
        "AuthorizationPolicy",
        AuthorizationPolicy,
    ),
    ("networking.istio.io", "DestinationRule", DestinationRule),
    ("networking.istio.io", "EnvoyFilter", EnvoyFilter),
    ("networking.istio.io", "Gateway", Gateway),
    ("install.istio.io", "IstioOperator", IstioOperator),
    (
        "security.istio.io",
        "PeerAuthentication",
        PeerAuthentication,
    ),
    ("networking.istio.io", "ProxyConfig", ProxyConfig),
    (
        "security.istio.io",
        "RequestAuthentication",
        RequestAuthentication,
    ),
    ("networking.istio.io", "ServiceEntry", ServiceEntry),
    ("networking.istio.io", "Sidecar", Sidecar),
    ("telemetry.istio.io", "Telemetry", Telemetry),
    ("networking.istio.io", "VirtualService", VirtualService),
    ("extensions.istio.io", "WasmPlugin", WasmPlugin),
    ("networking.istio.io", "WorkloadEntry", WorkloadEntry),
    ("networking.istio.io", "WorkloadGroup", WorkloadGroup),
    ("sailoperator.io", "ZTunnel", ZTunnel),
    ("gateway.networking.k8s.io", "Gateway", K8sGateway),
    ("gateway.networking.k8s.io", "GRPCRoute", GrpcRoute),
    ("gateway.networking.k8s.io", "HTTPRoute", HttpRoute),
    ("monitoring.coreos.com", "PodMonitor", PodMonitor),
    ("monitoring.coreos.com", "Probe", Probe),
    ("monitoring.coreos.com", "Prometheus", Prometheus),
    ("monitoring.coreos.com", "PrometheusAgent", PrometheusAgent),
    ("monitoring.coreos.com", "PrometheusRule", PrometheusRule),
    ("monitoring.coreos.com", "ScrapeConfig", ScrapeConfig),
    ("monitoring.coreos.com", "ServiceMonitor", ServiceMonitor),
    ("monitoring.coreos.com", "Alertmanager", Alertmanager),
    ("monitoring.coreos.com", "ThanosRuler", ThanosRuler),
    ("argoproj.io", "Application", Application),
    ("argoproj.io", "ApplicationSet", ApplicationSet),
    ("kustomize.config.k8s.io", "Kustomization", Kustomization),
    ("kustomize.config.k8s.io", "Component", KustomizeComponent),
    (
        "kustomize.toolkit.fluxcd.io",
        "Kustomization",
        FluxKustomization,
    ),
    ("metallb.io", "IPAddressPool", IpAddressPool),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        CustomResourceDefinition,
    ),
    (
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
        MutatingWebhookConfiguration,
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        ValidatingWebhookConfiguration,
    ),
];

impl Kind {
    /// The kind that an `apiVersion` and a `kind` name.
    pub fn of(api_version: &str, kind: &str) -> Kind {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        KINDS
            .iter()
            .find(|(g, name, _)| *name == kind && *g == group)
            .map_or(Other, |(_, _, kind)| *kind)
    }

    /// The name as it is written in a manifest; `""` for [`Kind::Other`].
    pub fn name(self) -> &'static str {
        KINDS
            .iter()
            .find(|(_, _, kind)| *kind == self)
            .map_or("", |(_, name, _)| name)
    }

    /// The known kinds that go by this name; `Gateway` is two.
    pub fn named(name: &str) -> Vec<Kind> {
        let mut found: Vec<Kind> = KINDS
            .iter()
            .filter(|(_, n, _)| *n == name)
            .map(|(_, _, kind)| *kind)
            .collect();
        found.dedup();
        found
    }

    /// Has no namespace, whatever the manifest or a kustomization says.
    pub fn is_cluster_scoped(self) -> bool {
        matches!(
            self,
            Namespace
                | Node
                | CustomResourceDefinition
                | MutatingWebhookConfiguration
                | ValidatingWebhookConfiguration
                | ZTunnel
        )
    }

    /// Describes how to build something, and is never applied to a cluster.
    pub fn is_build_input(self) -> bool {
        matches!(self, Kustomization | KustomizeComponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_group_and_name_whatever_its_version() {
        assert_eq!(Kind::of("networking.istio.io/v1alpha3", "Gateway"), Gateway);
        assert_eq!(Kind::of("networking.istio.io/v1", "Gateway"), Gateway);
        assert_eq!(
            Kind::of("gateway.networking.k8s.io/v1", "Gateway"),
            K8sGateway
        );
        assert_eq!(Kind::of("v1", "Service"), Service);
        assert_eq!(Kind::of("serving.knative.dev/v1", "Service"), Other);
    }
}
