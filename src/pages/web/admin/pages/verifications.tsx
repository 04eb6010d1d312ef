import { Choose } from '../../shared/choose';
import { countryName } from '../../shared/format';
import { Link } from '../../shared/router';
import type { Column } from '../../shared/table';
import { Ago } from '../../shared/time';
import { Finder } from '../finder';
import { StatusBadge } from '../status-badge';
import type { VerificationRow } from '../types/verifications';

const STATUSES = ['pending', 'approved', 'expired', 'canceled', 'failed'];

const COLUMNS: readonly Column<VerificationRow>[] = [
  { head: 'Phone', isName: true, cell: ({ id, phone }) => <Link href={`/admin/verifications/${id}`}>{phone}</Link> },
  { head: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  { head: 'Country', cell: ({ country }) => countryName(country) },
  { head: 'Purpose', cell: ({ purpose }) => purpose },
  { head: 'Last text', cell: ({ delivery, channel }) => (delivery ? `${delivery} (${channel})` : '–') },
  { head: 'Texts', isNumber: true, cell: ({ sends }) => sends },
  { head: 'Guesses', isNumber: true, cell: ({ checks, maxChecks }) => `${checks} of ${maxChecks}` },
  { head: 'Begun', cell: ({ createdAt }) => <Ago at={createdAt} /> },
];

export const VerificationsPage = () => (
  <Finder
    title="Verifications"
    name="verifications"
    by={['status']}
    fields={({ status }) => <Choose label="Status" name="status" options={STATUSES} none="any" value={status} />}
    columns={COLUMNS}
    none="None yet. POST /v1/verifications begins one."
  />
);
