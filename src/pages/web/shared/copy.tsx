import { useState } from 'preact/hooks';

import { announce } from './announce';

/** Puts `text` onto the clipboard. @param what such as "the key": what is said to have been copied */
export function Copy({ text, what }: { readonly text: string; readonly what: string }) {
  const [said, say] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say('Copied');
      announce(`Copied ${what}.`);
    } catch {
      // Without TLS there is no clipboard, but for pages of this very machine; and a person may forbid it.
      say('Not copied');
      announce('The browser does not let this page copy. Select the text instead.');
    }
    setTimeout(() => say(''), 2_000);
  };
  return (
    <button type="button" class="small" onClick={() => void copy()} aria-label={`Copy ${what}`}>
      {said || 'Copy'}
    </button>
  );
}
