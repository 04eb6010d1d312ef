const THIS_MACHINE = /^(localhost|127(\.\d{1,3}){3}|\[::1\])?$/;
const READABLE_MODES = ['disable', 'no-verify'];

/** Whether whoever is between us and that PostgreSQL or Redis can read along: another machine, and no TLS, or none that checks who answers. */
export function isReadableOnTheWire(text: string | undefined): boolean {
  if (text === undefined || !URL.canParse(text)) return false;
  const { protocol, hostname, searchParams } = new URL(text);
  if (protocol === 'rediss:' || THIS_MACHINE.test(hostname) || searchParams.get('host')?.startsWith('/')) return false;
  if (protocol === 'redis:') return true;
  const mode = searchParams.get('sslmode');
  if (mode !== null) return READABLE_MODES.includes(mode);
  const isOn = /^(true|1)$/.test(searchParams.get('ssl') ?? '') || searchParams.get('sslnegotiation') === 'direct';
  return !isOn && !searchParams.has('sslrootcert');
}
