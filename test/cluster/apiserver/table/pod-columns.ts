// What `kubectl get pods` shows.
import { fieldsOf, listOf, textOf, type ApiObject, type Fields } from '../object.ts'
import { ageColumn, column, nameColumn, since, type Column } from './columns.ts'

const wide = { priority: 1 }

export const podColumns: readonly Column[] = [
  nameColumn,
  column('Ready', (pod) => {
    const states = statesOf(pod)
    return `${states.filter(({ ready }) => ready === true).length}/${listOf(pod.spec?.['containers']).length}`
  }),
  column('Status', stateOf),
  column('Restarts', restarts),
  ageColumn,
  column('IP', ({ status }) => status?.['podIP'] ?? '<none>', wide),
  column('Node', ({ spec }) => spec?.['nodeName'] ?? '<none>', wide),
  column('Nominated Node', () => '<none>', wide),
  column('Readiness Gates', () => '<none>', wide),
]

const statesOf = ({ status }: ApiObject): readonly Fields[] => listOf(status?.['containerStatuses'])

function stateOf(pod: ApiObject): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating'
  const reasons = statesOf(pod).flatMap(({ state }) => {
    const { waiting, terminated } = fieldsOf(state)
    const reason = textOf(fieldsOf(waiting ?? terminated)['reason'])
    return reason === '' ? [] : [reason]
  })
  return reasons.at(-1) ?? (textOf(pod.status?.['reason']) || textOf(pod.status?.['phase']))
}

function restarts(pod: ApiObject): string {
  const states = statesOf(pod)
  const count = states.reduce((sum, { restartCount }) => sum + Number(restartCount ?? 0), 0)
  const ends = states.map(({ lastState }) =>
    textOf(fieldsOf(fieldsOf(lastState)['terminated'])['finishedAt']),
  )
  const last = ends
    .filter((end) => end !== '')
    .sort()
    .at(-1)
  return count > 0 && last !== undefined ? `${count} (${since(last)} ago)` : String(count)
}
