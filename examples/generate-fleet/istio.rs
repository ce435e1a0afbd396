//! The control plane, the east-west gateway and the mesh-wide policies of one cluster.

use super::{Cluster, Manifest};

const VERSION: &str = "1.24.2";
const MESH_ID: &str = "shop-mesh";

pub(super) fn manifests(cluster: &Cluster) -> Vec<Manifest> {
    vec![
        Manifest::new("istio", "namespace", &[namespace(cluster)]),
        Manifest::new("istio", "cacerts", &[CACERTS.into()]),
        Manifest::new(
            "istio",
            "istiod",
            &[
                RBAC.into(),
                mesh_config(),
                injector(cluster),
                WEBHOOKS.into(),
                istiod(cluster),
                ISTIOD_SERVICE.into(),
                scaling("istiod", "istiod", "app: istiod\n      istio: pilot"),
            ],
        ),
        Manifest::new(
            "istio",
            "eastwest-gateway",
            &[
                gateway_account(cluster),
                gateway_deployment(cluster),
                gateway_service(cluster),
                scaling(
                    "istio-eastwestgateway",
                    "istio-eastwestgateway",
                    "app: istio-eastwestgateway\n      istio: eastwestgateway",
                ),
            ],
        ),
        Manifest::new("istio", "cross-network-gateway", &[CROSS_NETWORK.into()]),
        Manifest::new("istio", "mtls", &[MTLS.into()]),
        Manifest::new("istio", "telemetry", &[TELEMETRY.into()]),
    ]
}

fn namespace(cluster: &Cluster) -> String {
    format!(
        "---
apiVersion: v1
kind: Namespace
metadata:
  name: istio-system
  labels:
    kubernetes.io/metadata.name: istio-system
    topology.istio.io/network: {network}
    pod-security.kubernetes.io/enforce: baseline
",
        network = cluster.network
    )
}

const CACERTS: &str = "---
# The intermediate of this cluster; all of them are signed by one offline root.
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: cacerts
  namespace: istio-system
spec:
  refreshInterval: 1h
  secretStoreRef:
    kind: ClusterSecretStore
    name: mesh-pki
  target:
    name: cacerts
    creationPolicy: Owner
  data:
  - secretKey: ca-cert.pem
    remoteRef: {key: mesh/intermediate, property: certificate}
  - secretKey: ca-key.pem
    remoteRef: {key: mesh/intermediate, property: key}
  - secretKey: cert-chain.pem
    remoteRef: {key: mesh/intermediate, property: chain}
  - secretKey: root-cert.pem
    remoteRef: {key: mesh/root, property: certificate}
";

const RBAC: &str = r#"---
# Source: istiod/templates/serviceaccount.yaml
apiVersion: v1
kind: ServiceAccount
metadata:
  name: istiod
  namespace: istio-system
  labels:
    app: istiod
    app.kubernetes.io/managed-by: Helm
---
# Source: istiod/templates/reader-serviceaccount.yaml
apiVersion: v1
kind: ServiceAccount
metadata:
  name: istio-reader-service-account
  namespace: istio-system
  labels:
    app: istio-reader
---
# Source: istiod/templates/clusterrole.yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: istiod-clusterrole-istio-system
  labels:
    app: istiod
rules:
- apiGroups: [admissionregistration.k8s.io]
  resources: [mutatingwebhookconfigurations, validatingwebhookconfigurations]
  verbs: [get, list, watch, update, patch]
- apiGroups: [networking.istio.io, security.istio.io, telemetry.istio.io, extensions.istio.io]
  resources: ["*"]
  verbs: [get, watch, list]
- apiGroups: [networking.istio.io]
  resources: [workloadentries, workloadentries/status, serviceentries/status]
  verbs: [get, watch, list, update, patch, create, delete]
- apiGroups: [gateway.networking.k8s.io]
  resources: ["*"]
  verbs: [get, watch, list, update, patch]
- apiGroups: [""]
  resources: [pods, nodes, services, namespaces, endpoints]
  verbs: [get, list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [create, get, list, watch, update]
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
- apiGroups: [authorization.k8s.io]
  resources: [subjectaccessreviews]
  verbs: [create]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: istio-reader-clusterrole-istio-system
  labels:
    app: istio-reader
rules:
- apiGroups: [networking.istio.io, security.istio.io, telemetry.istio.io, extensions.istio.io]
  resources: ["*"]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [endpoints, pods, services, nodes, replicationcontrollers, namespaces, secrets, configmaps]
  verbs: [get, list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [gateways]
  verbs: [get, list, watch]
- apiGroups: [multicluster.x-k8s.io]
  resources: [serviceexports, serviceimports]
  verbs: [get, list, watch, create, delete]
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
- apiGroups: [authorization.k8s.io]
  resources: [subjectaccessreviews]
  verbs: [create]
---
# Source: istiod/templates/clusterrolebinding.yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: istiod-clusterrole-istio-system
  labels:
    app: istiod
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: istiod-clusterrole-istio-system
subjects:
- kind: ServiceAccount
  name: istiod
  namespace: istio-system
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: istio-reader-clusterrole-istio-system
  labels:
    app: istio-reader
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: istio-reader-clusterrole-istio-system
subjects:
- kind: ServiceAccount
  name: istio-reader-service-account
  namespace: istio-system
---
# Source: istiod/templates/role.yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: istiod
  namespace: istio-system
  labels:
    app: istiod
rules:
- apiGroups: [networking.istio.io]
  verbs: [create]
  resources: [gateways]
- apiGroups: [""]
  resources: [secrets]
  verbs: [create, get, watch, list, update, delete]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, update, patch, create]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: istiod
  namespace: istio-system
  labels:
    app: istiod
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: istiod
subjects:
- kind: ServiceAccount
  name: istiod
  namespace: istio-system
"#;

fn mesh_config() -> String {
    format!(
        r#"---
# Source: istiod/templates/configmap.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: istio
  namespace: istio-system
  labels:
    istio.io/rev: default
    app.kubernetes.io/managed-by: Helm
data:
  # Networks follow the labels of namespaces, pods and gateways.
  meshNetworks: |-
    networks: {{}}

  mesh: |-
    accessLogEncoding: JSON
    accessLogFile: /dev/stdout
    defaultConfig:
      discoveryAddress: istiod.istio-system.svc:15012
      holdApplicationUntilProxyStarts: true
      meshId: {MESH_ID}
      proxyMetadata:
        ISTIO_META_DNS_CAPTURE: "true"
      terminationDrainDuration: 15s
    defaultProviders:
      metrics:
      - prometheus
    enableAutoMtls: true
    enablePrometheusMerge: true
    enableTracing: false
    outboundTrafficPolicy:
      mode: REGISTRY_ONLY
    rootNamespace: istio-system
    trustDomain: cluster.local
"#
    )
}

fn injector(cluster: &Cluster) -> String {
    let values = format!(
        r#"---
apiVersion: v1
kind: ConfigMap
metadata:
  name: istio-sidecar-injector
  namespace: istio-system
  labels:
    istio.io/rev: default
    app.kubernetes.io/managed-by: Helm
data:
  values: |-
    {{
      "gateways": {{
        "seccompProfile": {{}},
        "securityContext": {{}}
      }},
      "global": {{
        "caAddress": "",
        "caName": "",
        "certSigners": [],
        "configCluster": false,
        "configValidation": true,
        "defaultPodDisruptionBudget": {{
          "enabled": true
        }},
        "defaultResources": {{
          "requests": {{
            "cpu": "10m"
          }}
        }},
        "externalIstiod": false,
        "hub": "docker.io/istio",
        "imagePullPolicy": "IfNotPresent",
        "imagePullSecrets": [],
        "istioNamespace": "istio-system",
        "logAsJson": true,
        "logging": {{
          "level": "default:info"
        }},
        "meshID": "{MESH_ID}",
        "mountMtlsCerts": false,
        "multiCluster": {{
          "clusterName": "{cluster}",
          "enabled": true
        }},
        "network": "{network}",
        "omitSidecarInjectorConfigMap": false,
        "operatorManageWebhooks": false,
        "pilotCertProvider": "istiod",
        "priorityClassName": "",
        "proxy": {{
          "autoInject": "enabled",
          "clusterDomain": "cluster.local",
          "componentLogLevel": "misc:error",
          "excludeIPRanges": "",
          "excludeInboundPorts": "",
          "excludeOutboundPorts": "",
          "image": "proxyv2",
          "includeIPRanges": "*",
          "includeInboundPorts": "*",
          "includeOutboundPorts": "",
          "logLevel": "warning",
          "privileged": false,
          "readinessFailureThreshold": 4,
          "readinessInitialDelaySeconds": 0,
          "readinessPeriodSeconds": 15,
          "resources": {{
            "limits": {{
              "cpu": "2000m",
              "memory": "1024Mi"
            }},
            "requests": {{
              "cpu": "100m",
              "memory": "128Mi"
            }}
          }},
          "startupProbe": {{
            "enabled": true,
            "failureThreshold": 600
          }},
          "statusPort": 15020,
          "tracer": "none"
        }},
        "remotePilotAddress": "",
        "sds": {{
          "token": {{
            "aud": "istio-ca"
          }}
        }},
        "sts": {{
          "servicePort": 0
        }},
        "tag": "{VERSION}",
        "variant": "",
        "waypoint": {{
          "resources": {{
            "requests": {{
              "cpu": "100m",
              "memory": "128Mi"
            }}
          }}
        }}
      }},
      "pilot": {{
        "cni": {{
          "enabled": false,
          "provider": "default"
        }},
        "env": {{}}
      }},
      "revision": "",
      "sidecarInjectorWebhook": {{
        "alwaysInjectSelector": [],
        "defaultTemplates": [],
        "enableNamespacesByDefault": false,
        "injectedAnnotations": {{}},
        "neverInjectSelector": [],
        "reinvocationPolicy": "Never",
        "rewriteAppHTTPProbe": true,
        "templates": {{}}
      }}
    }}
"#,
        cluster = cluster.name,
        network = cluster.network
    );
    values + INJECTOR_TEMPLATES
}

/// Go templates in YAML in a string: text to a reader of YAML, as in the real one, and much shorter.
const INJECTOR_TEMPLATES: &str = r#"
  # Read by the injector; what is in braces is filled in for each pod.
  config: |-
    defaultTemplates: [sidecar]
    policy: enabled
    alwaysInjectSelector:
      []
    neverInjectSelector:
      []
    injectedAnnotations:
    templates:
      sidecar: |
        {{- define "limits" }}
          {{- with .Values.global.proxy.resources }}
            {{ toYaml . | indent 6 }}
          {{- end }}
        {{- end }}
        {{- $names := list }}
        {{- range $at, $container := .Spec.Containers }}{{ $names = append $names $container.Name }}{{ end }}
        metadata:
          labels:
            security.istio.io/tlsMode: {{ index .ObjectMeta.Labels `security.istio.io/tlsMode` | default "istio" | quote }}
            {{- if .Values.global.network }}
            topology.istio.io/network: {{ .Values.global.network | quote }}
            {{- end }}
            service.istio.io/canonical-name: {{ index .ObjectMeta.Labels `app` | default .DeploymentMeta.Name | quote }}
            service.istio.io/canonical-revision: {{ index .ObjectMeta.Labels `version` | default "latest" | quote }}
          annotations:
            {{- if ge (len $names) 1 }}
            kubectl.kubernetes.io/default-container: "{{ index $names 0 }}"
            {{- end }}
        spec:
          initContainers:
          - name: istio-init
            image: "{{ .Values.global.hub }}/{{ .Values.global.proxy.image }}:{{ .Values.global.tag }}"
            args:
            - istio-iptables
            - "-p"
            - {{ .MeshConfig.ProxyListenPort | default 15001 | quote }}
            - "-u"
            - {{ .ProxyUID | default "1337" | quote }}
            - "-i"
            - "{{ .Values.global.proxy.includeIPRanges }}"
            - "-x"
            - "{{ .Values.global.proxy.excludeIPRanges }}"
            - "-b"
            - "{{ .Values.global.proxy.includeInboundPorts }}"
            - "-d"
            - "15090,15021,{{ .Values.global.proxy.excludeInboundPorts }}"
            securityContext:
              allowPrivilegeEscalation: false
              capabilities:
                add: [NET_ADMIN, NET_RAW]
                drop: [ALL]
              runAsNonRoot: false
              runAsUser: 0
          containers:
          - name: istio-proxy
            image: "{{ .Values.global.hub }}/{{ .Values.global.proxy.image }}:{{ .Values.global.tag }}"
            args:
            - proxy
            - sidecar
            - --domain
            - $(POD_NAMESPACE).svc.{{ .Values.global.proxy.clusterDomain }}
            - --proxyLogLevel={{ .Values.global.proxy.logLevel }}
            - --proxyComponentLogLevel={{ .Values.global.proxy.componentLogLevel }}
            env:
            - name: ISTIO_META_CLUSTER_ID
              value: "{{ .Values.global.multiCluster.clusterName | default `Kubernetes` }}"
            {{- if .Values.global.network }}
            - name: ISTIO_META_NETWORK
              value: "{{ .Values.global.network }}"
            {{- end }}
            {{- if .Values.global.meshID }}
            - name: ISTIO_META_MESH_ID
              value: "{{ .Values.global.meshID }}"
            {{- end }}
            - name: PROXY_CONFIG
              value: |
                {{ protoToJSON .ProxyConfig }}
            {{- range $key, $value := .ProxyConfig.ProxyMetadata }}
            - name: {{ $key }}
              value: "{{ $value }}"
            {{- end }}
            ports:
            - containerPort: 15090
              protocol: TCP
              name: http-envoy-prom
            readinessProbe:
              httpGet:
                path: /healthz/ready
                port: 15021
              periodSeconds: {{ .Values.global.proxy.readinessPeriodSeconds }}
              failureThreshold: {{ .Values.global.proxy.readinessFailureThreshold }}
            resources:
              {{ template "limits" . }}
            volumeMounts:
            - name: istiod-ca-cert
              mountPath: /var/run/secrets/istio
            - name: istio-token
              mountPath: /var/run/secrets/tokens
          volumes:
          - name: istio-token
            projected:
              sources:
              - serviceAccountToken:
                  path: istio-token
                  expirationSeconds: 43200
                  audience: {{ .Values.global.sds.token.aud }}
          - name: istiod-ca-cert
            configMap:
              name: istio-ca-root-cert
      gateway: |
        metadata:
          labels:
            service.istio.io/canonical-name: {{ index .ObjectMeta.Labels `app` | default .DeploymentMeta.Name | quote }}
            istio: {{ index .ObjectMeta.Labels `istio` | default "gateway" | quote }}
        spec:
          containers:
          - name: istio-proxy
            image: "{{ .Values.global.hub }}/{{ .Values.global.proxy.image }}:{{ .Values.global.tag }}"
            args: [proxy, router, --domain, $(POD_NAMESPACE).svc.{{ .Values.global.proxy.clusterDomain }}]
"#;

const WEBHOOKS: &str = r#"---
# Source: istiod/templates/mutatingwebhook.yaml
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
  name: istio-sidecar-injector
  labels:
    istio.io/rev: default
    app: sidecar-injector
webhooks:
- name: namespace.sidecar-injector.istio.io
  clientConfig:
    service: {name: istiod, namespace: istio-system, path: /inject, port: 443}
  sideEffects: None
  rules:
  - operations: [CREATE]
    apiGroups: [""]
    apiVersions: [v1]
    resources: [pods]
  failurePolicy: Fail
  reinvocationPolicy: Never
  admissionReviewVersions: [v1]
  namespaceSelector:
    matchExpressions:
    - key: istio-injection
      operator: In
      values:
      - enabled
  objectSelector:
    matchExpressions:
    - key: sidecar.istio.io/inject
      operator: NotIn
      values:
      - "false"
- name: object.sidecar-injector.istio.io
  clientConfig:
    service: {name: istiod, namespace: istio-system, path: /inject, port: 443}
  sideEffects: None
  rules:
  - operations: [CREATE]
    apiGroups: [""]
    apiVersions: [v1]
    resources: [pods]
  failurePolicy: Fail
  reinvocationPolicy: Never
  admissionReviewVersions: [v1]
  namespaceSelector:
    matchExpressions:
    - key: istio-injection
      operator: DoesNotExist
    - key: istio.io/rev
      operator: DoesNotExist
  objectSelector:
    matchExpressions:
    - key: sidecar.istio.io/inject
      operator: In
      values:
      - "true"
    - key: istio.io/rev
      operator: DoesNotExist
---
# Source: istiod/templates/validatingwebhookconfiguration.yaml
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: istio-validator-istio-system
  labels:
    istio.io/rev: default
    app: istiod
webhooks:
- name: rev.validation.istio.io
  clientConfig:
    service: {name: istiod, namespace: istio-system, path: /validate, port: 443}
  rules:
  - operations: [CREATE, UPDATE]
    apiGroups: [security.istio.io, networking.istio.io, telemetry.istio.io, extensions.istio.io]
    apiVersions: ["*"]
    resources: ["*"]
  failurePolicy: Ignore
  sideEffects: None
  admissionReviewVersions: [v1]
"#;

fn istiod(cluster: &Cluster) -> String {
    format!(
        r#"---
# Source: istiod/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: istiod
  namespace: istio-system
  labels:
    app: istiod
    istio: pilot
    istio.io/rev: default
    app.kubernetes.io/name: istiod
    app.kubernetes.io/version: "{VERSION}"
spec:
  selector:
    matchLabels:
      app: istiod
      istio: pilot
  strategy:
    rollingUpdate:
      maxSurge: 100%
      maxUnavailable: 25%
  template:
    metadata:
      labels:
        app: istiod
        istio: pilot
        istio.io/rev: default
        istio.io/dataplane-mode: none
        sidecar.istio.io/inject: "false"
      annotations:
        prometheus.io/port: "15014"
        prometheus.io/scrape: "true"
    spec:
      serviceAccountName: istiod
      securityContext:
        fsGroup: 1337
      containers:
      - name: discovery
        image: docker.io/istio/pilot:{VERSION}
        args:
        - discovery
        - --monitoringAddr=:15014
        - --log_output_level=default:info
        - --log_as_json
        - --domain
        - cluster.local
        - --keepaliveMaxServerConnectionAge
        - 30m
        ports:
        - containerPort: 8080
          protocol: TCP
        - containerPort: 15010
          protocol: TCP
        - containerPort: 15012
          protocol: TCP
        - containerPort: 15014
          protocol: TCP
          name: http-monitoring
        - containerPort: 15017
          protocol: TCP
        readinessProbe:
          httpGet:
            path: /ready
            port: 8080
          initialDelaySeconds: 1
          periodSeconds: 3
          timeoutSeconds: 5
        env:
        - name: REVISION
          value: default
        - name: PILOT_CERT_PROVIDER
          value: istiod
        - name: POD_NAME
          valueFrom:
            fieldRef:
              apiVersion: v1
              fieldPath: metadata.name
        - name: POD_NAMESPACE
          valueFrom:
            fieldRef:
              apiVersion: v1
              fieldPath: metadata.namespace
        - name: SERVICE_ACCOUNT
          valueFrom:
            fieldRef:
              apiVersion: v1
              fieldPath: spec.serviceAccountName
        - name: KUBECONFIG
          value: /var/run/secrets/remote/config
        - name: CA_TRUSTED_NODE_ACCOUNTS
          value: istio-system/ztunnel
        - name: PILOT_TRACE_SAMPLING
          value: "1"
        - name: PILOT_ENABLE_ANALYSIS
          value: "false"
        - name: CLUSTER_ID
          value: {cluster}
        - name: GOMEMLIMIT
          valueFrom:
            resourceFieldRef:
              resource: limits.memory
        - name: PLATFORM
          value: ""
        resources:
          requests:
            cpu: 500m
            memory: 2048Mi
          limits:
            memory: 4096Mi
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          runAsNonRoot: true
          capabilities:
            drop:
            - ALL
        volumeMounts:
        - name: istio-token
          mountPath: /var/run/secrets/tokens
          readOnly: true
        - name: local-certs
          mountPath: /var/run/secrets/istio-dns
        - name: cacerts
          mountPath: /etc/cacerts
          readOnly: true
        - name: istio-kubeconfig
          mountPath: /var/run/secrets/remote
          readOnly: true
      volumes:
      - name: local-certs
        emptyDir:
          medium: Memory
      - name: istio-token
        projected:
          sources:
          - serviceAccountToken:
              audience: istio-ca
              expirationSeconds: 43200
              path: istio-token
      - name: cacerts
        secret:
          secretName: cacerts
          optional: true
      - name: istio-kubeconfig
        secret:
          secretName: istio-kubeconfig
          optional: true
"#,
        cluster = cluster.name
    )
}

const ISTIOD_SERVICE: &str = "---
# Source: istiod/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: istiod
  namespace: istio-system
  labels:
    istio.io/rev: default
    app: istiod
    istio: pilot
spec:
  ports:
  - port: 15010
    name: grpc-xds # plaintext
    protocol: TCP
  - port: 15012
    name: https-dns # mTLS
    protocol: TCP
  - port: 443
    name: https-webhook # injection and validation
    targetPort: 15017
    protocol: TCP
  - port: 15014
    name: http-monitoring
    protocol: TCP
  selector:
    app: istiod
    istio: pilot
";

fn scaling(name: &str, app: &str, selector: &str) -> String {
    format!(
        "---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {name}
  namespace: istio-system
  labels:
    app: {app}
spec:
  minAvailable: 1
  selector:
    matchLabels:
      {selector}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {name}
  namespace: istio-system
  labels:
    app: {app}
spec:
  minReplicas: 2
  maxReplicas: 6
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
        averageUtilization: 80
"
    )
}

fn gateway_account(cluster: &Cluster) -> String {
    format!(
        "---
# Source: gateway/templates/serviceaccount.yaml
apiVersion: v1
kind: ServiceAccount
metadata:
  name: istio-eastwestgateway
  namespace: istio-system
  labels:
    app: istio-eastwestgateway
    istio: eastwestgateway
    topology.istio.io/network: {network}
---
# Source: gateway/templates/role.yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: istio-eastwestgateway
  namespace: istio-system
rules:
- apiGroups: [\"\"]
  resources: [secrets]
  verbs: [get, watch, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: istio-eastwestgateway
  namespace: istio-system
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: istio-eastwestgateway
subjects:
- kind: ServiceAccount
  name: istio-eastwestgateway
  namespace: istio-system
",
        network = cluster.network
    )
}

fn gateway_deployment(cluster: &Cluster) -> String {
    format!(
        r#"---
# Source: gateway/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: istio-eastwestgateway
  namespace: istio-system
  labels:
    app: istio-eastwestgateway
    istio: eastwestgateway
    topology.istio.io/network: {network}
spec:
  selector:
    matchLabels:
      app: istio-eastwestgateway
      istio: eastwestgateway
  template:
    metadata:
      annotations:
        inject.istio.io/templates: gateway
        prometheus.io/path: /stats/prometheus
        prometheus.io/port: "15020"
        prometheus.io/scrape: "true"
      labels:
        app: istio-eastwestgateway
        istio: eastwestgateway
        sidecar.istio.io/inject: "true"
        topology.istio.io/network: {network}
    spec:
      serviceAccountName: istio-eastwestgateway
      securityContext:
        sysctls:
        - name: net.ipv4.ip_unprivileged_port_start
          value: "0"
      containers:
      - name: istio-proxy
        image: auto
        env:
        - name: ISTIO_META_REQUESTED_NETWORK_VIEW
          value: {network}
        - name: ISTIO_META_UNPRIVILEGED_POD
          value: "true"
        ports:
        - containerPort: 15021
          protocol: TCP
        - containerPort: 15443
          protocol: TCP
        - containerPort: 15012
          protocol: TCP
        - containerPort: 15017
          protocol: TCP
        - containerPort: 15090
          protocol: TCP
          name: http-envoy-prom
        resources:
          requests:
            cpu: 250m
            memory: 256Mi
          limits:
            cpu: 2000m
            memory: 1024Mi
        securityContext:
          allowPrivilegeEscalation: false
          capabilities:
            drop:
            - ALL
          privileged: false
          readOnlyRootFilesystem: true
          runAsUser: 1337
          runAsGroup: 1337
          runAsNonRoot: true
"#,
        network = cluster.network
    )
}

fn gateway_service(cluster: &Cluster) -> String {
    format!(
        r#"---
# Source: gateway/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: istio-eastwestgateway
  namespace: istio-system
  labels:
    app: istio-eastwestgateway
    istio: eastwestgateway
    topology.istio.io/network: {network}
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-scheme: internal
    service.beta.kubernetes.io/aws-load-balancer-type: nlb
spec:
  type: LoadBalancer
  loadBalancerSourceRanges:
  - 10.0.0.0/8
  ports:
  - name: status-port
    port: 15021
    protocol: TCP
    targetPort: 15021
  - name: tls
    port: 15443
    protocol: TCP
    targetPort: 15443
  - name: tls-istiod
    port: 15012
    protocol: TCP
    targetPort: 15012
  - name: tls-webhook
    port: 15017
    protocol: TCP
    targetPort: 15017
  selector:
    app: istio-eastwestgateway
    istio: eastwestgateway
"#,
        network = cluster.network
    )
}

const CROSS_NETWORK: &str = r#"---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata:
  name: cross-network-gateway
  namespace: istio-system
spec:
  selector:
    istio: eastwestgateway
  servers:
  - port:
      number: 15443
      name: tls
      protocol: TLS
    tls:
      mode: AUTO_PASSTHROUGH
    hosts:
    - "*.local"
"#;

const MTLS: &str = "---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: istio-system
spec:
  mtls:
    mode: STRICT
";

const TELEMETRY: &str = "---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata:
  name: mesh-default
  namespace: istio-system
spec:
  metrics:
  - providers:
    - name: prometheus
    overrides:
    # The counter only: a tag on the histograms costs a series for each bucket.
    - match:
        metric: REQUEST_COUNT
        mode: CLIENT_AND_SERVER
      tagOverrides:
        request_method:
          value: request.method
";
