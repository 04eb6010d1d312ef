import type { SmsMessage } from '../../provider/sms-provider.js';
import type { TwilioSender, TwilioWhatsApp } from './twilio.options.js';

/**
 * A WhatsApp message in Twilio's Messages API, https://www.twilio.com/docs/whatsapp/api: an approved template says the words around
 * a code, https://www.twilio.com/docs/content/whatsappauthentication. Any other text goes as it is, which WhatsApp takes only within a
 * day of the person's own last message.
 */
export function whatsAppParams({ to, body, code, locale }: SmsMessage, options: TwilioWhatsApp, sender: TwilioSender) {
  return {
    to: `whatsapp:${to.e164}`,
    ...senderOf(options, sender),
    ...(code === undefined
      ? { body }
      : { contentSid: templateFor(locale, options.templates), contentVariables: JSON.stringify({ 1: code }) }),
  };
}

function senderOf({ from }: TwilioWhatsApp, sender: TwilioSender) {
  if (from !== undefined) return { from: `whatsapp:${from}` };
  return 'messagingServiceSid' in sender ? { messagingServiceSid: sender.messagingServiceSid } : {};
}

/** In that language, or at least in its kin; else in the first. */
function templateFor(locale: string | undefined, templates: TwilioWhatsApp['templates']): string {
  const plain = (tag: string) => tag.replaceAll('_', '-').toLowerCase();
  const wanted = plain(locale ?? '');
  const [language] = wanted.split('-');
  const found =
    templates.find((template) => plain(template.locale) === wanted) ??
    templates.find((template) => plain(template.locale).split('-')[0] === language) ??
    templates[0];
  return found.contentSid;
}
