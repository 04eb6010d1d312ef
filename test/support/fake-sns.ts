import { randomUUID } from 'node:crypto';
import { type FakeOptions, FakeProvider } from './fake-provider.js';
import { type Draft, E164, type LedgerEntry } from './ledger.js';
import type { ErrorHint } from './play.js';
import { type SigV4Keys, verifySigV4 } from './sigv4.js';
import type { Answer, Verdict, WireRequest } from './wire.js';

export interface FakeSnsOptions extends FakeOptions {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly region?: string;
}

const XMLNS = 'http://sns.amazonaws.com/doc/2010-03-31/';
/** What costs nothing and changes nothing. */
const READS: ReadonlySet<string> = new Set(['GetSMSAttributes', 'GetSMSSandboxAccountStatus']);
const FIELD =
  /^(?:Action|Version|PhoneNumber|Message|MessageAttributes\.entry\.\d+\.(?:Name|Value\.(?:DataType|StringValue)))$/;
const STATUS: Readonly<Record<string, number>> = {
  AuthorizationError: 403,
  InvalidClientTokenId: 403,
  MissingAuthenticationToken: 403,
  OptInRequired: 403,
  SignatureDoesNotMatch: 403,
  InternalError: 500,
  InternalFailure: 500,
  ServiceUnavailable: 503,
};

const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

export class FakeSns extends FakeProvider {
  /** What ConfirmSubscription was called with. */
  readonly confirmations: { readonly topicArn: string; readonly token: string }[] = [];
  /** What GetSMSAttributes answers. */
  attributes: Readonly<Record<string, string>> = { MonthlySpendLimit: '100', DefaultSMSType: 'Transactional' };
  isInSandbox = false;
  /** Actions that the policy of the credentials does not name. */
  forbidden: readonly string[] = [];
  private readonly keys: SigV4Keys;

  private constructor(options: FakeSnsOptions) {
    super(options);
    const { accessKeyId = 'AKIAFAKE00000000', secretAccessKey = 'fake-secret', region = 'us-east-1' } = options;
    this.keys = { accessKeyId, secretAccessKey, region, service: 'sns' };
  }

  static start(options: FakeSnsOptions = {}): Promise<FakeSns> {
    return new FakeSns(options).listen();
  }

  protected override judge(request: WireRequest): Verdict {
    const form = new URLSearchParams(request.body);
    const action = form.get('Action');
    const of = action === 'Publish' ? 'message' : READS.has(action ?? '') ? 'ping' : 'other';
    const refuse = (code: string, fault?: string): Verdict => {
      const answer = this.renderError({ code }, fault);
      return { kind: 'refused', of, answer, ...(fault !== undefined && { fault: `${code}: ${fault}` }) };
    };
    const signature = verifySigV4(request, this.keys);
    if (signature !== 'ok') return refuse(signature);
    const fault = requestFault(request, form);
    if (fault !== undefined) return refuse('InvalidParameter', fault);
    if (action === 'ConfirmSubscription') return this.judgeConfirmation(form, refuse);
    if (of === 'other') return refuse('InvalidAction', `${action} is not an action of this fake`);
    if (this.forbidden.includes(action ?? '')) return refuse('AuthorizationError');
    if (of === 'ping') return { kind: 'ping', answer: respond(action!, this.toldOf(action!, form)) };
    const message = readMessage(form);
    return 'fault' in message ? refuse('InvalidParameter', message.fault) : { kind: 'message', draft: message };
  }

  /** Without a list of names, GetSMSAttributes tells all. */
  private toldOf(action: string, form: URLSearchParams): string {
    if (action === 'GetSMSSandboxAccountStatus') return `<IsInSandbox>${this.isInSandbox}</IsInSandbox>`;
    const asked = [...form].filter(([name]) => /^attributes\.member\.\d+$/.test(name)).map(([, value]) => value);
    const told = Object.entries(this.attributes).filter(([name]) => asked.length === 0 || asked.includes(name));
    const entries = told.map(([key, value]) => `<entry><key>${key}</key><value>${escape(value)}</value></entry>`);
    return `<attributes>${entries.join('')}</attributes>`;
  }

  private judgeConfirmation(form: URLSearchParams, refuse: (code: string, fault: string) => Verdict): Verdict {
    const [topicArn, token] = [form.get('TopicArn'), form.get('Token')];
    if (!topicArn || !token) return refuse('InvalidParameter', 'TopicArn or Token is missing');
    const answer = respond(
      'ConfirmSubscription',
      `<SubscriptionArn>${escape(topicArn)}:${randomUUID()}</SubscriptionArn>`,
    );
    return { kind: 'order', answer, carryOut: () => this.confirmations.push({ topicArn, token }) };
  }

  protected override newId(): string {
    return randomUUID();
  }

  protected override malformedId(): string {
    return 'not-a-uuid';
  }

  protected override renderSuccess(_entry: LedgerEntry, id: string): Answer {
    return respond('Publish', `<MessageId>${id}</MessageId>`);
  }

  protected override renderError({ code, status }: ErrorHint, detail = 'Rate exceeded or request refused'): Answer {
    const name = code ?? codeOf(status ?? 400);
    const http = status ?? STATUS[name] ?? 400;
    const type = http >= 500 ? 'Receiver' : 'Sender';
    const error = `<Error><Type>${type}</Type><Code>${escape(name)}</Code><Message>${escape(detail)}</Message></Error>`;
    const id = randomUUID();
    return xml(http, id, `<ErrorResponse xmlns="${XMLNS}">${error}<RequestId>${id}</RequestId></ErrorResponse>`);
  }
}

function codeOf(status: number): string {
  if (status === 429) return 'Throttling';
  if (status === 403) return 'AuthorizationError';
  if (status === 503) return 'ServiceUnavailable';
  return status >= 500 ? 'InternalError' : 'InvalidParameter';
}

function respond(action: string, result: string): Answer {
  const id = randomUUID();
  const metadata = `<ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata>`;
  const body = `<${action}Result>${result}</${action}Result>${metadata}`;
  return xml(200, id, `<${action}Response xmlns="${XMLNS}">${body}</${action}Response>`);
}

const xml = (status: number, id: string, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/xml', 'x-amzn-requestid': id },
  body,
});

function requestFault({ method, path, headers }: WireRequest, form: URLSearchParams): string | undefined {
  const type = headers['content-type'];
  if (method !== 'POST' || path !== '/') return `${method} ${path} is not POST /`;
  if (!type?.startsWith('application/x-www-form-urlencoded')) return `content-type ${type} is not the Query protocol's`;
  if (form.get('Version') !== '2010-03-31') return `Version ${form.get('Version')}`;
  return undefined;
}

function readMessage(form: URLSearchParams): Draft | { readonly fault: string } {
  const stray = [...form.keys()].find((key) => !FIELD.test(key) || form.getAll(key).length > 1);
  const to = form.get('PhoneNumber') ?? '';
  const body = form.get('Message') ?? '';
  if (stray !== undefined) return { fault: `${stray} is unknown or repeated` };
  if (!E164.test(to)) return { fault: `PhoneNumber ${to} is not E.164` };
  if (body === '' || [...body].length > 1600) return { fault: 'Message must have 1 to 1600 characters' };

  const fields: Record<string, string> = {};
  for (const [key, name] of form) {
    if (!key.endsWith('.Name')) continue;
    const entry = key.slice(0, -'Name'.length);
    const value = form.get(`${entry}Value.StringValue`);
    const type = form.get(`${entry}Value.DataType`);
    const valid = type === 'String' || (type === 'Number' && value !== null && Number.isFinite(Number(value)));
    if (!value || !valid) return { fault: `attribute ${name} has type ${type} and value ${value}` };
    fields[name] = value;
  }
  const smsType = fields['AWS.SNS.SMS.SMSType'];
  if (smsType !== undefined && !['Promotional', 'Transactional'].includes(smsType))
    return { fault: `SMSType ${smsType}` };
  const from = fields['AWS.SNS.SMS.SenderID'] ?? fields['AWS.MM.SMS.OriginationNumber'];
  return { to, body, ...(from && { from }), fields };
}
