// What counts as a write must be counted: tried on made-up counters.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newWrites, writesIn, writesInMetrics } from './writes.ts'

const line = (labels: string, count: number): string =>
  `apiserver_request_total{code="200",group="",${labels},version="v1"} ${count}`

describe('writes', () => {
  it('are all requests for resources other than reads, by whom', () => {
    const counts = [
      { verb: 'patch', resource: 'pods/status', user: 'a', count: 2 },
      { verb: 'watch', resource: 'pods', user: 'a', count: 3 },
      { verb: 'post', resource: '', user: 'a', count: 4 },
    ]
    assert.deepEqual(writesIn(counts), { 'patch pods/status by a': 2 })
  })

  it('are summed up in metrics, without leases and the control plane itself', () => {
    const text = [
      '# TYPE apiserver_request_total counter',
      line('resource="pods",subresource="status",system_client="",verb="PATCH"', 2),
      line('resource="pods",scope="resource",subresource="status",system_client="",verb="PATCH"', 3),
      line('resource="pods",subresource="",system_client="",verb="LIST"', 1),
      line('resource="leases",subresource="",system_client="",verb="PUT"', 1),
      line('resource="secrets",subresource="",system_client="kube-controller-manager",verb="POST"', 1),
    ].join('\n')
    assert.deepEqual(writesInMetrics(text), { 'patch pods/status': 5 })
  })

  it('are new when there are more of them', () => {
    assert.deepEqual(newWrites({ a: 1, b: 1 }, { a: 3, b: 1, c: 1 }), ['2 × a', '1 × c'])
  })
})
