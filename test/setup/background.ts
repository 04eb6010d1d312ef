/** Statements that the program runs by itself, whatever is asked of it. */
const BACKGROUND: ReadonlySet<string> = new Set([
  ...['reporters', 'claim_messages', 'claim_webhooks', 'prune_webhooks', 'active_api_keys', 'take_retention_turn'],
  ...['active_batches', 'senders_at_rest', 'route_rules', 'take_routing_turn', 'roll_up_routes', 'forget_routes'],
  ...['learned_routes', 'route_shadows', 'add_route_shadows'],
  ...['settle_sends', 'break_prefixes', 'spend_day', 'spend_parts', 'roll_up_spend', 'tell_spend_day'],
  ...['tell_spend_hour', 'claim_balance', 'set_low_balance', 'template_stamp', 'current_templates'],
  ...['experiments_in_force', 'take_experiments_turn', 'uncounted_experiments', 'count_experiment', 'experiment'],
  // The simulated network's word, when it comes.
  ...['record_report', 'record_simple_reports'],
  ...['take_analytics_turn', 'analytics_due', 'roll_up_hour', 'metrics_queues'],
  ...['provider_holds', 'note_provider_change'],
]);

/** What was run for a request. */
export const asked = (statements: readonly string[]): string[] => statements.filter((name) => !BACKGROUND.has(name));
