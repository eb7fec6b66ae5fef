// Asks an instance what has become of a backup. Whatever goes wrong is a Silent report.
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { request, type Agent } from 'undici'
import { paths, problemType } from '../../instance/api.ts'
import { BackupReport, type BackupQuery } from '../../instance/artifact.ts'
import type { JobReport } from '../redisbackup/plan.ts'
import type { Address } from '../rediscluster/plan.ts'
import { reasonOf, textOf, urlOf, within } from './poll.ts'

const check = TypeCompiler.Compile(BackupReport)

export interface JobQuestion {
  readonly at: Address
  readonly backupName: string
  /** Told to the instance, so that another Pod at this address, or another job of this name, is not taken for ours. */
  readonly query: Required<BackupQuery>
}

/** Never throws. */
export async function askForJob(agent: Agent, question: JobQuestion, deadlineMs: number): Promise<JobReport> {
  const { at, backupName, query } = question
  const signal = AbortSignal.timeout(deadlineMs)
  try {
    const path = `${paths.backups}/${encodeURIComponent(backupName)}?${new URLSearchParams(query).toString()}`
    const answer = await within(signal, request(urlOf(at, path), { dispatcher: agent, signal }))
    return jobReport(answer.statusCode, JSON.parse(await textOf(answer.body)))
  } catch (error) {
    return silent(reasonOf(error))
  }
}

/** Only its own 404 means that it does not know the job: one of an older version means nothing. */
function jobReport(statusCode: number, answer: unknown): JobReport {
  const { type, detail } = (answer ?? {}) as { type?: unknown; detail?: unknown }
  if (statusCode === 404 && type === problemType('no-such-backup')) return { kind: 'Unknown' }
  if (statusCode !== 200)
    return silent(`it answered ${statusCode}${typeof detail === 'string' ? `: ${detail}` : ''}`)
  if (check.Check(answer)) return { kind: 'Answered', report: answer }
  const first = check.Errors(answer).First()
  return silent(`its answer is no report of a backup (${first?.path ?? ''} ${first?.message ?? ''})`)
}

const silent = (reason: string): JobReport => ({ kind: 'Silent', reason: reason.slice(0, 200) })
