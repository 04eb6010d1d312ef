import { Choose, ChooseCountry } from '../../shared/choose';
import { countryName, usd } from '../../shared/format';
import { Link } from '../../shared/router';
import type { Column } from '../../shared/table';
import { Ago } from '../../shared/time';
import { Finder } from '../finder';
import { useProviderNames } from '../live';
import { StatusBadge } from '../status-badge';
import type { MessageRow } from '../types/messages';

const STATUSES = ['queued', 'sending', 'accepted', 'sent', 'delivered', 'undelivered', 'failed', 'unknown'];

const COLUMNS: readonly Column<MessageRow>[] = [
  { head: 'Phone', isName: true, cell: ({ id, phone }) => <Link href={`/admin/messages/${id}`}>{phone}</Link> },
  { head: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  { head: 'Provider', cell: ({ provider, channel }) => (provider ? `${provider} (${channel})` : 'none yet') },
  { head: 'Country', cell: ({ country }) => countryName(country) },
  {
    head: 'Text',
    cell: ({ template, locale, variant }) => [template || 'of its own', locale, variant].filter(Boolean).join(' · '),
  },
  { head: 'Tries', isNumber: true, cell: ({ attempts }) => attempts },
  { head: 'Cost', isNumber: true, cell: ({ cost }) => usd(cost) },
  { head: 'Begun', cell: ({ createdAt }) => <Ago at={createdAt} /> },
];

/** Every text, of a verification or on its own, and where it is. */
export function MessagesPage() {
  const providers = useProviderNames();
  return (
    <Finder
      title="Texts"
      name="messages"
      by={['status', 'provider', 'country']}
      fields={({ status, provider, country }) => (
        <>
          <Choose label="Status" name="status" options={STATUSES} none="any" value={status} />
          <Choose label="Asked last" name="provider" options={providers} none="any" value={provider} />
          <ChooseCountry value={country} />
        </>
      )}
      columns={COLUMNS}
      none="None yet. POST /v1/messages sends one, and every verification does."
    />
  );
}
