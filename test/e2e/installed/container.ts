// How a Pod runs when processes stand in for containers and it must not notice: its own root, volumes, user, name and hosts.
import type { KubernetesObject } from '../../cluster/client.ts'
import type { Place } from '../../cluster/kubelet/pod-runner.ts'
import { containerOf } from '../../cluster/kubelet/pod-spec.ts'

/**
 * The machine's own files, read-only, as far as nothing is mounted over them. A path may lead through a link, as /var/run
 * does: it is followed inside. What is writable belongs to the user, as with fsGroup.
 */
const script = `set -e
root=$1 hosts=$2 name=$3 user=$4; shift 4
hostname "$name"
mkdir -p "$root/.fs"; mount -t tmpfs tmpfs "$root/.fs"; cd "$root/.fs"; mkdir upper work all
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work all
for top in proc sys dev; do mount --rbind "/$top" "all/$top"; done
mount --bind "$hosts" all/etc/hosts
while [ "$1" != -- ]; do
  at=all$(chroot all realpath -m "$2"); mkdir -p "$at"; mount --bind "$root$2" "$at"
  if [ "$1" = rw ]; then chown -R "$user:$user" "$at"; else mount -o remount,bind,ro "$at"; fi
  shift 2
done; shift
mount -o remount,bind,ro all
exec chroot all setpriv --reuid="$user" --regid="$user" --clear-groups --bounding-set=-all --no-new-privs -- "$@"`

/** The command that runs `argv` in a mount namespace of its own. */
export function contained(
  argv: readonly string[],
  { pod, root }: Place,
  hostsFile: string,
): readonly string[] {
  const mounts = (containerOf(pod).volumeMounts ?? []).flatMap(({ mountPath, readOnly = false }) => [
    readOnly ? 'ro' : 'rw',
    mountPath,
  ])
  const own = [root, hostsFile, pod.metadata.name, String(userOf(pod))]
  return ['unshare', '--mount', '--uts', '--', 'sh', '-c', script, 'sh', ...own, ...mounts, '--', ...argv]
}

/** Which the manifests must name: they promise to run in namespaces that let nobody be root. */
function userOf(pod: KubernetesObject): number {
  const { securityContext } = pod['spec'] as { securityContext?: { runAsUser?: number } }
  const user = securityContext?.runAsUser
  if (user === undefined) throw new Error(`Pod ${pod.metadata.name} names no user`)
  return user
}
