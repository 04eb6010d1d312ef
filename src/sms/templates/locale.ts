/** Of every text that has no other. */
export const LAST_RESORT = 'en';

/** Languages whose readers read another that is written here. */
const NEAR: Readonly<Record<string, string>> = { no: 'nb', nn: 'nb', bs: 'hr', tl: 'fil', yue: 'zh-Hant', prs: 'fa' };

/** What most people with a number of the country read; where they have several languages in common, English. */
const LANGUAGES: Readonly<Record<string, string>> = {
  ar: 'AE BH DJ DZ EG EH IQ JO KM KW LB LY MA MR OM PS QA SA SD SO SY TD TN YE',
  af: '',
  bg: 'BG',
  bn: 'BD',
  ca: 'AD',
  cs: 'CZ',
  da: 'DK FO GL',
  de: 'AT CH DE LI',
  el: 'CY GR',
  es: 'AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE',
  et: 'EE',
  fa: 'AF IR',
  fi: 'AX FI',
  fr: 'BF BI BJ BL CD CF CG CI CM FR GA GF GN GP HT LU MC MF MG ML MQ NC NE PF PM RE SN TG WF YT',
  he: 'IL',
  hr: 'BA HR',
  hu: 'HU',
  id: 'ID',
  it: 'IT SM VA',
  ja: 'JP',
  ko: 'KP KR',
  lt: 'LT',
  lv: 'LV',
  ms: 'BN MY',
  nb: 'NO SJ',
  nl: 'AW BE BQ CW NL SR',
  pl: 'PL',
  pt: 'PT AO CV GW MZ ST TL',
  'pt-BR': 'BR',
  ro: 'MD RO',
  ru: 'BY KG KZ RU TJ',
  sk: 'SK',
  sl: 'SI',
  sr: 'RS',
  'sr-Latn': 'ME',
  sv: 'SE',
  sw: 'TZ',
  th: 'TH',
  tr: 'TR',
  uk: 'UA',
  ur: 'PK',
  vi: 'VN',
  zh: 'CN',
  'zh-Hant': 'HK MO TW',
};
const BY_COUNTRY = new Map(
  Object.entries(LANGUAGES).flatMap(([language, countries]) =>
    countries.split(' ').map((country) => [country, language] as const),
  ),
);

/** @param country ISO 3166-1 alpha-2 */
export const localeOf = (country: string | null | undefined): string =>
  (country && BY_COUNTRY.get(country)) || LAST_RESORT;

/** Where most live who get texts in it. */
export function homeOf(locale: string): string {
  const { region = 'US' } = new Intl.Locale(locale).maximize();
  if (localeOf(region) === locale) return region;
  return LANGUAGES[locale]?.split(' ')[0] || region;
}

/** The one spelling of a BCP 47 tag, without extensions; undefined for what is none. */
export function canonical(tag: string): string | undefined {
  try {
    return new Intl.Locale(tag.replaceAll('_', '-')).baseName;
  } catch {
    return undefined;
  }
}

/** Where to look for a text, in order: `pt-BR`, `pt`; `zh-TW`, `zh-Hant`, `zh`; English last. */
export function fallbacks(tag: string): readonly string[] {
  const name = canonical(tag);
  if (!name) return [LAST_RESORT];
  const { language, script, region } = new Intl.Locale(name);
  const spoken = new Intl.Locale(name).maximize().script;
  const isUsual = spoken === new Intl.Locale(language).maximize().script;
  const written = script ?? (isUsual ? undefined : spoken);
  const tags = [
    name,
    ...(written && region ? [`${language}-${written}-${region}`] : []),
    ...(written ? [`${language}-${written}`] : []),
    ...(region && !script ? [`${language}-${region}`] : []),
    language,
    ...(NEAR[language] ? [NEAR[language]] : []),
    LAST_RESORT,
  ];
  return [...new Set(tags)];
}

/** Of a tag, as bodies of requests may have it, too. */
const LONGEST = 35;

/** Languages of an Accept-Language header, most wanted first (RFC 9110, 12.5.4); `*` names none. */
export function acceptedLocales(header: string | undefined): readonly string[] {
  if (!header) return [];
  return header
    .slice(0, 500)
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range.split(';').map((part) => part.trim());
      const q = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2);
      return { tag: canonical(tag), weight: q === undefined ? 1 : Number(q) };
    })
    .filter((range): range is { tag: string; weight: number } => range.tag !== undefined && range.tag.length <= LONGEST && range.weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}
