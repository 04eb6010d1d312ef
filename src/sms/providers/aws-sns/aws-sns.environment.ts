import { IsArray, IsIn, IsOptional, Matches } from 'class-validator';

import { Env } from '../../../kernel/index.js';
import { IsRetryCount, IsRetryDelayMs, IsTimeoutSecs } from '../../provider/patience.js';
import { IsSecureUrl } from '../../provider/secure-url.js';
import { AreSenderIds } from '../../provider/sender-ids.js';

export class AwsSnsEnvironment {
  @Env({
    aliases: ['AWS_ACCESS_KEY_ID'],
    about: "Unset with its secret: the AWS SDK's own chain, such as an instance role.",
    example: 'AKIAIOSFODNN7EXAMPLE',
  })
  @IsOptional()
  @Matches(/^[A-Z0-9]{16,128}$/, {
    message: '$property must be 16 or more capital letters and digits: copy the access key ID from IAM.',
  })
  AWS_SNS_ACCESS_KEY_ID?: string;

  @Env({
    aliases: ['AWS_SECRET_ACCESS_KEY'],
    about: "The key's secret.",
    example: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  })
  @IsOptional()
  @Matches(/^\S+$/, { message: '$property must be one word without spaces: copy the secret access key from IAM.' })
  AWS_SNS_SECRET_ACCESS_KEY?: string;

  @Env({
    aliases: ['AWS_SESSION_TOKEN'],
    about: 'Only with temporary keys, which come with one.',
    example: 'FwoGZXIvYXdzEXAMPLE',
  })
  @IsOptional()
  @Matches(/^\S+$/, { message: '$property must be one word without spaces.' })
  AWS_SNS_SESSION_TOKEN?: string;

  @Env({ aliases: ['AWS_REGION'], about: 'Region that texts are sent from.', example: 'us-east-1' })
  @Matches(/^[a-z]{2}(-[a-z]+)+-\d$/, { message: '$property must be a region such as us-east-1.' })
  AWS_SNS_REGION: string = 'us-east-1';

  @Env({ about: 'Alphanumeric sender, where the country allows one.', example: 'Sixdigit' })
  @IsOptional()
  @Matches(/^(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}$/, {
    message: '$property must be 1 to 11 letters, digits and dashes, with a letter among them.',
  })
  AWS_SNS_SENDER_ID?: string;

  @Env({
    about: 'Sender ids by country, which win over AWS_SNS_SENDER_ID; see docs/senders.md.',
    example: 'GB:Acme,DE:Acme',
  })
  @IsOptional()
  @AreSenderIds()
  AWS_SNS_SENDER_IDS?: string[];

  @Env({
    about: 'Numbers of AWS End User Messaging that texts go out from, such as for the US.',
    example: '+12065550100',
  })
  @IsOptional()
  @IsArray({ message: '$property must be numbers separated by commas.' })
  @Matches(/^(\+[1-9]\d{6,14}|\d{3,8})$/, {
    each: true,
    message: 'Each item of $property must be a number such as +12065550100, or a short code.',
  })
  AWS_SNS_ORIGINATION_NUMBERS?: string[];

  @Env({ about: 'Transactional for codes; Promotional is cheaper and less reliable.', example: 'Transactional' })
  @IsIn(['Transactional', 'Promotional'], { message: '$property must be Transactional or Promotional.' })
  AWS_SNS_SMS_TYPE: string = 'Transactional';

  @Env({
    about: 'SNS topics that may report over an HTTPS subscription what became of texts; unset: none.',
    example: 'arn:aws:sns:us-east-1:123456789012:sms-reports',
  })
  @IsOptional()
  @IsArray({ message: '$property must be ARNs separated by commas.' })
  @Matches(/^arn:aws(-cn|-us-gov)?:sns:[a-z]{2}(-[a-z]+)+-\d:\d{12}:[\w-]{1,256}$/, {
    each: true,
    message:
      'Each item of $property must be the ARN of a topic, such as arn:aws:sns:us-east-1:123456789012:sms-reports.',
  })
  AWS_SNS_REPORT_TOPIC_ARNS?: string[];

  @Env({ about: 'Retries of a message that was surely not sent.', example: '3' })
  @IsRetryCount()
  AWS_SNS_MAX_RETRIES: number = 3;

  @Env({ about: 'Before the first retry; doubles.', example: '1000' })
  @IsRetryDelayMs()
  AWS_SNS_RETRY_DELAY_MS: number = 1_000;

  @Env({ about: 'How long one answer may take while SNS is the last provider left.', example: '30' })
  @IsTimeoutSecs()
  AWS_SNS_REQUEST_TIMEOUT_SECS: number = 30;

  @Env({ about: 'Another address for the API.', example: 'https://sns.us-east-1.amazonaws.com' })
  @IsOptional()
  @IsSecureUrl()
  AWS_SNS_ENDPOINT?: string;
}
