#!/bin/sh
# reap.sh netns NAME HUB PORT      ends every process of one network namespace, removes it and the link to it
# reap.sh sandbox ID DIR OWNER     waits until standard input ends, then removes all that the sandbox ID made
# Standard input is a socket whose other end the sandbox holds, and so does each of its commands that has not yet entered
# a namespace: once it ends, however the sandbox died, nothing can be added any more. May run twice at a time.
trap '' HUP INT TERM
PATH=$PATH:/usr/sbin:/sbin

# A process that stays after so many SIGKILLs hangs in the kernel; the namespace then keeps its name, and the exit code tells.
end_processes() {
  rounds=0
  while [ -e "/run/netns/$1" ] && [ $rounds -lt 1000 ]; do
    pids=$(ip netns pids "$1" 2>/dev/null)
    [ -z "$pids" ] && return 0
    kill -9 $pids 2>/dev/null
    rounds=$((rounds + 1))
  done
  [ ! -e "/run/netns/$1" ]
}

remove_netns() {
  end_processes "$1" || { echo "processes of $1 do not end" >&2; return 1; }
  ip netns del "$1" 2>/dev/null
  [ ! -e "/run/netns/$1" ] || { echo "namespace $1 stays" >&2; return 1; }
}

remove_sandbox() {
  for path in /run/netns/osm-"$1"-*; do
    [ -e "$path" ] && { remove_netns "${path##*/}" || status=1; }
  done
  ip link del "osm$1" 2>/dev/null
  rm -rf "$2/pods/$1"
  rmdir "$2/pods" 2>/dev/null
  rm -f "$2"/cluster/*."$1".yaml "$2"/cluster/.*."$1".yaml
  [ $status -eq 0 ] && rm -f "$3" && rmdir "${3%/*}" 2>/dev/null
}

status=0
case $1 in
  netns)
    # By name and at once: the kernel frees the links of a namespace only some time after its last process.
    ip -n "$3" link del "$4" 2>/dev/null
    remove_netns "$2" || status=1
    ;;
  sandbox)
    cat >/dev/null
    remove_sandbox "$2" "$3" "$4"
    ;;
esac
exit $status
