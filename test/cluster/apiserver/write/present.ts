// A stored object in the version that was asked for: versions of a CRD differ in their name only.
import type { ApiObject } from '../object.ts'
import { apiVersionOf, type Resource } from '../resource.ts'

export const present = (resource: Resource, stored: ApiObject): ApiObject =>
  resource.custom === undefined || stored.apiVersion === apiVersionOf(resource)
    ? stored
    : { ...stored, apiVersion: apiVersionOf(resource) }
