// The HTTP side of backups: ask for one and wait, or ask and come back; look at it; take it back.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { BackupDesk } from '../admission.ts'
import { paths } from '../api.ts'
import { BackupQuery, BackupRequest, type BackupAnswer, type BackupReport } from '../artifact.ts'
import { sendProblem } from '../problems.ts'
import type { BackupJob } from './job.ts'

const Name = Type.Object({ name: Type.String({ minLength: 1, maxLength: 253 }) })

export function backupRoutes(app: FastifyInstance, desk: BackupDesk): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>()
  const asked = { schema: { querystring: BackupQuery, body: BackupRequest } }
  routes.post(paths.backup, asked, async (request, reply) => {
    const refused = desk.refusalOfBackup(request.query)
    if (refused !== undefined) return await sendProblem(reply, refused.code, refused.detail)
    return await ask(desk, request, request.body, reply)
  })
  const named = { schema: { querystring: BackupQuery, params: Name } }
  routes.get(`${paths.backups}/:name`, named, async ({ query, params }, reply) => {
    const refused = desk.refusalOfStranger(query)
    if (refused !== undefined) return await sendProblem(reply, refused.code, refused.detail)
    const job = desk.backups?.find(params.name, query.backup)
    return await answer(reply, params.name, job?.report())
  })
  routes.delete(`${paths.backups}/:name`, named, async ({ query, params }, reply) => {
    const refused = desk.refusalOfStranger(query)
    if (refused !== undefined) return await sendProblem(reply, refused.code, refused.detail)
    return await answer(reply, params.name, await desk.backups?.abort(params.name, query.backup))
  })
}

async function ask(
  { backups }: BackupDesk,
  http: FastifyRequest,
  request: BackupRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const asked = backups?.ask(request)
  if (asked === undefined) return await sendProblem(reply, 'not-ready', 'this instance makes no backups')
  if (asked.kind === 'Busy') {
    const { backupName, step, startedAt } = asked.report
    const detail = `backup ${backupName} runs here since ${startedAt} (${step}): one at a time, ask again later`
    return await sendProblem(reply, 'backup-busy', detail)
  }
  if (!prefersAsync(http)) return await wait(asked.job, reply)
  asked.job.detach()
  return await reply
    .code(202)
    .header('preference-applied', respondAsync)
    .header('location', `${paths.backups}/${request.backupName}`)
    .send(asked.job.report())
}

const respondAsync = 'respond-async'

/** RFC 7240: a list, each with parameters. */
function prefersAsync({ headers }: FastifyRequest): boolean {
  const preferences = [headers['prefer'] ?? ''].flat().join(',').split(',')
  return preferences.some((preference) => preference.split(';')[0]?.trim().toLowerCase() === respondAsync)
}

async function wait(job: BackupJob, reply: FastifyReply): Promise<FastifyReply> {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort('the connection ended'))
  const report = await job.wait(gone.signal)
  const { error, backupSize, checksumSHA256 } = report
  if (error !== undefined)
    return await sendProblem(reply, 'backup-failed', `${error.reason}: ${error.detail}`)
  const { artifactType, backupPath, objectKey } = report
  // Both are known of a job that is completed.
  const sealed = { backupSize: backupSize ?? 0, checksumSHA256: checksumSHA256 ?? '' }
  const body: BackupAnswer = { artifactType, backupPath, objectKey, ...sealed }
  return await reply.send(body)
}

async function answer(
  reply: FastifyReply,
  name: string,
  report: BackupReport | undefined,
): Promise<FastifyReply> {
  if (report !== undefined) return await reply.send(report)
  const detail = `no backup ${name} is known here: it was never asked for in this life of the instance, or is forgotten`
  return await sendProblem(reply, 'no-such-backup', detail)
}
