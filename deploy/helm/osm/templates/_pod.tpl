{{- /* PodSecurity "restricted", for the whole pod. */ -}}
{{- define "osm.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "osm.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{- /* Where the pods of a service run: dict "root" $ "name" "xds" "settings" .Values.osm.xds. */ -}}
{{- define "osm.placement" -}}
nodeSelector:
  kubernetes.io/os: linux
  {{- with .settings.nodeSelector }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with concat (default list .settings.tolerations) (default list .root.Values.osm.controlPlaneTolerations) }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.osm.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Replicas of one part apart from one another, where there is room: dict "root" $ "name" "xds". */ -}}
{{- define "osm.spread" -}}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "osm.selector" $ | nindent 8 }}
  {{- end }}
{{- end -}}

{{- /* What watcher and injector have to agree on: whose a namespace is that says osm-injection=enabled and names no mesh. */ -}}
{{- define "osm.claimsAlias" -}}
{{- if .Values.osm.claimsAlias }}
- { name: OSM_CLAIMS_ALIAS, value: "true" }
{{- end }}
{{- end }}

{{- /*
The Deployment of a service: dict "root" $ "name" "xds" "account" (the service has an account of its own) "bus" "store" (the
backbone it uses) "token" (it speaks with Kubernetes) "env" "ports" "mounts" "volumes" (YAML of each, or empty) "secret" (keys of its
Secret beside the accounts, as items).
*/ -}}
{{- define "osm.deployment" -}}
{{- $root := .root -}}
{{- $settings := include "osm.settings" . | fromJson -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: osm-{{ .name }}
  namespace: {{ include "osm.namespace" $root }}
  labels:
    {{- include "osm.labels" $root | nindent 4 }}
    app: osm-{{ .name }}
    meshName: {{ $root.Values.osm.meshName }}
    {{- if eq .name "watcher" }}
    # Looked for by who installs another mesh.
    enforceSingleMesh: {{ $root.Values.osm.enforceSingleMesh | quote }}
    {{- end }}
spec:
  {{- if not (dig "autoScale" "enable" false $settings) }}
  replicas: {{ $settings.replicaCount }}
  {{- end }}
  strategy:
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  selector:
    matchLabels:
      {{- include "osm.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- with $settings.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- include "osm.labels" $root | nindent 8 }}
        app: osm-{{ .name }}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9091"
    spec:
      serviceAccountName: osm-{{ .name }}
      automountServiceAccountToken: {{ .token }}
      enableServiceLinks: false
      priorityClassName: system-cluster-critical
      securityContext:
        {{- include "osm.podSecurity" $root | nindent 8 }}
      {{- include "osm.placement" (dict "root" $root "settings" $settings) | nindent 6 }}
      {{- include "osm.spread" . | nindent 6 }}
      containers:
        - name: osm-{{ .name }}
          image: {{ include "osm.image" . }}
          imagePullPolicy: {{ $root.Values.osm.image.pullPolicy }}
          env:
            - { name: OSM_MESH_NAME, value: {{ $root.Values.osm.meshName | quote }} }
            - { name: OSM_NAMESPACE, value: {{ include "osm.namespace" $root | quote }} }
            - { name: OSM_TRUST_DOMAIN, value: {{ $root.Values.osm.trustDomain | quote }} }
            - { name: OSM_LOG_LEVEL, value: {{ $root.Values.osm.controllerLogLevel | quote }} }
            - { name: OSM_REPLICA, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
            {{- if .bus }}
            - { name: OSM_BUS_URL, value: {{ include "osm.busUrl" $root | quote }} }
            {{- end }}
            {{- if .store }}
            - { name: OSM_STORE_URL, value: {{ include "osm.storeUrl" $root | quote }} }
            {{- end }}
            {{- with $root.Values.osm.controlPlaneTracing }}
            {{- if .endpoint }}
            - { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ .endpoint | quote }} }
            - { name: OTEL_EXPORTER_OTLP_PROTOCOL, value: {{ .protocol | quote }} }
            {{- end }}
            {{- end }}
            {{- with .env }}
            {{- . | nindent 12 }}
            {{- end }}
          ports:
            - { name: health, containerPort: 9091 }
            {{- with .ports }}
            {{- . | nindent 12 }}
            {{- end }}
          startupProbe:
            httpGet: { path: /healthz, port: health }
            periodSeconds: 1
            failureThreshold: 60
          livenessProbe:
            httpGet: { path: /healthz, port: health }
            periodSeconds: 10
            timeoutSeconds: 5
          readinessProbe:
            httpGet: { path: /readyz, port: health }
            periodSeconds: 2
            timeoutSeconds: 5
          resources:
            {{- toYaml $settings.resource | nindent 12 }}
          securityContext:
            {{- include "osm.containerSecurity" $root | nindent 12 }}
          volumeMounts:
            - { name: secret, mountPath: /etc/osm, readOnly: true }
            {{- with .mounts }}
            {{- . | nindent 12 }}
            {{- end }}
      volumes:
        - name: secret
          projected:
            # For the owner's group, which is the pod's.
            defaultMode: 0440
            sources:
              - secret:
                  name: osm-{{ .name }}
                  items:
                    {{- if .bus }}
                    - { key: bus.user, path: bus/user }
                    - { key: bus.password, path: bus/password }
                    - { key: ca.crt, path: bus/ca.crt }
                    {{- end }}
                    {{- if .store }}
                    - { key: store.user, path: store/user }
                    - { key: store.password, path: store/password }
                    - { key: ca.crt, path: store/ca.crt }
                    {{- end }}
                    {{- if .tls }}
                    - { key: tls.crt, path: tls/tls.crt }
                    - { key: tls.key, path: tls/tls.key }
                    {{- end }}
                    {{- with .secret }}
                    {{- . | nindent 20 }}
                    {{- end }}
        {{- with .volumes }}
        {{- . | nindent 8 }}
        {{- end }}
{{- end -}}
