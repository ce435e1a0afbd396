//! One Prometheus a cluster: it scrapes the proxies and istiod, and ships aggregates.

use super::{Cluster, Manifest};

pub(super) fn manifests(cluster: &Cluster) -> Vec<Manifest> {
    vec![
        Manifest::new(
            "observability",
            "prometheus",
            &[NAMESPACE.into(), ACCESS.into(), prometheus(cluster)],
        ),
        Manifest::new("observability", "monitors", &[MONITORS.into()]),
        Manifest::new("observability", "rules", &[RULES.into()]),
    ]
}

const NAMESPACE: &str = "---
apiVersion: v1
kind: Namespace
metadata:
  name: monitoring
  labels:
    kubernetes.io/metadata.name: monitoring
    istio-injection: disabled
";

const ACCESS: &str = r#"---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: prometheus-mesh
  namespace: monitoring
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: prometheus-mesh
rules:
- apiGroups: [""]
  resources: [nodes, nodes/metrics, services, endpoints, pods]
  verbs: [get, list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- nonResourceURLs: [/metrics]
  verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: prometheus-mesh
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: prometheus-mesh
subjects:
- kind: ServiceAccount
  name: prometheus-mesh
  namespace: monitoring
"#;

fn prometheus(cluster: &Cluster) -> String {
    format!(
        r#"---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata:
  name: mesh
  namespace: monitoring
  labels:
    app.kubernetes.io/name: prometheus
spec:
  version: v3.5.0
  replicas: 2
  replicaExternalLabelName: prometheus_replica
  externalLabels:
    cluster: {cluster}
    region: {region}
  serviceAccountName: prometheus-mesh
  retention: 24h
  scrapeInterval: 30s
  evaluationInterval: 30s
  podMonitorSelector:
    matchLabels:
      prometheus: mesh
  podMonitorNamespaceSelector: {{}}
  serviceMonitorSelector:
    matchLabels:
      prometheus: mesh
  serviceMonitorNamespaceSelector: {{}}
  ruleSelector:
    matchLabels:
      prometheus: mesh
  ruleNamespaceSelector: {{}}
  remoteWrite:
  - name: central
    url: https://metrics.shop.example/api/v1/push
    queueConfig:
      capacity: 10000
      maxSamplesPerSend: 2000
      maxShards: 20
    writeRelabelConfigs:
    # Aggregates and the state of the control plane, nothing that is counted for each pod.
    - sourceLabels: [__name__]
      regex: workload:.+|pilot_.+
      action: keep
  resources:
    requests:
      cpu: "1"
      memory: 8Gi
    limits:
      memory: 16Gi
  storage:
    volumeClaimTemplate:
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: 100Gi
---
apiVersion: v1
kind: Service
metadata:
  name: prometheus-mesh
  namespace: monitoring
  labels:
    app.kubernetes.io/name: prometheus
spec:
  type: ClusterIP
  ports:
  - name: http-web
    port: 9090
    targetPort: 9090
    protocol: TCP
  selector:
    prometheus: mesh
"#,
        cluster = cluster.name,
        region = cluster.region
    )
}

const MONITORS: &str = r#"---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: envoy-stats
  namespace: monitoring
  labels:
    prometheus: mesh
spec:
  selector:
    matchExpressions:
    - key: istio-prometheus-ignore
      operator: DoesNotExist
  namespaceSelector:
    any: true
  sampleLimit: 50000
  targetLimit: 5000
  labelLimit: 60
  podMetricsEndpoints:
  - path: /stats/prometheus
    port: http-envoy-prom
    interval: 30s
    relabelings:
    - sourceLabels: [__meta_kubernetes_pod_container_name]
      regex: istio-proxy
      action: keep
    metricRelabelings:
    - sourceLabels: [__name__]
      regex: istio_.+|envoy_cluster_upstream_cx_active|envoy_server_memory_allocated
      action: keep
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: istiod
  namespace: monitoring
  labels:
    prometheus: mesh
spec:
  selector:
    matchLabels:
      app: istiod
      istio: pilot
  namespaceSelector:
    matchNames:
    - istio-system
  sampleLimit: 20000
  targetLimit: 20
  labelLimit: 60
  endpoints:
  - port: http-monitoring
    interval: 30s
"#;

/// Rates by workload, both clusters kept, so that calls between clusters stay apart from those within one.
const RULES: &str = r#"---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: mesh-http
  namespace: monitoring
  labels:
    prometheus: mesh
spec:
  groups:
  - name: mesh-http
    interval: 30s
    rules:
    - record: workload:istio_requests:rate5m
      expr: |-
        sum by (
          source_workload, source_workload_namespace, source_cluster,
          destination_workload, destination_workload_namespace, destination_service, destination_cluster,
          request_method, response_code, response_flags
        ) (rate(istio_requests_total{reporter="destination"}[5m]))
    - record: workload:istio_request_duration_milliseconds_bucket:rate5m
      expr: |-
        sum by (
          source_cluster, destination_workload, destination_workload_namespace, destination_cluster, le
        ) (rate(istio_request_duration_milliseconds_bucket{reporter="destination"}[5m]))
    - record: workload:istio_request_bytes:rate5m
      expr: |-
        sum by (
          source_cluster, destination_workload, destination_workload_namespace, destination_cluster
        ) (rate(istio_request_bytes_sum{reporter="destination"}[5m]))
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: mesh-tcp
  namespace: monitoring
  labels:
    prometheus: mesh
spec:
  groups:
  - name: mesh-tcp
    interval: 30s
    rules:
    - record: workload:istio_tcp_sent_bytes:rate5m
      expr: |-
        sum by (
          source_workload, source_workload_namespace, source_cluster,
          destination_workload, destination_workload_namespace, destination_cluster
        ) (rate(istio_tcp_sent_bytes_total{reporter="destination"}[5m]))
    - record: workload:istio_tcp_connections_opened:rate5m
      expr: |-
        sum by (
          source_workload, source_workload_namespace, source_cluster,
          destination_workload, destination_workload_namespace, destination_cluster
        ) (rate(istio_tcp_connections_opened_total{reporter="destination"}[5m]))
"#;
