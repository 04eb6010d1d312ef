import { useEffect, useId, useState } from 'preact/hooks';

import { call, post, Problem } from '../shared/api';
import { onFields } from '../shared/fields';
import { usd } from '../shared/format';
import { ProblemNotice } from '../shared/loaded';
import { Card } from '../shared/page';
import { navigate } from '../shared/router';
import { useAct } from '../shared/use-act';
import { useLater } from '../shared/use-later';
import type { Preview, Template } from './types/templates';

export const dearest = (prices: Readonly<Record<string, number>>): string => {
  const all = Object.values(prices);
  return all.length === 0 ? '–' : usd(Math.max(...all));
};

interface DraftProps {
  readonly template: Template;
  readonly saved: (template: Template) => void;
}

/** Another version, or another wording, as it is written: what a phone would show, what it takes and what is wrong, before it is saved. */
export function Draft({ template, saved }: DraftProps) {
  const { name, locale, variant } = template;
  const [body, setBody] = useState(template.body);
  useEffect(() => setBody(template.body), [template.body]);
  const told = usePreview(name, locale, useLater(body));
  const { isBusy, problem, run } = useAct();
  const id = useId();
  const save = onFields(({ variant: other }) => {
    const path = `/v1/admin/templates/${encodeURIComponent(name)}/${encodeURIComponent(locale)}`;
    const wording = other ?? variant;
    const put = async () => {
      const now = await call<Template>('PUT', path, { body, ...(wording && { variant: wording }) });
      if (other && other !== variant) navigate(toPage(now));
      else saved(now);
    };
    void run(put, 'The text is saved, and sent from now on.');
  });
  return (
    <Card title="Write a new version">
      <form class="stack" onSubmit={save}>
        <label>
          Text
          <textarea
            rows={4}
            required
            maxLength={2_000}
            value={body}
            onInput={({ currentTarget }) => setBody(currentTarget.value)}
            aria-describedby={id}
          />
          <small>Such as {'{{code}} is your {{brand}} code.{{#if doNotShare}} Do not share it.{{/if}}'}</small>
        </label>
        <div id={id} role="status" class="stack tight">
          {told instanceof Problem ? <Fault of={told} /> : told && <Told of={told} />}
        </div>
        <div class="row">
          <label>
            As a wording of its own
            <input
              name="variant"
              maxLength={32}
              pattern="[a-z0-9][a-z0-9\-]*"
              title="Small letters, digits and dashes"
              placeholder={variant ?? 'no: for everybody'}
              autocomplete="off"
            />
            <small>Such as short: an experiment tries it.</small>
          </label>
        </div>
        {problem && <ProblemNotice problem={problem} />}
        <div class="row">
          <button type="submit" class="primary" disabled={isBusy || told instanceof Problem || body === template.body}>
            Save
          </button>
          <button type="button" disabled={body === template.body} onClick={() => setBody(template.body)}>
            As it was
          </button>
        </div>
      </form>
    </Card>
  );
}

export const toPage = ({ name, locale, variant }: Pick<Template, 'name' | 'locale' | 'variant'>): string =>
  `/admin/templates/${[name, locale, ...(variant ? [variant] : [])].map(encodeURIComponent).join('/')}`;

/** Priced where most read that language. */
const countryOf = (locale: string) => new Intl.Locale(locale).maximize().region;

/** What the server says of `body`; undefined until it has. */
function usePreview(name: string, locale: string, body: string): Preview | Problem | undefined {
  const [told, setTold] = useState<Preview | Problem>();
  useEffect(() => {
    let isOver = false;
    const tell = (answer: Preview | Problem) => isOver || setTold(answer);
    if (body)
      post<Preview>('/v1/admin/templates/preview', { name, locale, body, country: countryOf(locale) }).then(
        tell,
        (error: unknown) => tell(error instanceof Problem ? error : new Problem(0, '', String(error))),
      );
    return () => void (isOver = true);
  }, [name, locale, body]);
  return told;
}

const Fault = ({ of: { message, hint } }: { readonly of: Problem }) => (
  <p class="notice bad">
    <strong>{message}</strong> {hint}
  </p>
);

const sayFlip = ({ character, replacement }: Preview['flips'][number]) =>
  replacement === null ? character : `${character} (${replacement})`;

const Told = ({
  of: { body, segments, encoding, size, capacity, flips, reason, prices, problems },
}: {
  readonly of: Preview;
}) => (
  <>
    <pre data-preview>{body}</pre>
    <p>
      <strong>{segments === 1 ? '1 segment' : `${segments} segments`}</strong>, {encoding}, {size} of {capacity};{' '}
      {dearest(prices)} at most
    </p>
    {[
      ...problems,
      ...(segments > 1 ? [`more than one segment: ${reason ?? ''}`] : []),
      ...(flips.length > 0 ? [`makes it ${encoding}: ${flips.map(sayFlip).join(', ')}`] : []),
    ].map((problem) => (
      <p key={problem} class="notice warn">
        {problem}
      </p>
    ))}
  </>
);
