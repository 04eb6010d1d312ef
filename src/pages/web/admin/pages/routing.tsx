import { useState } from 'preact/hooks';

import { ChooseCountry } from '../../shared/choose';
import { Badge } from '../../shared/badge';
import { onFields } from '../../shared/fields';
import { countryName, percent } from '../../shared/format';
import { Empty, Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { navigate, queryOf, useAsked } from '../../shared/router';
import { useResource } from '../../shared/use-resource';
import { PlaceReport, TriesReport } from '../place';
import { Rules } from '../rules';
import type { Place, Routing } from '../types/routing';

const MODES = {
  preference: 'Who is preferred is asked first.',
  shadow: 'Who is preferred is asked first; what learning would do is only counted.',
  learn: 'Who converts best for the price is asked first.',
} as const;

const WORDS = { preference: 'by preference', rule: 'by a rule', learned: 'by what is measured' } as const;

const nameOf = ({ country, network, channel }: Place) =>
  [countryName(country), network, channel].filter(Boolean).join(', ');

/** Who is asked first, where, and why. */
export function RoutingPage() {
  const { country, message } = useAsked();
  const found = useResource<Routing>(`/v1/admin/routing${queryOf({ country })}`);
  return (
    <Page
      title="Routing"
      lede={found.data && `ROUTING=${found.data.mode}. ${MODES[found.data.mode]} What operators said goes before.`}
    >
      <Why message={message} />
      <Loaded of={found}>
        {(routing) => (
          <>
            <Rules routing={routing} changed={found.reload} />
            <form class="inline" onSubmit={onFields((fields) => navigate(`/admin/routing${queryOf(fields)}`))}>
              <ChooseCountry value={country} />
              <button type="submit">Show</button>
              <p class="muted small">
                Without one, the 20 where most is sent. Whoever is measured is asked first in {percent(routing.floor)}{' '}
                at least while it is learned.
              </p>
            </form>
            {routing.destinations.length === 0 && (
              <Empty>
                No text is counted yet: that happens every minute. Name a country to see how texts there would go.
              </Empty>
            )}
            {routing.destinations.map((place) => (
              <Card key={nameOf(place)} title={nameOf(place)} aside={<Badge>{WORDS[place.by]}</Badge>}>
                <PlaceReport name={nameOf(place)} of={place} />
              </Card>
            ))}
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** Of one phone or text. The phone is not in the page's address; a text's id is. */
function Why({ message }: { readonly message?: string }) {
  const [phone, setPhone] = useState<string>();
  const asked = phone ? { phone } : { messageId: message };
  const why = useResource<Place>(phone || message ? `/v1/admin/routing/why${queryOf(asked)}` : undefined);
  const ask = onFields(({ text = '' }) => {
    setPhone(text.startsWith('+') ? text : undefined);
    navigate(`/admin/routing${queryOf({ message: text.startsWith('+') ? undefined : text })}`);
  });
  return (
    <Card title="Why this provider">
      <form class="inline" role="search" onSubmit={ask}>
        <label>
          Phone, or id of a text
          <input
            name="text"
            type="search"
            size={42}
            required
            maxLength={64}
            autocomplete="off"
            spellcheck={false}
            defaultValue={message}
          />
        </label>
        <button type="submit">Ask</button>
      </form>
      {(phone ?? message) && (
        <Loaded of={why}>
          {(place) => (
            <>
              {place.message && <TriesReport {...place.message} />}
              <h3>{`${nameOf(place)}, now: ${WORDS[place.by]}`}</h3>
              <PlaceReport name={`${nameOf(place)}, now`} of={place} />
            </>
          )}
        </Loaded>
      )}
    </Card>
  );
}
