// Which requests other than reads an API server has had: from the stand-in's counters, or from the metrics of a real one.
import type { RequestCount } from '../cluster/apiserver/http/counters.ts'

/** "patch pods/status": how often. */
export type Writes = Readonly<Record<string, number>>

const reads = ['get', 'list', 'watch']

export function writesIn(requests: readonly RequestCount[]): Writes {
  return summed(
    requests
      .filter(({ verb, resource }) => resource !== '' && !reads.includes(verb))
      .map(({ verb, resource, user, count }) => [`${verb} ${resource} by ${user}`, count]),
  )
}

/** Metrics name no users, but they tell the control plane's own parts; those and leases are left out. */
export function writesInMetrics(text: string): Writes {
  return summed(
    [...text.matchAll(/^apiserver_request_total\{(.*)\} (\S+)$/gm)].flatMap(([, labels = '', count]) => {
      const { verb = '', resource = '', subresource = '', system_client = '' } = labelsIn(labels)
      const isOwn = system_client !== '' || resource === 'leases'
      if (resource === '' || isOwn || reads.includes(verb.toLowerCase())) return []
      const suffix = subresource === '' ? '' : `/${subresource}`
      return [[`${verb.toLowerCase()} ${resource}${suffix}`, Number(count)] as const]
    }),
  )
}

/** What was written in between, and how often. */
export function newWrites(before: Writes, after: Writes): readonly string[] {
  return Object.entries(after)
    .filter(([what, count]) => count > (before[what] ?? 0))
    .map(([what, count]) => `${count - (before[what] ?? 0)} × ${what}`)
}

function labelsIn(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(/(\w+)="([^"]*)"/g)]
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]))
}

function summed(counts: readonly (readonly [string, number])[]): Writes {
  const sums: Record<string, number> = {}
  for (const [what, count] of counts) sums[what] = (sums[what] ?? 0) + count
  return sums
}
