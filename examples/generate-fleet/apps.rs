//! The namespaces and services of the shop, as a chart would render them.

use super::{Cluster, Fleet, Manifest, Namespace, Protocol, Service};
use std::fmt::Write;

pub(super) fn manifests(fleet: &Fleet, cluster: &Cluster, namespace: &Namespace) -> Vec<Manifest> {
    let folder = format!("apps/{}", namespace.name);
    let mut all = vec![Manifest::new(
        folder.as_str(),
        "namespace",
        &[
            namespace_document(namespace),
            quota(namespace),
            access(namespace),
            sidecar(namespace),
            external_service(fleet, namespace),
        ],
    )];
    for service in &namespace.services {
        let workload = workload(fleet, cluster, service);
        let traffic = traffic(fleet, service);
        let config = config(fleet, cluster, service);
        match Files::of(fleet, service) {
            Files::One => {
                let documents = [workload, vec![config], traffic].concat();
                all.push(Manifest::new(
                    folder.as_str(),
                    service.name.as_str(),
                    &documents,
                ));
            }
            Files::Two => {
                let documents = [vec![config], workload].concat();
                all.push(Manifest::new(
                    folder.as_str(),
                    service.name.as_str(),
                    &documents,
                ));
                all.push(Manifest::new(
                    folder.as_str(),
                    format!("{}-mesh", service.name),
                    &traffic,
                ));
            }
            Files::Folder => {
                let folder = format!("{folder}/{}", service.name);
                all.push(Manifest::new(folder.as_str(), "workload", &workload));
                all.push(Manifest::new(folder.as_str(), "config", &[config]));
                all.push(Manifest::new(folder.as_str(), "mesh", &traffic));
            }
        }
    }
    all.retain(|manifest| !manifest.text.is_empty());
    all
}

/// How the documents of a service are spread over files.
enum Files {
    One,
    Two,
    Folder,
}

impl Files {
    fn of(fleet: &Fleet, service: &Service) -> Self {
        match fleet.number(&format!("{}/files", service.host()), 10) {
            0..=3 => Self::One,
            4..=7 => Self::Two,
            _ => Self::Folder,
        }
    }
}

/// The file that holds the service's DestinationRule, as `folder/stem`.
pub(super) fn traffic_file(fleet: &Fleet, service: &Service) -> String {
    let (namespace, name) = (service.namespace, &service.name);
    match Files::of(fleet, service) {
        Files::One => format!("apps/{namespace}/{name}"),
        Files::Two => format!("apps/{namespace}/{name}-mesh"),
        Files::Folder => format!("apps/{namespace}/{name}/mesh"),
    }
}

pub(super) fn has_destination_rule(fleet: &Fleet, service: &Service) -> bool {
    fleet.chance(&format!("{}/destination-rule", service.host()), 60)
}

fn namespace_document(namespace: &Namespace) -> String {
    format!(
        "---
apiVersion: v1
kind: Namespace
metadata:
  name: {name}
  labels:
    kubernetes.io/metadata.name: {name}
    istio-injection: enabled
    shop.example/team: {name}
    shop.example/tier: application
  annotations:
    shop.example/on-call: {name}-primary
    shop.example/runbook: https://runbooks.shop.example/{name}
",
        name = namespace.name
    )
}

fn quota(namespace: &Namespace) -> String {
    format!(
        r#"---
apiVersion: v1
kind: ResourceQuota
metadata:
  name: compute
  namespace: {name}
spec:
  hard:
    requests.cpu: "200"
    requests.memory: 400Gi
    limits.memory: 800Gi
    pods: "600"
    services.loadbalancers: "0"
---
apiVersion: v1
kind: LimitRange
metadata:
  name: defaults
  namespace: {name}
spec:
  limits:
  - type: Container
    default:
      memory: 512Mi
    defaultRequest:
      cpu: 50m
      memory: 128Mi
"#,
        name = namespace.name
    )
}

fn access(namespace: &Namespace) -> String {
    format!(
        r#"---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {name}-operators
  namespace: {name}
rules:
- apiGroups: ["", apps, autoscaling, policy]
  resources: [pods, pods/log, services, configmaps, deployments, horizontalpodautoscalers, poddisruptionbudgets]
  verbs: [get, list, watch]
- apiGroups: [apps]
  resources: [deployments/scale]
  verbs: [update, patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {name}-operators
  namespace: {name}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {name}-operators
subjects:
- apiGroup: rbac.authorization.k8s.io
  kind: Group
  name: team:{name}
"#,
        name = namespace.name
    )
}

/// What the proxies of the namespace are told about: all that its services call, and no more.
fn sidecar(namespace: &Namespace) -> String {
    let mut text = format!(
        "---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata:
  name: default
  namespace: {name}
spec:
  egress:
  - hosts:
    - ./*
    - istio-system/*
",
        name = namespace.name
    );
    for other in &namespace.calls {
        let _ = writeln!(text, "    - {other}/*");
    }
    text
}

fn external_service(fleet: &Fleet, namespace: &Namespace) -> String {
    let name = namespace.name;
    if !fleet.chance(&format!("{name}/external"), 60) {
        return String::new();
    }
    format!(
        "---
# What this team buys from outside.
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: {name}-partner
  namespace: {name}
spec:
  hosts:
  - api.{name}-partner.example
  exportTo:
  - .
  location: MESH_EXTERNAL
  resolution: DNS
  ports:
  - number: 443
    name: tls
    protocol: TLS
"
    )
}

/// The labels and annotations that the chart puts on everything. More annotations may follow.
fn labels(service: &Service) -> String {
    let Service {
        name,
        namespace,
        version,
        ..
    } = service;
    format!(
        "  labels:
    app: {name}
    app.kubernetes.io/name: {name}
    app.kubernetes.io/instance: {name}
    app.kubernetes.io/part-of: {namespace}
    app.kubernetes.io/version: {version}
    app.kubernetes.io/managed-by: Helm
    helm.sh/chart: shop-service-4.7.1
  annotations:
    meta.helm.sh/release-name: {name}
    meta.helm.sh/release-namespace: {namespace}
    argocd.argoproj.io/tracking-id: {namespace}-{name}:shop-service/{namespace}/{name}
"
    )
}

fn workload(fleet: &Fleet, cluster: &Cluster, service: &Service) -> Vec<String> {
    let key = service.host();
    let mut documents = vec![
        account(service),
        service_document(service),
        deployment(fleet, cluster, service),
    ];
    if fleet.chance(&format!("{key}/autoscaler"), 55) {
        documents.push(autoscaler(fleet, cluster, service));
    }
    if fleet.chance(&format!("{key}/budget"), 50) {
        documents.push(disruption_budget(service));
    }
    documents
}

fn account(service: &Service) -> String {
    let Service {
        name, namespace, ..
    } = service;
    format!(
        "---
# Source: shop-service/templates/serviceaccount.yaml
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}
  namespace: {namespace}
{labels}automountServiceAccountToken: false
",
        labels = labels(service)
    )
}

fn service_document(service: &Service) -> String {
    let Service {
        name,
        namespace,
        protocol,
        ..
    } = service;
    format!(
        "---
# Source: shop-service/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {namespace}
{labels}spec:
  type: ClusterIP
  ports:
  - name: {port_name}
    port: {port}
    targetPort: {port_name}
    protocol: TCP
  - name: http-metrics
    port: 9102
    targetPort: http-metrics
    protocol: TCP
  selector:
    app: {name}
    app.kubernetes.io/instance: {name}
",
        labels = labels(service),
        port_name = protocol.port_name(),
        port = protocol.port()
    )
}

/// How many pods a cluster runs: its own business.
fn replicas(fleet: &Fleet, cluster: &Cluster, service: &Service) -> usize {
    2 + fleet.number(&format!("{}/{}/replicas", cluster.name, service.host()), 4)
}

fn deployment(fleet: &Fleet, cluster: &Cluster, service: &Service) -> String {
    let Service {
        name,
        namespace,
        version,
        protocol,
        ..
    } = service;
    let key = service.host();
    let memory = 128 << fleet.number(&format!("{key}/memory"), 4);
    let (probe, liveness) = match protocol {
        Protocol::Http => (
            "httpGet: {path: /healthz/ready, port: http}",
            "httpGet: {path: /healthz/live, port: http}",
        ),
        Protocol::Grpc => ("grpc: {port: 9090}", "grpc: {port: 9090}"),
        Protocol::Redis => (
            "tcpSocket: {port: tcp-redis}",
            "tcpSocket: {port: tcp-redis}",
        ),
    };
    format!(
        r#"---
# Source: shop-service/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
{labels}    shop.example/revision: "{revision}"
spec:
  replicas: {replicas}
  revisionHistoryLimit: 3
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 0
  selector:
    matchLabels:
      app: {name}
      app.kubernetes.io/instance: {name}
  template:
    metadata:
      annotations:
        proxy.istio.io/config: |
          concurrency: {concurrency}
          holdApplicationUntilProxyStarts: true
        checksum/config: "{checksum}"
        kubectl.kubernetes.io/default-container: {name}
      labels:
        app: {name}
        version: v1
        app.kubernetes.io/name: {name}
        app.kubernetes.io/instance: {name}
        app.kubernetes.io/part-of: {namespace}
        app.kubernetes.io/version: {version}
    spec:
      serviceAccountName: {name}
      terminationGracePeriodSeconds: 45
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile:
          type: RuntimeDefault
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
          - weight: 100
            podAffinityTerm:
              topologyKey: kubernetes.io/hostname
              labelSelector:
                matchLabels:
                  app: {name}
                  app.kubernetes.io/instance: {name}
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: topology.kubernetes.io/zone
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels:
            app: {name}
      containers:
      - name: {name}
        image: "shop/{namespace}-{name}:{version}"
        imagePullPolicy: IfNotPresent
        args:
        - --config=/etc/{name}/application.yaml
        - --shutdown-grace=30s
        ports:
        - name: {port_name}
          containerPort: {port}
          protocol: TCP
        - name: http-metrics
          containerPort: 9102
          protocol: TCP
        env:
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        - name: POD_NAMESPACE
          valueFrom:
            fieldRef:
              fieldPath: metadata.namespace
        - name: CLUSTER
          value: {cluster}
        - name: REGION
          value: {region}
        - name: LOG_LEVEL
          value: info
        - name: HTTP_MAX_HEADER_BYTES
          value: "16384"
        - name: METRICS_ADDRESS
          value: 0.0.0.0:9102
        - name: MEMORY_LIMIT
          valueFrom:
            resourceFieldRef:
              containerName: {name}
              resource: limits.memory
{urls}        resources:
          requests:
            cpu: {cpu}m
            memory: {memory}Mi
          limits:
            memory: {limit}Mi
        startupProbe:
          {probe}
          periodSeconds: 5
          failureThreshold: 30
        readinessProbe:
          {probe}
          periodSeconds: 10
          timeoutSeconds: 2
        livenessProbe:
          {liveness}
          periodSeconds: 20
          timeoutSeconds: 2
        lifecycle:
          preStop:
            exec:
              command: [/bin/sh, -c, "sleep 10"]
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities:
            drop:
            - ALL
        volumeMounts:
        - name: config
          mountPath: /etc/{name}
          readOnly: true
        - name: scratch
          mountPath: /tmp
      volumes:
      - name: config
        configMap:
          name: {name}
          optional: true
      - name: scratch
        emptyDir:
          sizeLimit: 256Mi
"#,
        labels = labels(service),
        revision = fleet.number(&format!("{key}/revision"), 900) + 100,
        replicas = replicas(fleet, cluster, service),
        concurrency = 1 + fleet.number(&format!("{key}/concurrency"), 3),
        checksum = checksum(fleet, &key),
        port_name = protocol.port_name(),
        port = protocol.port(),
        cluster = cluster.name,
        region = cluster.region,
        urls = urls(service),
        cpu = 50 * (1 + fleet.number(&format!("{key}/cpu"), 10)),
        limit = memory * 2,
    )
}

fn checksum(fleet: &Fleet, key: &str) -> String {
    (0..8)
        .map(|word| {
            format!(
                "{:08x}",
                fleet.number(&format!("{key}/checksum/{word}"), 0xffff_ffff)
            )
        })
        .collect()
}

/// Where the service finds those that it calls.
fn urls(service: &Service) -> String {
    let mut text = String::new();
    for peer in &service.calls {
        let name = peer.name.replace('-', "_").to_uppercase();
        let scheme = match peer.protocol {
            Protocol::Http => "http",
            Protocol::Grpc => "dns",
            Protocol::Redis => "redis",
        };
        let (host, port) = (peer.host(), peer.protocol.port());
        let _ = writeln!(
            text,
            "        - name: {name}_URL\n          value: {scheme}://{host}:{port}"
        );
    }
    text
}

fn autoscaler(fleet: &Fleet, cluster: &Cluster, service: &Service) -> String {
    let Service {
        name, namespace, ..
    } = service;
    let least = replicas(fleet, cluster, service);
    format!(
        "---
# Source: shop-service/templates/hpa.yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {name}
  namespace: {namespace}
{labels}spec:
  minReplicas: {least}
  maxReplicas: {most}
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {name}
  metrics:
  - type: Resource
    resource:
      name: cpu
      target:
        type: Utilization
        averageUtilization: 70
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300
      policies:
      - type: Percent
        value: 20
        periodSeconds: 60
",
        labels = labels(service),
        most = least * 4
    )
}

fn disruption_budget(service: &Service) -> String {
    let Service {
        name, namespace, ..
    } = service;
    format!(
        "---
# Source: shop-service/templates/pdb.yaml
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {name}
  namespace: {namespace}
{labels}spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app: {name}
      app.kubernetes.io/instance: {name}
",
        labels = labels(service)
    )
}

fn traffic(fleet: &Fleet, service: &Service) -> Vec<String> {
    let mut documents = Vec::new();
    if has_destination_rule(fleet, service) {
        documents.push(destination_rule(fleet, service));
    }
    if service.protocol != Protocol::Redis
        && fleet.chance(&format!("{}/virtual-service", service.host()), 60)
    {
        documents.push(virtual_service(fleet, service));
    }
    if !service.callers.is_empty() && fleet.chance(&format!("{}/authorization", service.host()), 80)
    {
        documents.push(authorization(fleet, service));
    }
    documents
}

fn destination_rule(fleet: &Fleet, service: &Service) -> String {
    let Service {
        name,
        namespace,
        protocol,
        ..
    } = service;
    let (host, key) = (service.host(), service.host());
    let http = match protocol {
        Protocol::Redis => String::new(),
        _ => format!(
            "      http:
        http2MaxRequests: {requests}
        maxRequestsPerConnection: {per_connection}
        idleTimeout: 90s
",
            requests = 256 << fleet.number(&format!("{key}/requests"), 4),
            per_connection = 100 * (1 + fleet.number(&format!("{key}/per-connection"), 20)),
        ),
    };
    format!(
        "---
# Source: shop-service/templates/destinationrule.yaml
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: {name}
  namespace: {namespace}
{labels}spec:
  host: {host}
  trafficPolicy:
    connectionPool:
      tcp:
        maxConnections: {connections}
        connectTimeout: 2s
{http}    loadBalancer:
      simple: LEAST_REQUEST
      localityLbSetting:
        enabled: true
    outlierDetection:
      consecutive5xxErrors: {errors}
      interval: 10s
      baseEjectionTime: 30s
      maxEjectionPercent: 50
  subsets:
  - name: v1
    labels:
      version: v1
",
        labels = labels(service),
        connections = 128 << fleet.number(&format!("{key}/connections"), 4),
        errors = 3 + fleet.number(&format!("{key}/errors"), 5),
    )
}

fn virtual_service(fleet: &Fleet, service: &Service) -> String {
    let Service {
        name,
        namespace,
        protocol,
        ..
    } = service;
    let (host, key, port) = (service.host(), service.host(), protocol.port());
    let subset = if has_destination_rule(fleet, service) {
        "\n        subset: v1"
    } else {
        ""
    };
    let path = match protocol {
        Protocol::Grpc => format!("/shop.{namespace}.v1.{}/", grpc_service(name)),
        _ => format!("/{namespace}/v1/"),
    };
    let (slow, fast) = (
        2 + fleet.number(&format!("{key}/slow"), 9),
        1 + fleet.number(&format!("{key}/fast"), 2),
    );
    format!(
        r#"---
# Source: shop-service/templates/virtualservice.yaml
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: {name}
  namespace: {namespace}
{labels}spec:
  hosts:
  - {host}
  http:
  - name: long-running
    match:
    - uri:
        prefix: {path}
      headers:
        x-shop-batch:
          exact: "true"
    timeout: {long}s
    route:
    - destination:
        host: {host}
        port:
          number: {port}{subset}
  - name: default
    timeout: {slow}s
    retries:
      attempts: 2
      perTryTimeout: {fast}s
      retryOn: connect-failure,refused-stream,unavailable,gateway-error
    route:
    - destination:
        host: {host}
        port:
          number: {port}{subset}
"#,
        labels = labels(service),
        long = slow * 10
    )
}

/// `order-router` to `OrderRouter`.
fn grpc_service(name: &str) -> String {
    name.split('-')
        .flat_map(|word| {
            word.chars()
                .take(1)
                .flat_map(char::to_uppercase)
                .chain(word.chars().skip(1))
        })
        .collect()
}

fn authorization(fleet: &Fleet, service: &Service) -> String {
    let Service {
        name,
        namespace,
        protocol,
        ..
    } = service;
    let mut text = format!(
        "---
# Source: shop-service/templates/authorizationpolicy.yaml
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: {name}-callers
  namespace: {namespace}
{labels}spec:
  selector:
    matchLabels:
      app: {name}
  action: ALLOW
  rules:
  - from:
    - source:
        principals:
",
        labels = labels(service)
    );
    for peer in &service.callers {
        let _ = writeln!(
            text,
            "        - cluster.local/ns/{}/sa/{}",
            peer.namespace, peer.name
        );
    }
    let _ = writeln!(
        text,
        "    to:\n    - operation:\n        ports: [\"{}\"]",
        protocol.port()
    );
    match protocol {
        Protocol::Http => {
            text.push_str("        methods: [GET, HEAD, POST");
            if fleet.chance(&format!("{}/writes", service.host()), 50) {
                text.push_str(", PUT, PATCH, DELETE");
            }
            text.push_str("]\n");
        }
        Protocol::Grpc => {
            let _ = writeln!(
                text,
                "        paths: [\"/shop.{namespace}.v1.{}/*\"]",
                grpc_service(name)
            );
        }
        Protocol::Redis => {}
    }
    text
}

/// The settings of the application: YAML, JSON and properties in strings. Not every service has any.
fn config(fleet: &Fleet, cluster: &Cluster, service: &Service) -> String {
    let Service {
        name, namespace, ..
    } = service;
    let key = service.host();
    if !fleet.chance(&format!("{key}/config"), 80) {
        return String::new();
    }
    let mut text = format!(
        "---
# Source: shop-service/templates/configmap.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
  namespace: {namespace}
{labels}data:
  application.yaml: |
    service:
      name: {name}
      region: {region}
      pool: {pool}
      shutdown: 30s
    features:
",
        labels = labels(service),
        region = cluster.region,
        pool = 8 << fleet.number(&format!("{key}/pool"), 4),
    );
    const FEATURES: [&str; 12] = [
        "audit-trail",
        "bulk-read",
        "cache-warmup",
        "circuit-report",
        "deferred-write",
        "fallback-locale",
        "idempotency-keys",
        "partial-response",
        "price-snapshot",
        "read-replica",
        "shadow-compare",
        "strict-schema",
    ];
    for feature in FEATURES {
        if fleet.chance(&format!("{key}/feature/{feature}"), 60) {
            let percent = fleet.number(&format!("{key}/feature/{feature}/percent"), 101);
            let _ = writeln!(
                text,
                "      {feature}:\n        enabled: {}\n        percent: {percent}",
                percent > 0
            );
        }
    }
    text.push_str("    clients:\n");
    for peer in &service.calls {
        let _ = writeln!(
            text,
            "      {}:\n        address: {}:{}\n        timeout: {}ms\n        pool:\n          idle: 10\n          open: 100",
            peer.name,
            peer.host(),
            peer.protocol.port(),
            200 + 50 * fleet.number(&format!("{key}/client/{}", peer.host()), 20)
        );
    }
    if service.calls.is_empty() {
        text.push_str("      {}\n");
    }
    let _ = writeln!(
        text,
        "  logging.properties: |
    root.level=INFO
    root.appender=stdout
    appender.stdout.layout=json
    appender.stdout.fields=time,level,logger,message,trace,span
    logger.{namespace}.level=INFO
    logger.{namespace}.{name}.level=INFO
    logger.http.client.level=WARN
    logger.pool.level=WARN"
    );
    text.push_str(&limits(fleet, service));
    text
}

/// How much each caller may ask for, JSON in a string.
fn limits(fleet: &Fleet, service: &Service) -> String {
    let key = service.host();
    let rules: Vec<String> = service
        .callers
        .iter()
        .map(|peer| (format!("{}/{}", peer.namespace, peer.name), 100))
        .chain(["probe", "batch", "operator"].map(|name| (name.to_owned(), 10)))
        .map(|(caller, least)| {
            let rate = least * (1 + fleet.number(&format!("{key}/limit/{caller}"), 50));
            format!(
                r#"        {{
          "caller": "{caller}",
          "perSecond": {rate},
          "burst": {burst},
          "onExcess": "reject",
          "retryAfter": "250ms"
        }}"#,
                burst = rate * 2
            )
        })
        .collect();
    format!(
        r#"  limits.json: |
    {{
      "version": 2,
      "service": "{namespace}/{name}",
      "default": {{
        "perSecond": 50,
        "burst": 100,
        "onExcess": "queue",
        "queue": 200
      }},
      "rules": [
{rules}
      ]
    }}
"#,
        namespace = service.namespace,
        name = service.name,
        rules = rules.join(",\n")
    )
}
