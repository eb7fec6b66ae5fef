// Renders our chart's templates without Helm. It knows the five forms in which they are written, and refuses any other.
interface Release {
  readonly namespace: string
  readonly values: Readonly<Record<string, unknown>>
}

/** An `if` may stand around a whole file, or choose between two texts in a line. */
export function renderTemplate(text: string, { namespace, values }: Release): string {
  const isSet = (name: string): boolean => Boolean(values[name])
  const rendered = text
    .replace(/^\{\{- if \.Values\.(\w+) \}\}\n(.*)\{\{- end \}\}\n$/s, (_, name: string, body: string) =>
      isSet(name) ? body : '',
    )
    .replaceAll(
      /\{\{ if \.Values\.(\w+) \}\}(.*?)\{\{ else \}\}(.*?)\{\{ end \}\}/g,
      (_, name: string, yes: string, no: string) => (isSet(name) ? yes : no),
    )
    .replaceAll(/\{\{ toJson \.Values\.(\w+) \}\}/g, (_, name: string) => JSON.stringify(values[name]))
    .replaceAll('{{ toJson .Release.Namespace }}', JSON.stringify(namespace))
    .replaceAll('{{ .Release.Namespace }}', namespace)
  const [unknown] = /\{\{.*?\}\}/.exec(rendered) ?? []
  if (unknown !== undefined) throw new Error(`the template holds ${unknown}, which is not rendered here`)
  return rendered
}
