// A container of the image, confined as Pods are, with what a test asks of it; it ends with the test.
import type { TestContext } from 'node:test'
import { instancePort } from '../../instance/api.ts'
import { eventually } from '../e2e/eventually.ts'
import type { ContainerEngine } from './container-engine.ts'

export interface ConfinedContainer {
  /** Runs a command beside what runs in it. */
  exec(...command: readonly string[]): Promise<string>
  /** Once a GET of the path is answered with 200. */
  answers(path: string): Promise<unknown>
  /** Once its redis-server answers. */
  redisAnswers(): Promise<unknown>
  redisIsSilent(): Promise<unknown>
  /** Once this was logged. */
  logged(text: string): Promise<unknown>
  signal(name: string): Promise<unknown>
  /** Once it has ended. */
  exitCode(): Promise<string>
}

/** What Pods are confined to. */
const confined = ['--network=none', '--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges']
const patienceSeconds = 30

export async function confinedContainer(
  t: TestContext,
  engine: ContainerEngine,
  args: readonly string[],
): Promise<ConfinedContainer> {
  const id = (await engine.run(['run', '--detach', ...confined, ...args])).trim()
  t.after(() => engine.run(['rm', '--force', '--volumes', id]))
  const exec = (...words: readonly string[]): Promise<string> => engine.run(['exec', id, ...words])
  const pings = (): Promise<boolean> => exec('redis-cli', 'ping').then(isPong, () => false)
  const once = (what: string, holds: () => Promise<boolean>): Promise<unknown> =>
    eventually(what, async () => ((await holds()) ? true : undefined), patienceSeconds)
  return {
    exec,
    answers: (path) =>
      once(`${path} is answered`, async () => (await exec('node', '-e', get, urlOf(path))) === '200\n'),
    redisAnswers: () => once('redis-server answers', pings),
    redisIsSilent: () => once('redis-server is silent', async () => !(await pings())),
    logged: (text) => once(`${text} is logged`, async () => (await engine.run(['logs', id])).includes(text)),
    signal: (name) => engine.run(['kill', `--signal=${name}`, id]),
    exitCode: async () => (await engine.run(['wait', id])).trim(),
  }
}

const isPong = (answer: string): boolean => answer === 'PONG\n'
const urlOf = (path: string): string => `http://127.0.0.1:${instancePort}${path}`
/** The image has no curl. */
const get = 'fetch(process.argv[1]).then(({ status }) => console.log(status))'
