{{- /*
The settings of a part, as JSON: dict "root" $ "name" "xds". What an old name says of several parts goes under what each says itself.
*/ -}}
{{- define "osm.settings" -}}
{{- $own := deepCopy (get .root.Values.osm .name) -}}
{{- $old := dict -}}
{{- if has .name (list "watcher" "compiler" "ca" "xds") -}}
  {{- $old = .root.Values.osm.osmController -}}
{{- else if eq .name "setup" -}}
  {{- $old = .root.Values.osm.preinstall -}}
{{- end -}}
{{- range $key := list "podLabels" "nodeSelector" "affinity" -}}
  {{- $_ := set $own $key (merge (dict) (default dict (get $own $key)) (default dict (get $old $key))) -}}
{{- end -}}
{{- $_ := set $own "tolerations" (concat (default list $own.tolerations) (default list $old.tolerations)) -}}
{{- with $old.replicaCount -}}
  {{- if not (has (int $own.replicaCount) (list 1 (int .))) -}}
    {{- fail (printf "osm.osmController.replicaCount says %d for watcher, compiler, ca and xds, and osm.%s.replicaCount says %d: keep one of them" (int .) $.name (int $own.replicaCount)) -}}
  {{- end -}}
  {{- $_ := set $own "replicaCount" . -}}
{{- end -}}
{{- if hasKey $old "enablePodDisruptionBudget" -}}
  {{- $_ := set $own "enablePodDisruptionBudget" (and $old.enablePodDisruptionBudget $own.enablePodDisruptionBudget) -}}
{{- end -}}
{{- /* Of the four, xds is what grows with the number of sidecars. */ -}}
{{- if and (eq .name "xds") (dig "autoScale" "enable" false $old) -}}
  {{- if $own.autoScale.enable -}}
    {{- fail "osm.osmController.autoScale and osm.xds.autoScale are both enabled, and mean the same: keep one of them" -}}
  {{- end -}}
  {{- $_ := set $own "autoScale" (mergeOverwrite (dict) $own.autoScale $old.autoScale) -}}
{{- end -}}
{{- toJson $own -}}
{{- end -}}
