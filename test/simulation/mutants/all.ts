// Every mutant there is.
import { copies } from './copies.ts'
import { dataMutants } from './data.ts'
import { decisions } from './decisions.ts'
import { expiredMutants } from './expired.ts'
import { handoverMutants } from './handover.ts'
import { lettingGoMutants } from './letting-go.ts'
import type { Mutant } from './mutant.ts'
import { openingMutants } from './opening.ts'
import { promiseMutants } from './promise.ts'
import { proofMutants } from './proofs.ts'
import { rightMutants } from './right.ts'
import { salvageMutants } from './salvage.ts'
import { scalingMutants } from './scaling.ts'
import { termMutants } from './terms.ts'

export const mutants: readonly Mutant[] = [
  ...decisions,
  ...copies,
  ...proofMutants,
  ...expiredMutants,
  ...promiseMutants,
  ...openingMutants,
  ...rightMutants,
  ...handoverMutants,
  ...termMutants,
  ...lettingGoMutants,
  ...dataMutants,
  ...salvageMutants,
  ...scalingMutants,
]
