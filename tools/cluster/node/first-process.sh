#!/usr/bin/env bash
# The first process of a node, in namespaces of its own; when it ends, the kernel ends all that it has started.
# It tells of each step on stdout and waits on stdin for leave to take the next one. $1: folder of the node.
set -euo pipefail
dir=$1
mount --make-rprivate /

# The hierarchies as this cgroup namespace sees them: its own cgroup is their root.
mkdir -p "$dir/run/cgroup"
mount -t tmpfs none "$dir/run/cgroup"
while read -r controller; do
  mkdir "$dir/run/cgroup/$controller"
  options=$controller
  [ "$controller" != systemd ] || options=none,name=systemd
  mount -t cgroup -o "$options" none "$dir/run/cgroup/$controller"
done < "$dir/run/controllers"
mount -t sysfs none /sys
mount --rbind "$dir/run/cgroup" /sys/fs/cgroup

# What programs write below /var, /etc and /run stays here.
for place in var etc; do
  mkdir -p "$dir/run/over/$place" "$dir/run/over/$place.work"
  mount -t overlay overlay -o "lowerdir=/$place,upperdir=$dir/run/over/$place,workdir=$dir/run/over/$place.work" "/$place"
done
mount -t tmpfs none /run
mkdir -p "$dir/kubelet" /var/lib/kubelet /var/log/pods /run/containerd
# Volumes may be id-mapped, which an overlay cannot be.
mount --bind "$dir/kubelet" /var/lib/kubelet
mount --make-rshared /
hostname "$(cat "$dir/run/name")"
printf '127.0.0.1 localhost %s\n' "$(cat "$dir/run/name")" > /etc/hosts
: > /etc/resolv.conf
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward

start() {
  local name
  while IFS= read -r -d '' name; do
    local count words=() word
    IFS= read -r -d '' count
    for ((; count > 0; count--)); do IFS= read -r -d '' word; words+=("$word"); done
    if [ "$name" = kubelet ]; then words=(bash "$dir/run/kubelet.sh" "${words[@]}"); fi
    "${words[@]}" > "$dir/log/$name.log" 2>&1 < /dev/null &
  done < "$1"
}

# The kubelet sets some of the machine's kernel settings: in its sight they are as it wants them already. Only in its sight,
# for pods with users of their own could not mount a /proc over which something lies.
cat > "$dir/run/kubelet.sh" <<'K'
set -euo pipefail
exec unshare --mount --propagation unchanged bash -c '
  mount --make-private /proc
  for wanted in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
    seen=$(mktemp /run/sysctl.XXXXXX)
    echo "${wanted#*=}" > "$seen"
    mount --bind "$seen" "/proc/sys/${wanted%%=*}"
  done
  exec "$@"' kubelet "$@"
K

echo namespaces
read -r _
start "$dir/run/first"
echo started
read -r _
start "$dir/run/after-api"
echo complete
exec > /dev/null 2>&1 < /dev/null
while :; do sleep infinity & wait $! || true; done
