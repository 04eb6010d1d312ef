import { useRef, useState } from 'preact/hooks';

import { post } from '../shared/api';
import { Confirm } from '../shared/confirm';
import { useLive } from './live';
import type { Provider } from './types/providers';

/** Takes a provider out by hand, or puts back one that was. */
export function HoldButton({ provider }: { readonly provider: Provider }) {
  const [isOpen, setOpen] = useState(false);
  const isHeld = provider.state === 'held';
  const close = () => setOpen(false);
  return (
    <>
      <button type="button" class="small" onClick={() => setOpen(true)}>
        {isHeld ? 'Put back' : 'Take out'}
        <span class="hidden"> {provider.name}</span>
      </button>
      {isOpen &&
        (isHeld ? <PutBack name={provider.name} onClose={close} /> : <TakeOut name={provider.name} onClose={close} />)}
    </>
  );
}

interface HoldProps {
  readonly name: string;
  readonly onClose: () => void;
}

const at = (name: string, deed: string) => `/v1/admin/providers/${encodeURIComponent(name)}/${deed}`;

function TakeOut({ name, onClose }: HoldProps) {
  const { setProvider } = useLive();
  const reason = useRef<HTMLInputElement>(null);
  const force = useRef<HTMLInputElement>(null);
  const act = async () => {
    const body = { reason: reason.current?.value ?? '', ...(force.current?.checked && { force: true }) };
    setProvider(await post<Provider>(at(name, 'take-out'), body));
  };
  return (
    <Confirm
      title={`Take ${name} out?`}
      action="Take out"
      isDangerous
      done={`${name} is taken out.`}
      act={act}
      onClose={onClose}
    >
      <p>
        It gets no text until somebody puts it back, on every instance and over restarts. What is on its way there ends
        as it ends.
      </p>
      <label>
        Why
        <input ref={reason} required maxLength={200} placeholder="they announced maintenance" />
        <small>Every operator sees it.</small>
      </label>
      <label class="check">
        <input ref={force} type="checkbox" /> Even if it is the last one: then nothing is sent
      </label>
    </Confirm>
  );
}

function PutBack({ name, onClose }: HoldProps) {
  const { setProvider } = useLive();
  const act = async () => setProvider(await post<Provider>(at(name, 'put-back')));
  return (
    <Confirm title={`Put ${name} back?`} action="Put back" done={`${name} is put back.`} act={act} onClose={onClose}>
      <p>It earns its place as any other that was out: two good pings, then three texts that it takes.</p>
    </Confirm>
  );
}
