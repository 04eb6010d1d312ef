import { Copy } from '../shared/copy';
import { Dialog } from '../shared/dialog';

interface SecretProps {
  readonly title: string;
  /** Such as "the key". */
  readonly what: string;
  readonly secret: string;
  readonly onClose: () => void;
}

/** Something that is shown here once and never again. */
export const SecretDialog = ({ title, what, secret, onClose }: SecretProps) => (
  <Dialog title={title} onClose={onClose}>
    <p>Copy {what} now: it is shown this once, and kept only as a hash.</p>
    <pre tabIndex={0} data-secret>
      {secret}
    </pre>
    <div class="row">
      <Copy text={secret} what={what} />
      <button type="button" class="primary" onClick={onClose}>
        I have it
      </button>
    </div>
  </Dialog>
);
