// A Pod's volumes as folders under its root, each reachable at its mountPath; contents swapped at once, as kubelet does.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { KubernetesObject } from '../client.ts'
import { containerOf, fieldOf, specOf, type KeyToPath, type Source, type Volume } from './pod-spec.ts'

export interface VolumeContext {
  readonly pod: KubernetesObject
  readonly ip: string
  /** The folder that is "/" for the Pod. */
  readonly root: string
  readonly secret: (name: string) => KubernetesObject | undefined
  readonly configMap: (name: string) => KubernetesObject | undefined
  /** The folder of a bound claim. */
  readonly claim: (name: string) => string | undefined
  readonly token: string
}

/** Makes or refreshes them. Throws with the name of what is missing: the container then waits. */
export function mountVolumes(context: VolumeContext): void {
  const { volumes = [] } = specOf(context.pod)
  for (const { name, mountPath } of containerOf(context.pod).volumeMounts ?? []) {
    const volume = volumes.find((each) => each.name === name)
    if (volume === undefined) throw new Error(`volume ${name} is not defined`)
    mount(context, volume, join(context.root, mountPath))
  }
}

function mount(context: VolumeContext, volume: Volume, path: string): void {
  const { emptyDir, persistentVolumeClaim, projected } = volume
  mkdirSync(dirname(path), { recursive: true })
  if (emptyDir !== undefined) mkdirSync(path, { recursive: true })
  else if (persistentVolumeClaim !== undefined)
    link(claimFolder(context, persistentVolumeClaim.claimName), path)
  else
    writeAtOnce(
      path,
      Object.fromEntries((projected?.sources ?? [volume]).flatMap((source) => filesOf(context, source))),
    )
}

function claimFolder({ claim }: VolumeContext, name: string): string {
  const folder = claim(name)
  if (folder === undefined) throw new Error(`persistentvolumeclaim "${name}" is not bound`)
  return folder
}

function link(target: string, path: string): void {
  if (!existsSync(path)) symlinkSync(target, path)
}

type Files = readonly (readonly [path: string, content: Buffer | string])[]

function filesOf(
  context: VolumeContext,
  { secret, configMap, serviceAccountToken, downwardAPI }: Source,
): Files {
  if (serviceAccountToken !== undefined) return [[serviceAccountToken.path, context.token]]
  if (downwardAPI !== undefined) {
    return (downwardAPI.items ?? []).map(({ path, fieldRef }) => [
      path,
      fieldOf(context.pod, context.ip, fieldRef?.fieldPath ?? ''),
    ])
  }
  if (secret !== undefined) {
    const name = secret.secretName ?? secret.name ?? ''
    const data = dataOf(context.secret(name), 'secret', name, secret.optional)
    return pick(data, secret.items).map(([path, value]) => [path, Buffer.from(value, 'base64')])
  }
  if (configMap === undefined) throw new Error('this kind of volume is not implemented here')
  return pick(
    dataOf(context.configMap(configMap.name), 'configmap', configMap.name, configMap.optional),
    configMap.items,
  )
}

function dataOf(
  object: KubernetesObject | undefined,
  kind: string,
  name: string,
  optional = false,
): Readonly<Record<string, string>> {
  if (object === undefined && !optional) throw new Error(`${kind} "${name}" not found`)
  return (object?.['data'] as Record<string, string> | undefined) ?? {}
}

function pick(
  data: Readonly<Record<string, string>>,
  items: readonly KeyToPath[] | undefined,
): readonly (readonly [string, string])[] {
  if (items === undefined) return Object.entries(data)
  return items.map(({ key, path }) => {
    const value = data[key]
    if (value === undefined) throw new Error(`references non-existent secret key: ${key}`)
    return [path, value] as const
  })
}

/** Files are links through `..data`, and that is swapped by one rename: a reader sees the old ones or the new ones. */
function writeAtOnce(folder: string, files: Readonly<Record<string, Buffer | string>>): void {
  mkdirSync(folder, { recursive: true })
  const old = currentVersion(folder)
  if (old !== undefined && isSame(join(folder, old), files)) return
  const version = `..${process.hrtime.bigint()}`
  mkdirSync(join(folder, version))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, version, path)), { recursive: true })
    writeFileSync(join(folder, version, path), content)
  }
  symlinkSync(version, join(folder, '..tmp'))
  renameSync(join(folder, '..tmp'), join(folder, '..data'))
  linkVisible(folder, [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))])
  if (old !== undefined) rmSync(join(folder, old), { recursive: true })
}

/** What is directly in the folder leads through `..data`, and goes with its last file. */
function linkVisible(folder: string, names: readonly string[]): void {
  for (const name of names)
    if (lstatSync(join(folder, name), { throwIfNoEntry: false }) === undefined)
      symlinkSync(join('..data', name), join(folder, name))
  for (const name of readdirSync(folder))
    if (!name.startsWith('..') && !names.includes(name)) rmSync(join(folder, name))
}

function currentVersion(folder: string): string | undefined {
  try {
    return readlinkSync(join(folder, '..data'))
  } catch {
    return undefined
  }
}

function isSame(folder: string, files: Readonly<Record<string, Buffer | string>>): boolean {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const wanted = Object.entries(files)
  return (
    entries.filter((entry) => entry.isFile()).length === wanted.length &&
    wanted.every(([path, content]) => sameContent(join(folder, path), content))
  )
}

function sameContent(path: string, content: Buffer | string): boolean {
  return existsSync(path) && Buffer.from(content).equals(readFileSync(path))
}
