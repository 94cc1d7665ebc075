#!/bin/sh
# enter.sh COMMAND...   in new user, mount and network namespaces, as their root: makes room for a sandbox, becomes COMMAND
set -e
PATH=$PATH:/usr/sbin:/sbin
resolv=$(readlink -m /etc/resolv.conf)
mount -t tmpfs -o mode=755 tmpfs /run
# Often a link into /run. Pods lay a file of their own over it, so it must be there.
[ -e "$resolv" ] || { mkdir -p "${resolv%/*}" && : >"$resolv"; }
ip link set lo up
# Only now: a change of rights, as on entering, would undo it.
exec setpriv --pdeathsig TERM -- "$@"
