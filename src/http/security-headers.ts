import helmet, { type HelmetOptions } from 'helmet';

type Headers = Readonly<Record<string, string>>;

const NOTHING = ["'none'"];
const OURS = ["'self'"];

/** Answers are JSON: a browser that shows one as a page may load and run nothing. */
const FOR_DATA = {
  defaultSrc: NOTHING,
  baseUri: NOTHING,
  formAction: NOTHING,
  frameAncestors: NOTHING,
};

/** Swagger's page has every script in a file of its own, and styles and icons in the page itself. */
const FOR_DOCS = {
  ...FOR_DATA,
  scriptSrc: OURS,
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'", 'data:'],
  connectSrc: OURS,
};

/** Our own pages: files of this server only, no script and no style in the page itself, and no text that becomes HTML. */
const FOR_PAGES = {
  ...FOR_DATA,
  scriptSrc: OURS,
  styleSrc: OURS,
  imgSrc: OURS,
  connectSrc: OURS,
  requireTrustedTypesFor: ["'script'"],
  trustedTypes: NOTHING,
};

export interface SecurityHeaders {
  readonly forData: Headers;
  /** Of the pages under `/docs`. */
  readonly forDocs: Headers;
}

/**
 * What helmet would set with every answer. It is the same every time, and helmet works it out anew every time, so it is asked once.
 * @param isSecure whether browsers reach this server by TLS, and so shall never again come without
 */
export function securityHeaders(isSecure: boolean): SecurityHeaders {
  return { forData: headersOf(FOR_DATA, isSecure), forDocs: headersOf(FOR_DOCS, isSecure) };
}

function headersOf(directives: Readonly<Record<string, string[]>>, isSecure: boolean): Headers {
  const headers: Record<string, string> = {};
  const options: HelmetOptions = {
    contentSecurityPolicy: { useDefaults: false, directives },
    frameguard: { action: 'deny' }, // for browsers that do not know frame-ancestors
    referrerPolicy: { policy: 'no-referrer' },
    hsts: isSecure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    // For browsers that nobody has any more, and for Flash.
    originAgentCluster: false,
    dnsPrefetchControl: false,
    ieNoOpen: false,
    permittedCrossDomainPolicies: false,
    xssFilter: false,
  };
  const response = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  helmet(options)({} as never, response as never, (error?: unknown) => {
    if (error) throw error instanceof Error ? error : new Error('helmet failed');
  });
  return headers;
}

/** The Content-Security-Policy of `/admin` and `/inbox`; all their other headers are those of any answer. */
export const POLICY_FOR_PAGES: string = headersOf(FOR_PAGES, false)['content-security-policy'] ?? '';
