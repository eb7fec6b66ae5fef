// Plays one random schedule again for its story, and says how to see it once more.
import { randomSchedule, type Outcome } from './schedule.ts'

export async function storyOf(seed: number): Promise<{ readonly outcome: Outcome; readonly text: string }> {
  const outcome = await randomSchedule(seed, true)
  const { instances, k, faults, violations, story } = outcome
  const ended = violations.length === 0 ? 'all is well' : violations.join('; ')
  const head = `seed ${seed}, ${instances} instances, k ${k}, ${faults.join(' ')}: ${ended}`
  return { outcome, text: [head, ...story, `again: npm run sim -- --seed ${seed} --story`].join('\n') }
}
