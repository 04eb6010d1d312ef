import '../shared/theme.css';
import './inbox.css';
import { render } from 'preact';

import { readSession } from '../shared/api';
import { InboxPage } from './inbox-page';

/** Elsewhere than on the machine itself it opens to operators, and what they change needs their session's token. */
const isHere = /^(localhost|127\.[\d.]+|\[::1\])$/.test(location.hostname);

async function begin(): Promise<void> {
  if (!isHere) await readSession().catch(() => undefined);
  const app = document.getElementById('app');
  if (app) render(<InboxPage />, app);
}

void begin();
