import { Link, queryOf, useAsked } from './router';

/** The pages of a list, newest first: which one is shown is in the address. @param next where the next begins; null: this is the last */
export function Pager({ next }: { readonly next: string | null }) {
  const asked = useAsked();
  const toPage = (before?: string) => location.pathname + queryOf({ ...asked, before });
  if (!next && !asked.before) return null;
  return (
    <nav class="row" aria-label="Pages of the list">
      {asked.before && (
        <Link class="button" href={toPage()}>
          Newest
        </Link>
      )}
      {next && (
        <Link class="button" href={toPage(next)}>
          Older
        </Link>
      )}
    </nav>
  );
}
