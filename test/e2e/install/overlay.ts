// metacontroller/install with a copy of Metacontroller's own manifests in the place of their address, which needs the internet.
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './apply.ts'

/** A folder for `kubectl apply -k`, below `directory`; `least`: with the component that takes its wildcard away. */
export function overlayWith(upstream: string, directory: string, { least }: { least: boolean }): string {
  const copy = join(directory, 'metacontroller')
  rmSync(copy, { recursive: true, force: true })
  cpSync(join(root, 'metacontroller'), copy, { recursive: true })
  const link = join(directory, 'upstream')
  rmSync(link, { force: true })
  symlinkSync(upstream, link)
  const file = join(copy, 'install/kustomization.yaml')
  const text = readFileSync(file, 'utf8').replace(/https:\S+/, '../../upstream')
  writeFileSync(file, least ? text.replace('# components:\n#   -', 'components:\n  -') : text)
  return join(copy, 'install')
}
