// spec.nodeMaintenanceWindow: nodes are being worked on, and what may become of the volumes that are on them.
import { Type } from '@sinclair/typebox'

export const maintenanceFields = {
  nodeMaintenanceWindow: Type.Optional(
    Type.Object(
      {
        inProgress: Type.Boolean({
          default: false,
          description:
            'While true no PodDisruptionBudget holds back a drain, so that several instances may be evicted at once.',
        }),
        reusePVC: Type.Boolean({
          default: true,
          description:
            'What a replica does whose node cannot take it back during the window. true: it waits for its volume. false: it gets a new, empty volume and copies the data again, while enough other replicas are in sync.',
        }),
      },
      { description: 'For work on nodes, for example those that local volumes are on.' },
    ),
  ),
}

export const maintenanceRules = [
  {
    rule: '!has(self.nodeMaintenanceWindow) || !self.nodeMaintenanceWindow.inProgress || self.nodeMaintenanceWindow.reusePVC || self.instances > 1',
    message:
      'nodeMaintenanceWindow.reusePVC: false needs replicas: the volume of the only instance is the only copy of its data',
  },
]
