import { Badge, type Tone } from '../shared/badge';
import { words } from '../shared/format';

const TONE: Readonly<Record<string, Tone>> = {
  approved: 'good',
  delivered: 'good',
  accepted: 'good',
  sent: 'good',
  running: 'good',
  pending: 'warn',
  queued: 'warn',
  sending: 'warn',
  unknown: 'warn',
  failed: 'bad',
  undelivered: 'bad',
};

/** A status as the API calls it. */
export const StatusBadge = ({ status }: { readonly status: string }) => (
  <Badge tone={TONE[status] ?? 'quiet'}>{words(status)}</Badge>
);
