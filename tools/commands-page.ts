/** Writes docs/reference/commands.md from the command tree itself: `node tools/commands-page.ts`. A test keeps it current. */
import { writeFileSync } from 'node:fs'
import { createProgram } from '../apps/cli/src/program.ts'

export function commandsPage(): string {
  const io = { stdout: () => undefined, stderr: () => undefined, cwd: '/', env: {}, isTerminal: false, columns: 100 }
  const program = createProgram(io, () => undefined)
  const head = `# Commands

Made from the command tree by \`tools/commands-page.ts\`.

Exit codes of every command: 0 done, 1 a difference or something not ready, 2 an error. Data goes to stdout, talk to stderr. \`NO_COLOR\` turns colours off, \`FORCE_COLOR\` on.

A command talks to the cluster of \`--kubeconfig\` and \`--context\`; without them, to the embedded cluster that runs in this folder or one above it; else to what \`KUBECONFIG\` or \`~/.kube/config\` name.
`
  return [head, ...program.commands.map(section)].join('\n')
}

function section(command: ReturnType<typeof createProgram>): string {
  const help = { helpWidth: 100 }
  const text = command.configureHelp(help).helpInformation().trimEnd()
  return `## kedge ${command.name()}\n\n${command.description()}\n\n\`\`\`\n${text}\n\`\`\`\n`
}

if (process.argv[1] === import.meta.filename) writeFileSync('docs/reference/commands.md', commandsPage())
