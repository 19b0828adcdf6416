// Bundles a compiled file with the development dependencies that it imports, so that users need not install them, and
// writes their licences beside it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'

/** Makes `target` of `source` and everything it imports but `external`. */
export function bundle(source, target, external) {
  const { metafile } = buildSync({
    entryPoints: [source],
    outfile: target,
    bundle: true,
    platform: 'node',
    format: 'esm',
    minify: true,
    external,
    metafile: true,
    logLevel: 'warning',
  })
  const files = Object.keys(metafile.inputs)
  const folders = [...new Set(files.flatMap(packageFolder))].sort()
  const texts = [...folders.map(licence), ...files.flatMap(licencesInside)]
  writeFileSync(target.replace(/\.js$/, '.licenses.txt'), texts.join('\n'))
}

/** The package a bundled file belongs to; none for our own. */
function packageFolder(path) {
  const inner = path.lastIndexOf('node_modules/')
  if (inner < 0) return []
  const [name, part] = path.slice(inner + 'node_modules/'.length).split('/')
  return [resolve(path.slice(0, inner), 'node_modules', name.startsWith('@') ? join(name, part) : name)]
}

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry))
  if (license !== 'MIT' || !file) throw new Error(`${name} cannot be bundled: its licence is ${license}`)
  return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
}

/** Licences of code that a package has copied into its own. */
function licencesInside(path) {
  const comments = readFileSync(path, 'utf8').match(/\/\*[\s\S]*?\*\//g) ?? []
  return comments
    .filter((comment) => comment.includes('Permission is hereby granted'))
    .map((comment) => `${comment.replace(/^\s*(\/\*+| \*\/?) ?/gm, '').trim()}\n`)
}
