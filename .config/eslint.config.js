// The taste of this codebase as rules: types that hold, small functions, and a core without I/O, clock or randomness.
import tseslint from 'typescript-eslint'

const clocksAndChance = [
  { name: 'process', message: 'core is pure: take it as an argument' },
  { name: 'console', message: 'core is pure: return a value instead' },
  { name: 'setTimeout', message: 'core is pure: no timers' },
  { name: 'setInterval', message: 'core is pure: no timers' },
  { name: 'fetch', message: 'core is pure: no I/O' },
  { name: 'crypto', message: 'core is pure: randomness comes in as an argument' },
]

const noChance = [
  { object: 'Date', property: 'now', message: 'core is pure: time comes in as an argument' },
  { object: 'Math', property: 'random', message: 'core is pure: randomness comes in as an argument' },
]

const pureSyntax = [
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
    message: 'core is pure: time comes in as an argument',
  },
  { selector: 'AwaitExpression', message: 'core is pure: it never waits' },
]

export const coreFiles = [
  'hooks/rediscluster/**/*.ts',
  'hooks/redisbackup/**/*.ts',
  'hooks/redisscheduledbackup/**/*.ts',
  'hooks/composite-controller.ts',
  'hooks/crd.ts',
  'instance/reign/**/*.ts',
  'metacontroller/**/*.ts',
]

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', '.local/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      complexity: ['error', { max: 12, variant: 'modified' }],
      'max-depth': ['error', 3],
      'max-params': ['error', 5],
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: coreFiles,
    rules: {
      'no-restricted-globals': ['error', ...clocksAndChance],
      'no-restricted-properties': ['error', ...noChance],
      'no-restricted-syntax': ['error', ...pureSyntax],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      complexity: 'off',
      // Stages and fake parts are plain objects of closures: nothing there uses this.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['describe', 'it', 'test', 'suite'] },
          ],
        },
      ],
    },
  },
)
