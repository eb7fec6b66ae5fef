// What is committed is what the code generates; both ways of installing give the same objects; and they fit the code.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { parse, parseAllDocuments } from 'yaml'
import { readConfig } from '../hooks/config.ts'
import { metacontrollerLabel } from '../hooks/install/access.ts'
import { defaultValues, valuesSchema } from '../hooks/install/site.ts'
import { generatedManifests, version } from '../hooks/manifests.ts'
import { instanceAnnotations } from '../instance/api.ts'
import { renderTemplate } from './support/helm.ts'
import { isInstalled, kubectlWith } from './support/kubectl.ts'
import { byIdentity, withoutSite } from './support/manifests.ts'

const root = resolve(import.meta.dirname, '..')
const largestBytes = 200 * 1024
const namespace = 'redis-operator-system'
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const files = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })

const objectsIn = (text: string): readonly object[] =>
  parseAllDocuments(text).flatMap((document) => {
    const object = document.toJS() as object | null
    return object === null ? [] : [object]
  })

interface Kustomization {
  readonly resources?: readonly string[]
  readonly patches?: readonly { readonly path?: string }[]
  readonly components?: readonly string[]
}

/** What the resources of a kustomization hold, before it changes anything in them. */
function resourcesOf(folder: string): readonly object[] {
  const { resources = [] } = parse(read(join(folder, 'kustomization.yaml'))) as Kustomization
  return resources.flatMap((name) => {
    const path = join(folder, name)
    return name.endsWith('.yaml') ? objectsIn(read(path)) : resourcesOf(path)
  })
}

function chartObjects(values: object = {}): readonly object[] {
  const release = { namespace, values: { ...defaultValues(version), ...values } }
  const templates = files('manifests/chart/templates')
  return templates.flatMap((file) =>
    objectsIn(renderTemplate(read(`manifests/chart/templates/${file}`), release)),
  )
}

const only = (kind: string): Readonly<Record<string, unknown>> =>
  resourcesOf('manifests').find((object) => (object as { kind: string }).kind === kind) as Record<
    string,
    unknown
  >

describe('generated manifests', () => {
  for (const [path, content] of Object.entries(generatedManifests())) {
    it(`${path} is what npm run manifests writes`, () => assert.equal(read(path), content))
    it(`${path} is below 200 KB`, () => assert.ok(Buffer.byteLength(content) < largestBytes))
  }

  it('no other manifest is committed but kustomizations', () => {
    const committed = ['manifests', 'metacontroller'].flatMap((folder) =>
      files(folder).map((file) => join(folder, file)),
    )
    const manifests = committed.filter(
      (file) => /\.(yaml|json)$/.test(file) && !file.endsWith('kustomization.yaml'),
    )
    assert.deepEqual(manifests.sort(), Object.keys(generatedManifests()).sort())
  })
})

describe('kustomizations', () => {
  const named = (folder: string): readonly string[] => {
    const { resources = [], patches = [] } = parse(read(join(folder, 'kustomization.yaml'))) as Kustomization
    return [...resources, ...patches.flatMap(({ path }) => path ?? [])]
  }
  const folders = [
    'manifests',
    'manifests/instances',
    'metacontroller',
    'metacontroller/install',
    'metacontroller/least-privilege',
  ]
  for (const folder of folders)
    it(`${folder} names every manifest beside it`, () => {
      const beside = readdirSync(join(root, folder)).filter((file) => file.endsWith('.yaml'))
      const manifests = beside.filter((file) => !/^(kustomization|chart-values)\.yaml$/.test(file))
      assert.deepEqual(
        manifests.filter((file) => !named(folder).includes(file)),
        [],
      )
    })

  it('manifests/ includes metacontroller/, and every CRD', () => {
    const crds = files('manifests/crds').map((file) => `crds/${file}`)
    for (const name of ['../metacontroller', ...crds]) assert.ok(named('manifests').includes(name), name)
  })
})

describe('the chart', () => {
  it('gives the objects of the kustomization', () => {
    assert.deepEqual(
      byIdentity(withoutSite(chartObjects())),
      byIdentity(withoutSite(resourcesOf('manifests'))),
    )
  })

  it(
    'gives the objects of an overlay with an image and a token',
    { skip: isInstalled ? false : 'there is no kubectl on the PATH' },
    async () => {
      const kubectl = kubectlWith(process.env)
      const overlay = objectsIn(await kubectl(`kustomize ${join(root, 'examples/install')}`))
      const values = {
        image: `registry.example/redis-operator:${version}`,
        tokenSecret: 'redis-operator-hooks',
      }
      assert.deepEqual(byIdentity(withoutSite(chartObjects(values))), byIdentity(withoutSite(overlay)))
    },
  )

  it('keeps the CRDs when the release goes, and leaves them out on demand', () => {
    const crds = (values: object): readonly object[] =>
      chartObjects(values).filter(
        (object) => (object as { kind: string }).kind === 'CustomResourceDefinition',
      )
    const policies = crds({}).map(
      (crd) => (crd as { metadata: { annotations: object } }).metadata.annotations,
    )
    assert.equal(policies.length, files('manifests/crds').length)
    for (const policy of policies) assert.deepEqual(policy, { 'helm.sh/resource-policy': 'keep' })
    assert.deepEqual(crds({ crds: false }), [])
  })

  it('has values that its schema takes, and refuses unknown ones', () => {
    const check = TypeCompiler.Compile(valuesSchema(version))
    const values = parse(read('manifests/chart/values.yaml')) as object
    assert.deepEqual(values, defaultValues(version))
    assert.ok(check.Check(values))
    assert.ok(!check.Check({ ...values, replicas: 0 }))
    assert.ok(!check.Check({ ...values, replicaCount: 2 }))
  })
})

describe('the Deployment', () => {
  const { template } = only('Deployment')['spec'] as {
    template: { spec: { enableServiceLinks: boolean; containers: readonly Container[] } }
  }
  interface Container {
    readonly args: readonly string[]
    readonly env: readonly { readonly name: string; readonly value: string }[]
  }

  it('starts the hooks with flags and variables that they know', () => {
    const [container] = template.spec.containers
    assert.ok(container)
    const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]))
    assert.equal(readConfig(container.args.slice(1), env).image, `redis-operator:${version}`)
    const guarded = chartObjects({ tokenSecret: 'x' }).find(
      (object) => (object as { kind: string }).kind === 'Deployment',
    )
    const { args } = (guarded as { spec: { template: { spec: { containers: [Container] } } } }).spec.template
      .spec.containers[0]
    assert.equal(readConfig(args.slice(1), env).bearerTokenFile, '/etc/redis-operator-hooks/token')
  })

  it('asks for no variables of Services: those of its own would begin as the hooks’ do, and stop them', () => {
    assert.equal(template.spec.enableServiceLinks, false)
    assert.throws(() => readConfig([], { REDIS_OPERATOR_SERVICE_HOST: '10.0.0.1' }))
  })
})

describe('the admission policy', () => {
  it('names every annotation that an instance writes', () => {
    const { variables } = only('ValidatingAdmissionPolicy')['spec'] as {
      variables: readonly { name: string; expression: string }[]
    }
    const own = variables.find(({ name }) => name === 'own')?.expression ?? ''
    assert.deepEqual(
      [...own.matchAll(/'([^']+)'/g)].map(([, key]) => key),
      Object.values(instanceAnnotations),
    )
  })
})

describe('the ClusterRole of Metacontroller', () => {
  it('holds every child resource, and is gathered by the label of the component', () => {
    const roles = resourcesOf('manifests') as readonly {
      kind: string
      metadata: { labels?: Record<string, string> }
      rules: readonly { resources: readonly string[]; verbs: readonly string[] }[]
    }[]
    const role = roles.find(({ metadata }) => metadata.labels?.[metacontrollerLabel] === 'true')
    assert.ok(role)
    const controllers = roles.filter(({ kind }) => kind === 'CompositeController') as unknown as readonly {
      spec: { childResources: readonly { resource: string }[] }
    }[]
    const children = controllers.flatMap(({ spec }) => spec.childResources.map(({ resource }) => resource))
    const writable = role.rules
      .filter(({ verbs }) => verbs.includes('delete'))
      .flatMap(({ resources }) => resources)
    assert.deepEqual([...new Set(children)].sort(), [...writable].sort())
    assert.ok(
      read('metacontroller/least-privilege/kustomization.yaml').includes(`${metacontrollerLabel}: "true"`),
    )
  })
})
