import { FailureError } from '@kedge/base'
import type { Command } from 'commander'
import type { VerbContext } from '../verbs.ts'

/** `kedge completion SHELL`. */
export function declareCompletion(command: Command, { io, root }: VerbContext): void {
  command
    .argument('<shell>', `one of ${Object.keys(scripts).join(', ')}`)
    .addHelpText('after', '\nExample:\n  source <(kedge completion bash)')
    .action((shell: string) => {
      const script = scripts[shell]
      if (script === undefined)
        throw new FailureError({
          code: 'UnknownShell',
          message: `there is no completion for ${JSON.stringify(shell)}`,
          fix: `use one of: ${Object.keys(scripts).join(', ')}`,
        })
      io.stdout(script(describeCommands(root)))
    })
}

interface CommandWords {
  readonly name: string
  readonly summary: string
  readonly flags: readonly string[]
}

function describeCommands(root: Command): readonly CommandWords[] {
  return root.commands.map((command) => ({
    name: command.name(),
    summary: command.description(),
    flags: command.options.flatMap((option) => (option.long === undefined ? [] : [option.long])),
  }))
}

const scripts: Readonly<Record<string, (commands: readonly CommandWords[]) => string>> = { bash, zsh, fish, powershell }

function bash(commands: readonly CommandWords[]): string {
  const cases = commands
    .map(({ name, flags }) => `    ${name}) COMPREPLY=($(compgen -W "${flags.join(' ')}" -- "$word")) ;;`)
    .join('\n')
  return `# bash completion for kedge
_kedge() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
}
complete -o default -F _kedge kedge
`
}

function zsh(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name, summary }) => `    '${name}:${summary.replaceAll("'", '')}'`).join('\n')
  const cases = commands.map(({ name, flags }) => `    ${name}) compadd -- ${flags.join(' ')} ;;`).join('\n')
  return `#compdef kedge
_kedge() {
  local -a commands
  commands=(
${names}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  case "$words[2]" in
${cases}
  esac
  _files
}
compdef _kedge kedge
`
}

function fish(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, summary, flags }) => [
    `complete -c kedge -f -n __fish_use_subcommand -a ${name} -d '${summary.replaceAll("'", '')}'`,
    ...flags.map((flag) => `complete -c kedge -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`),
  ])
  return `# fish completion for kedge\n${lines.join('\n')}\n`
}

function powershell(commands: readonly CommandWords[]): string {
  const table = commands
    .map(({ name, flags }) => `    '${name}' = @(${flags.map((flag) => `'${flag}'`).join(', ')})`)
    .join('\n')
  return `# PowerShell completion for kedge
Register-ArgumentCompleter -Native -CommandName kedge -ScriptBlock {
  param($word, $ast, $position)
  $flags = @{
${table}
  }
  $words = $ast.CommandElements | ForEach-Object { $_.ToString() }
  $candidates = if ($words.Count -le 2 -and -not $flags.ContainsKey("$($words[1])")) { $flags.Keys } else { $flags["$($words[1])"] }
  $candidates | Where-Object { $_ -like "$word*" } | Sort-Object | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`
}
