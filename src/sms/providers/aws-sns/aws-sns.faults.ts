import { TransportError, faultOfStatus, faultOfTransport } from '../../provider/transport-error.js';
import { ProviderError, type ProviderFault } from '../../provider/provider-error.js';

/** SNS' own codes, from https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and CommonErrors.html. */
const FAULTS: Readonly<Record<string, ProviderFault>> = {
  Throttling: 'throttled',
  ThrottlingException: 'throttled',
  Throttled: 'throttled',
  ThrottledException: 'throttled',
  RequestLimitExceeded: 'throttled',
  TooManyRequestsException: 'throttled',
  OptedOut: 'opted_out',
  OptedOutException: 'opted_out',
  InvalidClientTokenId: 'misconfigured',
  SignatureDoesNotMatch: 'misconfigured',
  ExpiredToken: 'misconfigured',
  RequestExpired: 'misconfigured',
  IncompleteSignature: 'misconfigured',
  MissingAuthenticationToken: 'misconfigured',
  OptInRequired: 'misconfigured',
  AuthorizationError: 'misconfigured',
  AccessDenied: 'misconfigured',
  NotAuthorized: 'misconfigured',
  InvalidSecurity: 'misconfigured',
};

/** A bad signature aside, SNS names the phone in prose only; its parameter error says which parameter it was. */
const BAD_PHONE = /PhoneNumber|phone number/i;
const OPTED_OUT = /opted out/i;

interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly statusCode?: number };
}

/** What an error of the SDK means for the text it was sending. */
export function readError(error: unknown): ProviderError {
  if (error instanceof TransportError)
    return new ProviderError(faultOfTransport(error), `SNS gave no answer: ${error.reason}.`, { cause: error });
  const { name, message, $metadata, $response } = error as SdkError;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  // Thrown before there was a request: nobody found credentials to sign it with.
  if (/^(CredentialsProvider|TokenProvider)Error$/.test(name))
    return new ProviderError('misconfigured', 'No AWS credentials were found.');
  if (status === undefined) return new ProviderError('unconfirmed', `The SNS client failed: ${safe(name)}.`);
  return new ProviderError(faultOf(status, name, message), `SNS answered ${status} with code ${safe(name)}.`, {
    cause: error,
  });
}

/** A code says more than a status, but only together with a 4xx is it a promise that nothing was sent. */
function faultOf(status: number, code: string, message: string): ProviderFault {
  if (status < 400 || status >= 500) return 'unconfirmed';
  const named = FAULTS[code.replace(/Exception$/, '')] ?? FAULTS[code];
  if (named) return named;
  if (/^InvalidParameter/.test(code) && OPTED_OUT.test(message)) return 'opted_out';
  if (/^InvalidParameter/.test(code) && BAD_PHONE.test(message)) return 'bad_destination';
  return faultOfStatus(status) ?? 'refused';
}

/** Answers are the provider's words; only what looks like a code is repeated. */
const safe = (name: string) => (/^[A-Za-z.]{1,60}$/.test(name) ? name : 'unknown');
