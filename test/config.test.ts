// Flags and variables: what is unknown is refused with the list of what is valid.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigError as HooksConfigError, readConfig as readHooksConfig } from '../hooks/config.ts'
import { ConfigError, readConfig } from '../instance/config.ts'

describe('instance', () => {
  it('a flag wins over its variable', () => {
    assert.equal(readConfig(['--root=/a'], { REDIS_OPERATOR_ROOT: '/b' }).root, '/a')
    assert.equal(readConfig([], { REDIS_OPERATOR_ROOT: '/b' }).root, '/b')
  })

  it('refuses unknown flags and unknown variables of its own, and lets others be', () => {
    assert.throws(() => readConfig(['--nonsense'], {}), {
      name: 'Error',
      message: /--cluster-uid {2}\(REDIS_OPERATOR_CLUSTER_UID\)/,
    })
    assert.throws(() => readConfig([], { REDIS_OPERATOR_NONSENSE: '1' }), ConfigError)
    assert.equal(readConfig([], { KUBERNETES_SERVICE_HOST: '10.0.0.1' }).cluster, undefined)
  })

  it('inside a cluster every part of its identity is required', () => {
    assert.throws(() => readConfig(['--cluster=a'], {}), /--cluster-uid is required/)
  })

  it('the API is found as every Pod finds it, IPv6 included', () => {
    const identity = [
      '--cluster=a',
      '--cluster-uid=b',
      '--namespace=c',
      '--pod=d',
      '--pod-uid=e',
      '--pod-ip=f',
    ]
    const apiUrl = readConfig(identity, {
      KUBERNETES_SERVICE_HOST: 'fd00::1',
      KUBERNETES_SERVICE_PORT: '6443',
    }).cluster?.apiUrl
    assert.equal(apiUrl, 'https://[fd00::1]:6443')
  })
})

describe('hooks', () => {
  it('refuses unknown flags, unknown variables of its own and impossible ports', () => {
    assert.throws(() => readHooksConfig(['--nonsense'], {}), HooksConfigError)
    assert.throws(() => readHooksConfig([], { REDIS_OPERATOR_NONSENSE: '1' }), /valid flags/)
    assert.throws(() => readHooksConfig(['--port=70000'], {}), /not a port/)
  })

  it('refuses log levels that do not exist, and capture-all without a place', () => {
    assert.throws(() => readHooksConfig(['--log-level=loud'], {}), /not one of trace, debug/)
    assert.throws(() => readHooksConfig(['--capture-all'], {}), /--capture-all needs --capture/)
  })

  it('capture-all is a flag without a value, or a variable that says true', () => {
    const all = (argv: readonly string[], env: NodeJS.ProcessEnv): boolean =>
      readHooksConfig(['--capture=/tmp/x', ...argv], env).captureAll
    assert.deepEqual(
      [all([], {}), all(['--capture-all'], {}), all([], { REDIS_OPERATOR_CAPTURE_ALL: 'true' })],
      [false, true, true],
    )
  })

  it('know the API where every Pod is told of it, and none outside', () => {
    const api = (argv: readonly string[], env: NodeJS.ProcessEnv): string | undefined =>
      readHooksConfig(argv, env).kubernetesApi
    const pod = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }
    assert.deepEqual(
      [api([], {}), api([], pod), api(['--kubernetes-api=http://127.0.0.1:1'], pod)],
      [undefined, 'https://[fd00::1]:6443', 'http://127.0.0.1:1'],
    )
  })
})
