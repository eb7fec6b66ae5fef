// What runs in the Pods of the kubelet's tests: a server that shows what it was given, and does what it is told.
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const { ROOT = '', IP = '' } = process.env
const args = process.argv.slice(2)
let isReady = !args.includes('--unready')

// In a session of its own, as a daemon would be.
if (args.includes('--child')) spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })

process.on('SIGTERM', () => {
  console.log('SIGTERM')
  if (!args.includes('--stubborn')) process.exit(0)
})

type Act = (value: string) => string | undefined

/** Undefined is answered with 503. */
const acts: Readonly<Record<string, Act>> = {
  '/env': () => JSON.stringify(process.env),
  '/args': () => JSON.stringify(args),
  '/pid': () => String(process.pid),
  '/ready': () => (isReady ? 'ready' : undefined),
  '/set-ready': (value) => {
    isReady = value === 'true'
    return ''
  },
  '/read': (path) => {
    try {
      return readFileSync(ROOT + path, 'utf8')
    } catch {
      return undefined
    }
  },
  '/write': (path) => {
    writeFileSync(ROOT + path, 'written')
    return ''
  },
  '/exit': (code) => {
    setImmediate(() => process.exit(Number(code)))
    return ''
  },
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://pod')
  const text = acts[pathname]?.(searchParams.get('value') ?? '')
  response.writeHead(text === undefined ? 503 : 200, { connection: 'close' }).end(text)
})
server.listen(8080, IP, () => console.log('started'))
