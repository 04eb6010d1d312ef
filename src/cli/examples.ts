import type { Command } from 'commander';

/** By path. Each is run as written after `npm run cli --`, or `npx sixdigit`. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  '': ['doctor', 'verify start +14155552671', 'limits show +14155552671'],
  doctor: ['doctor', 'doctor --strict --json', 'doctor --live +14155552671'],
  verify: ['verify start +14155552671', 'verify check 0b6f0d5e-6d0c-4a57-9d36-6f8d4c2b1a90 568209'],
  'verify start': [
    'verify start +14155552671',
    'verify start +14155552671 --channel whatsapp --locale pt-BR --url http://127.0.0.1:3000',
  ],
  'verify check': ['verify check 0b6f0d5e-6d0c-4a57-9d36-6f8d4c2b1a90 568209'],
  messages: ['messages show 51e9c0de-0f5e-4b7e-8a55-1f2e3d4c5b6a'],
  'messages show': [
    'messages show 51e9c0de-0f5e-4b7e-8a55-1f2e3d4c5b6a',
    'messages show 51e9c0de-0f5e-4b7e-8a55-1f2e3d4c5b6a --json',
  ],
  send: [
    'send --csv people.csv --body "Hello {name}" --dry-run',
    'send --csv people.csv --template alert --map text=note --url http://127.0.0.1:3000',
  ],
  batches: ['batches list', 'batches pause 51e9c0de-0f5e-8b7e-aa55-1f2e3d4c5b6a'],
  'batches list': ['batches list --json'],
  'batches status': ['batches status 51e9c0de-0f5e-8b7e-aa55-1f2e3d4c5b6a'],
  'batches pause': ['batches pause 51e9c0de-0f5e-8b7e-aa55-1f2e3d4c5b6a'],
  'batches resume': ['batches resume 51e9c0de-0f5e-8b7e-aa55-1f2e3d4c5b6a'],
  'batches cancel': ['batches cancel 51e9c0de-0f5e-8b7e-aa55-1f2e3d4c5b6a'],
  stats: ['stats', 'stats --days 7 --json'],
  analytics: ['analytics --by country,provider --days 30', 'analytics --by day --csv'],
  spend: ['spend', 'spend --json'],
  providers: ['providers list', 'providers take-out twilio --reason "they announced maintenance"'],
  'providers list': ['providers list --url http://127.0.0.1:3000 --key-file admin.key'],
  'providers show': ['providers show twilio'],
  'providers take-out': ['providers take-out twilio --reason "they announced maintenance"'],
  'providers put-back': ['providers put-back twilio'],
  routes: ['routes list', 'routes why +14155552671'],
  'routes list': ['routes list --json'],
  'routes set': ['routes set --country DE --providers aws-sns,twilio', 'routes set --country FR --learn'],
  'routes unset': ['routes unset --country DE'],
  'routes why': ['routes why +14155552671', 'routes why --message 51e9c0de-0f5e-4b7e-8a55-1f2e3d4c5b6a'],
  senders: ['senders', 'senders rest +15005550006 --hours 48'],
  'senders rest': ['senders rest +15005550006 --hours 48'],
  'senders wake': ['senders wake +15005550006'],
  prices: ['prices show --country DE', 'prices import prices.csv --provider twilio'],
  'prices show': ['prices show --country DE'],
  'prices import': ['prices import prices.csv --provider twilio --out prices.own.json'],
  limits: ['limits show +14155552671', 'limits reset +14155552671'],
  'limits show': ['limits show +14155552671'],
  'limits reset': ['limits reset +14155552671'],
  fraud: ['fraud status', 'fraud replay --since 30d'],
  'fraud replay': ['fraud replay --since 30d', 'fraud replay --since 7d --policy policy.json --json'],
  'fraud status': ['fraud status'],
  'fraud unblock': ['fraud unblock --country DE', 'fraud unblock --phone +14155552671'],
  lookup: ['lookup +14155552671 --known', 'lookup +14155552671 --json'],
  keys: ['keys create --name shop', 'keys list'],
  'keys create': ['keys create --name shop --scopes verify,message --expires 90d'],
  'keys list': ['keys list --json'],
  'keys revoke': ['keys revoke 7f3c1e2a-1111-4000-8000-123456789012'],
  webhooks: ['webhooks create https://shop.example.com/hooks', 'webhooks list'],
  'webhooks create': ['webhooks create https://shop.example.com/hooks --events verification.approved'],
  'webhooks list': ['webhooks list --json'],
  'webhooks rotate': ['webhooks rotate 7f3c1e2a-1111-4000-8000-123456789012'],
  'webhooks delete': ['webhooks delete 7f3c1e2a-1111-4000-8000-123456789012'],
  'webhooks deliveries': ['webhooks deliveries 7f3c1e2a-1111-4000-8000-123456789012 --status failed'],
  'webhooks replay': ['webhooks replay 7f3c1e2a-1111-4000-8000-123456789012 --since 2026-11-21T14:00:00Z'],
  templates: ['templates list', 'templates lint --files'],
  'templates list': ['templates list --json'],
  'templates show': ['templates show verification en'],
  'templates lint': ['templates lint', 'templates lint verification --files --json'],
  'templates put': [
    'templates put verification en new.hbs',
    'echo "{{code}}: {{brand}}" | sixdigit templates put verification en -',
  ],
  'templates rollback': ['templates rollback verification en 2'],
  'templates delete': ['templates delete verification en'],
  'templates preview': [
    'templates preview verification pt-BR --country BR',
    'templates preview verification en --file new.hbs --var brand=Acme',
  ],
  experiments: ['experiments create --variants control=50,short=50', 'experiments list'],
  'experiments create': ['experiments create --variants control=50,short=50 --rule stop-losers'],
  'experiments list': ['experiments list --json'],
  'experiments show': ['experiments show 7f3c1e2a-1111-4000-8000-123456789012'],
  'experiments stop': ['experiments stop 7f3c1e2a-1111-4000-8000-123456789012 --variant short'],
  export: ['export +14155552671 > kept.json'],
  erase: ['erase +14155552671', 'erase +14155552671 --with-opt-out --json'],
  secret: ['secret', 'secret --password'],
  'secret reencrypt': ['secret reencrypt --wait'],
  migrate: ['migrate status', 'migrate deploy'],
  'migrate status': ['migrate status --json'],
  'migrate deploy': ['migrate deploy'],
  'migrate resolve': ['migrate resolve 20261121000230_something'],
  completion: [
    'completion bash > /etc/bash_completion.d/sixdigit',
    'completion zsh > "${fpath[1]}/_sixdigit"',
    'completion fish > ~/.config/fish/completions/sixdigit.fish',
  ],
};

/** As in every `--help`: how it is typed. */
export const typed = (example: string): string => (/^echo /.test(example) ? example : `sixdigit ${example}`);

export function addExamples(command: Command, path = ''): void {
  const examples = EXAMPLES[path] ?? [];
  if (examples.length > 0)
    command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${typed(example)}`).join('\n')}`);
  for (const each of command.commands) addExamples(each, path ? `${path} ${each.name()}` : each.name());
}
