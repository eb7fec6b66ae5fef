// What is told about a parent as an Event of Kubernetes, and what makes it the same one when it is decided again.

export interface PlannedEvent {
  readonly type: 'Normal' | 'Warning'
  /** One word in CamelCase, for people and for alerts. */
  readonly reason: string
  readonly message: string
  /**
   * Of all Events of this parent with this reason, the one that it is: an epoch, a UID, a generation, or the time of the
   * transition before. Never the time of this sync: one that is decided anew, from a status one answer old, is no other.
   */
  readonly once: string
}

/** As much as the API server takes. */
const longestMessage = 1024

export const normal = (reason: string, once: string, message: string): PlannedEvent =>
  eventOf('Normal', reason, once, message)

export const warning = (reason: string, once: string, message: string): PlannedEvent =>
  eventOf('Warning', reason, once, message)

const eventOf = (
  type: PlannedEvent['type'],
  reason: string,
  once: string,
  message: string,
): PlannedEvent => ({ type, reason, message: message.slice(0, longestMessage), once })
