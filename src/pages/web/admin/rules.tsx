import { useRef, useState } from 'preact/hooks';

import { call } from '../shared/api';
import { Choose, ChooseCountry } from '../shared/choose';
import { Confirm } from '../shared/confirm';
import { fieldsOf } from '../shared/fields';
import { countryName } from '../shared/format';
import { Card } from '../shared/page';
import { queryOf } from '../shared/router';
import { Table, type Column } from '../shared/table';
import { useProviderNames } from './live';
import type { Routing, Rule } from './types/routing';

const CHANNELS = ['sms', 'whatsapp', 'voice'];
const RULES = '/v1/admin/routing/rules';

const sayRule = ({ providers, exclude, learn }: Rule): string =>
  learn ? 'by what is measured' : providers ? providers.join(', then ') : `not ${exclude?.join(', ') ?? ''}`;
const sayPlace = ({ country, network, channel }: Rule): string =>
  [country ? countryName(country) : 'any country', network, channel].filter(Boolean).join(', ');

interface RulesProps {
  readonly routing: Routing;
  readonly changed: () => void;
}

/** What operators said: the narrowest that matches decides. */
export function Rules({ routing: { rules, mode }, changed }: RulesProps) {
  const [isNew, setNew] = useState(false);
  const [toUnset, setToUnset] = useState<Rule>();
  const columns: readonly Column<Rule>[] = [
    { head: 'Country', isName: true, cell: ({ country }) => (country ? countryName(country) : 'any') },
    { head: 'Network', cell: ({ network }) => network ?? 'any' },
    { head: 'Channel', cell: ({ channel }) => channel ?? 'any' },
    { head: 'Is asked', cell: sayRule },
    { head: 'By', cell: ({ by }) => by },
    {
      head: 'End',
      cell: (rule) =>
        rule.by === 'file' ? (
          <span class="muted">in ROUTES_FILE</span>
        ) : (
          <button type="button" class="small" onClick={() => setToUnset(rule)}>
            Take back<span class="hidden"> the rule for {sayPlace(rule)}</span>
          </button>
        ),
    },
  ];
  return (
    <Card
      title="Rules"
      aside={
        <button type="button" class="small" onClick={() => setNew(true)}>
          Set a rule
        </button>
      }
    >
      <Table
        caption="Rules, the narrowest first"
        columns={columns}
        rows={rules}
        keyOf={(rule) => sayPlace(rule)}
        empty={`None: everything goes by ROUTING=${mode}.`}
      />
      {isNew && <NewRule changed={changed} onClose={() => setNew(false)} />}
      {toUnset && (
        <Confirm
          title={`Take back the rule for ${sayPlace(toUnset)}?`}
          action="Take back"
          isDangerous
          done="The rule is taken back."
          act={() => {
            const { country, network, channel } = toUnset;
            return call('DELETE', RULES + queryOf({ country, network, channel })).then(changed);
          }}
          onClose={() => setToUnset(undefined)}
        >
          <p>These texts go by the next rule that matches, or by ROUTING={mode}.</p>
        </Confirm>
      )}
    </Card>
  );
}

function NewRule({ changed, onClose }: { readonly changed: () => void; readonly onClose: () => void }) {
  const names = useProviderNames();
  const fields = useRef<HTMLDivElement>(null);
  const act = () => {
    const form = fields.current?.closest('form');
    const { kind, providers = '', ...place } = form ? fieldsOf(form) : {};
    const listed = providers.split(',').map((name) => name.trim());
    return call('PUT', RULES, {
      ...place,
      ...(place.country && { country: place.country.toUpperCase() }),
      ...(kind === 'learn' ? { learn: true } : { [kind ?? 'providers']: listed }),
    }).then(changed);
  };
  return (
    <Confirm title="Set a rule" action="Set it" done="The rule is set." act={act} onClose={onClose}>
      <div class="stack" ref={fields}>
        <ChooseCountry />
        <label>
          Network
          <input name="network" placeholder="any, or such as 310-260" pattern="\d{3}(-\d{1,3})?" autocomplete="off" />
        </label>
        <Choose label="Channel" name="channel" options={CHANNELS} none="any" />
        <Choose
          label="These texts go"
          name="kind"
          value="providers"
          options={[
            ['providers', 'to these, in this order, nobody else'],
            ['exclude', 'to anybody but these'],
            ['learn', 'by what is measured'],
          ]}
        />
        <label>
          Providers
          <input name="providers" placeholder={names.join(', ')} autocomplete="off" spellcheck={false} />
          <small>With commas between them, of {names.join(', ')}. Not for what is measured.</small>
        </label>
      </div>
    </Confirm>
  );
}
