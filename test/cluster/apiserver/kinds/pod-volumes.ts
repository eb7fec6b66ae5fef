// The defaults of a Pod's volumes.
import { fieldsOf, isFields, listOf, type Fields } from '../object.ts'
import { canonicalQuantities, setDefaults } from './defaults.ts'

const fileMode = 0o644

export function completeVolumes(spec: Fields): void {
  for (const volume of listOf(spec['volumes'])) {
    const isBare = Object.keys(volume).every((name) => name === 'name')
    if (isBare) volume['emptyDir'] = {}
    for (const kind of ['secret', 'configMap', 'downwardAPI', 'projected']) {
      const source = volume[kind]
      if (isFields(source)) setDefaults(source, { defaultMode: fileMode })
    }
    if (isFields(volume['hostPath'])) setDefaults(volume['hostPath'], { type: '' })
    canonicalQuantities(fieldsOf(volume['emptyDir']), ['sizeLimit'])
    completeItems(fieldsOf(volume['downwardAPI']))
    for (const source of listOf(fieldsOf(volume['projected'])['sources'])) completeProjected(source)
  }
}

function completeProjected(source: Fields): void {
  if (isFields(source['serviceAccountToken']))
    setDefaults(source['serviceAccountToken'], { expirationSeconds: 3600 })
  completeItems(fieldsOf(source['downwardAPI']))
}

function completeItems(source: Fields): void {
  for (const { fieldRef } of listOf(source['items']))
    if (isFields(fieldRef)) setDefaults(fieldRef, { apiVersion: 'v1' })
}
