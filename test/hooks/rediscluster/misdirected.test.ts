// Orders that can be read and name nobody here: told in AnnotationsValid with the right command, and without effect.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { annotations } from '../../../hooks/rediscluster/names.ts'
import type { RedisClusterStatus } from '../../../hooks/rediscluster/recorded.ts'
import { stuckSeconds } from '../../../hooks/rediscluster/timings.ts'
import type { Pod } from '../../../hooks/kubernetes.ts'
import type { InstanceStatus } from '../../../instance/api.ts'
import * as build from '../../support/builders.ts'
import { look, plan } from '../../support/look.ts'

const { fenced, pod, primary, reigning, replica, reports, request, secondsAgo, succession } = build
const { acceptLoss, confirmGone, fenced: fencing } = annotations

interface Seen {
  readonly status?: RedisClusterStatus
  readonly pods?: readonly Pod[]
  readonly statuses?: readonly InstanceStatus[]
}

const healthy: Seen = { status: reigning(), statuses: [primary(0), replica(1), replica(2)] }
const copies = [fenced(1, 2, 1), fenced(2, 2, 1)]
/** ordinal 0, the old primary, is gone without a trace. */
const stuck: Seen = {
  status: succession(1, { namedAt: secondsAgo(stuckSeconds) }),
  pods: [pod(1), pod(2)],
  statuses: copies,
}

function told(name: string, value: string, { status = {}, pods, statuses = [] }: Seen): string {
  const observed = request({
    status,
    annotations: { [name]: value },
    ...(pods === undefined ? {} : { pods }),
  })
  const { conditions = [] } = plan(observed, reports(...statuses)).status
  const found = conditions.find(({ type }) => type === 'AnnotationsValid')
  return `${found?.status ?? ''} ${found?.reason ?? ''}: ${found?.message ?? ''}`
}

const fine = 'True Valid: every annotation can be read'
const annotate = 'kubectl annotate rediscluster -n shop cache --overwrite'

describe('confirm-gone', () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['the name of a Pod', 'cache-0'],
    ['a UID of nobody', 'u9'],
  ]
  for (const [what, value] of wrong)
    it(`with ${what} confirms nothing, and the right command is told`, () => {
      const said = told(confirmGone, value, stuck)
      assert.match(
        said,
        /^False Misdirected: redis\.io\/confirm-gone holds UIDs, and "\S+" is none of this cluster\. /,
      )
      assert.match(said, /Those that are waited for are cache-0 \(u0\)\. Only if you have seen/)
      assert.ok(said.endsWith(`: ${annotate} ${confirmGone}=u0`), said)
      const { status = {}, pods = [], statuses = [] } = stuck
      const observed = request({ status, pods, annotations: { [confirmGone]: value } })
      assert.equal(look(observed, reports(...statuses)).situation.kind, 'Fencing')
    })

  it('is told what it waits for while the Pod object is there', () => {
    const said = told(confirmGone, 'u0', { ...stuck, pods: [pod(0), pod(1), pod(2)] })
    assert.match(said, /^False Misdirected: .*counts for cache-0 \(u0\) once its Pod object is gone/)
    assert.ok(said.endsWith(': kubectl delete pod -n shop cache-0 --force --grace-period=0'), said)
  })

  it('with the name of a Pod is told while all is well, too', () => {
    assert.match(
      told(confirmGone, 'cache-0', healthy),
      /^False Misdirected: .*"cache-0" is none of this cluster$/,
    )
  })

  it('is left in peace when it is right, has done its work, or a failover merely passes', () => {
    assert.equal(told(confirmGone, 'u0', stuck), fine)
    assert.equal(told(confirmGone, 'u9', healthy), fine)
    assert.equal(told(confirmGone, 'u9', { ...stuck, status: succession(1) }), fine)
    const draining = succession(1, { planned: 'Leaving', namedAt: secondsAgo(stuckSeconds) })
    assert.equal(told(confirmGone, 'u9', { ...healthy, status: draining }), fine)
  })
})

describe('accept-loss', () => {
  it('with the name of a Pod, or a UID of nobody, accepts nothing, and the right command is told', () => {
    assert.ok(
      told(acceptLoss, 'cache-1/2', stuck).endsWith(
        `"cache-1" is none of this cluster: ${annotate} ${acceptLoss}=u1/2`,
      ),
    )
    assert.ok(
      told(acceptLoss, 'u9/2', stuck).endsWith(
        `"u9" is none of this cluster: ${annotate} ${acceptLoss}=<pod uid>/2`,
      ),
    )
  })

  it('for an epoch that nobody has named yet is told, and accepts no loss', () => {
    assert.match(told(acceptLoss, 'u1/3', stuck), /holds for an epoch up to 2, and not for failovers to come/)
    assert.ok(told(acceptLoss, 'u1/999999999999999', healthy).endsWith(`${annotate} ${acceptLoss}-`))
    const restarted = [
      fenced(0, 2, 1, { restarted: true, openedEpoch: 1 }),
      fenced(1, 2, 1, { restarted: true }),
    ]
    const situation = (order: string): string =>
      look(request({ status: succession(1), annotations: { [acceptLoss]: order } }), reports(...restarted))
        .situation.kind
    assert.deepEqual([situation('u1/2'), situation('u1/3')], ['HandingOver', 'Stuck'])
  })

  it('is left in peace when it is right, or void', () => {
    assert.equal(told(acceptLoss, 'u1/2', stuck), fine)
    assert.equal(told(acceptLoss, 'u9/1', healthy), fine)
  })
})

describe('fencedInstances', () => {
  it('that names Pods of others, or beyond those that are wanted, is told', () => {
    assert.match(told(fencing, '["cache-0", "other-1"]', healthy), /is no Pod of this cluster: "other-1"$/)
    assert.match(told(fencing, '["cache-7"]', healthy), /is no Pod of this cluster: "cache-7"$/)
    assert.match(told(fencing, '["cache-00", ""]', healthy), /is no Pod of this cluster: "cache-00", ""$/)
  })

  it('may name a Pod twice, one that is being made again, or one beyond those that are wanted as long as it is there', () => {
    assert.equal(told(fencing, '["cache-2", "cache-2"]', healthy), fine)
    assert.equal(told(fencing, '["cache-2"]', { ...healthy, pods: [pod(0), pod(1)] }), fine)
    assert.equal(
      told(fencing, '["cache-3"]', { ...healthy, pods: [0, 1, 2, 3].map((each) => pod(each)) }),
      fine,
    )
  })

  it('is quoted in part only, and without control characters', () => {
    const hostile = JSON.stringify([
      `\u001b[31m${'x'.repeat(200_000)}`,
      ...Array.from({ length: 9 }, () => 'other-1'),
    ])
    const said = told(fencing, hostile, healthy)
    assert.ok(said.length < 400)
    assert.match(said, /"\?\[31mx+", "other-1", "other-1" and 7 more$/)
  })
})
