// The CompositeController kind, for clusters in which the real Metacontroller is not installed.
export const compositeControllerCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'compositecontrollers.metacontroller.k8s.io' },
  spec: {
    group: 'metacontroller.k8s.io',
    names: {
      kind: 'CompositeController',
      listKind: 'CompositeControllerList',
      plural: 'compositecontrollers',
      singular: 'compositecontroller',
      shortNames: ['cc', 'cctl'],
    },
    scope: 'Cluster',
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
} as const
