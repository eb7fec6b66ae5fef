// What is committed is what the code generates, and stays small enough for kubectl apply.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
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
})
