import { X509Certificate } from 'node:crypto';

import { DomainError } from '../../../../kernel/index.js';
import { ReportRefused } from '../../../provider/delivery-report.js';
import type { HttpClient } from '../../../provider/http-client.js';

/** PEM of the certificate at a URL that {@link isSigningCertUrl} has approved. */
export type CertificateSource = (url: string) => Promise<string>;

/** AWS did not answer us; the same message may be taken when it is sent again. */
export class AwsUnavailable extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'AWS_SNS_ERROR';
  override readonly retryAfterSecs = 30;

  constructor(what: string, options?: ErrorOptions) {
    super(`${what} failed.`, options);
  }
}

const DEADLINE_MS = 5_000;
const MOST_KEPT = 10;
const MOST_AT_ONCE = 4;
const MIN_RSA_BITS = 2_048;

const SNS_HOST = /^sns\.([a-z0-9-]{3,})\.amazonaws\.com(\.cn)?$/;
const PEM_PATH = /^\/SimpleNotificationService-[0-9a-f]{1,64}\.pem$/;
/** sns.amazonaws.com, or regional such as sns-signing.af-south-1.amazonaws.com. */
const SNS_SUBJECT = /^CN=sns([.-][a-z0-9.-]+)?\.amazonaws\.com(\.cn)?$/m;

/**
 * Whether SNS itself answers there for topics of that region. The text has to be the URL that it parses to, so that no
 * other reader of it can see another host in it.
 */
export function isSigningCertUrl(text: string, region: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, host, pathname, href } = new URL(text);
  const [, hostRegion] = SNS_HOST.exec(host) ?? [];
  const plain = href === text && href === `https://${host}${pathname}`;
  return plain && protocol === 'https:' && hostRegion === region && PEM_PATH.test(pathname);
}

/** Over TLS, within 5 seconds and 64 KiB, following no redirect. */
export function certificatesOver(http: HttpClient): CertificateSource {
  return async (url) => {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const { status, body } = await http.request({ method: 'GET', url, headers: {}, signal });
    if (status !== 200) throw new Error(`Answered ${status}.`);
    return body;
  };
}

/** What SNS signs with, fetched when first needed. AWS sends the leaf alone: the TLS of its host vouches for it. */
export class SigningCertificates {
  private readonly kept = new Map<string, X509Certificate>();
  private readonly underWay = new Map<string, Promise<X509Certificate>>();

  constructor(
    private readonly source: CertificateSource,
    private readonly now: () => Date,
  ) {}

  /** @param region the topic's @throws {ReportRefused | AwsUnavailable} */
  async at(url: string, region: string): Promise<X509Certificate> {
    if (!isSigningCertUrl(url, region)) throw new ReportRefused('its certificate is not at an address of SNS');
    const certificate = this.kept.get(url) ?? (await this.fetched(url));
    if (!this.isGood(certificate)) {
      this.kept.delete(url);
      throw new ReportRefused('its certificate is not one of SNS, or not valid now');
    }
    return certificate;
  }

  private fetched(url: string): Promise<X509Certificate> {
    const begun = this.underWay.get(url);
    if (begun) return begun;
    if (this.underWay.size >= MOST_AT_ONCE) throw new AwsUnavailable('Getting a signing certificate');
    const fetching = this.fetch(url).finally(() => this.underWay.delete(url));
    this.underWay.set(url, fetching);
    return fetching;
  }

  private async fetch(url: string): Promise<X509Certificate> {
    try {
      const certificate = new X509Certificate(await this.source(url));
      this.kept.set(url, certificate);
      const [oldest] = this.kept.keys();
      if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
      return certificate;
    } catch (error) {
      throw new AwsUnavailable('Getting a signing certificate', { cause: error });
    }
  }

  private isGood({ subject, validFrom, validTo, publicKey }: X509Certificate): boolean {
    const now = this.now().getTime();
    const { modulusLength = 0 } = publicKey.asymmetricKeyDetails ?? {};
    const isRsa = publicKey.asymmetricKeyType === 'rsa' && modulusLength >= MIN_RSA_BITS;
    return isRsa && SNS_SUBJECT.test(subject) && Date.parse(validFrom) <= now && now <= Date.parse(validTo);
  }
}
