// What is committed is what the code generates, and stays small enough for kubectl apply.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { generatedManifests } from '../hooks/manifests.ts'

const root = resolve(import.meta.dirname, '..')
const largestBytes = 200 * 1024

describe('manifests', () => {
  for (const [path, content] of Object.entries(generatedManifests())) {
    it(`${path} is what npm run manifests writes`, () => {
      assert.equal(readFileSync(join(root, path), 'utf8'), content)
    })

    it(`${path} is below 200 KB`, () => assert.ok(Buffer.byteLength(content) < largestBytes))
  }

  for (const folder of ['manifests', 'metacontroller']) {
    it(`${folder}/kustomization.yaml names every manifest beside and below it`, () => {
      const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      const manifests = files.filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
      const text = readFileSync(join(root, folder, 'kustomization.yaml'), 'utf8')
      const { resources } = parse(text) as { resources: readonly string[] }
      assert.deepEqual([...resources].sort(), manifests.sort())
    })
  }
})
