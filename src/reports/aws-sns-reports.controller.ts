import { Controller, Logger, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { LongBodies, Public, STATUS } from '../http/index.js';
import { DomainError } from '../kernel/index.js';
import { firehoseRequestId, type ReportRequest } from '../sms/index.js';
import { RecentRequests } from './recent-requests.js';
import { ReportIntake } from './report-intake.js';
import { toReportRequest } from './report-request.js';

/** A buffer of 1 MiB and its last record, in base64, and some room. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/** Where Firehose and SNS subscriptions tell what became of texts that Amazon SNS took. */
@ApiExcludeController()
@Controller('v1/webhooks/aws-sns')
@Public()
@SkipThrottle()
export class AwsSnsReportsController {
  private readonly logger = new Logger('Reports');
  private readonly recent = new RecentRequests();

  constructor(private readonly intake: ReportIntake) {}

  @Post()
  @LongBodies(BODY_LIMIT_BYTES)
  async take(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { headers } = request;
    const requestId = firehoseRequestId(request);
    if (requestId !== undefined) return this.answerFirehose(requestId, toReportRequest(request), reply);
    await this.intake.take('aws-sns', toReportRequest(request));
    if (headers['x-amz-sns-message-type'] === 'SubscriptionConfirmation') this.logger.log('subscribed to an SNS topic');
    if (headers['x-amz-sns-message-type'] === 'UnsubscribeConfirmation')
      this.logger.warn('unsubscribed from an SNS topic: no more reports come from it');
    void reply.status(200).send();
  }

  /** Firehose takes any other answer than exactly this for a failure, and sends the same request again. */
  private async answerFirehose(requestId: string, request: ReportRequest, reply: FastifyReply): Promise<void> {
    const failure = await this.takeOnce(requestId, request);
    const answer = { requestId, timestamp: Date.now(), errorMessage: failure?.message };
    if (failure?.retryAfterSecs !== undefined) void reply.header('retry-after', String(failure.retryAfterSecs));
    const status = failure ? STATUS[failure.kind] : 200;
    // As bytes, or Fastify would add a charset to a type that has none.
    void reply
      .status(status)
      .type('application/json')
      .send(Buffer.from(JSON.stringify(answer)));
  }

  private async takeOnce(requestId: string, request: ReportRequest): Promise<DomainError | undefined> {
    const proof = String(request.headers['x-amz-firehose-access-key']);
    if (this.recent.has(requestId, proof)) return undefined;
    try {
      await this.intake.take('aws-sns', request);
      this.recent.add(requestId, proof);
      return undefined;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // What was refused is in the log already.
      if (error.kind !== 'forbidden') this.logger.warn(`a batch of Firehose was not taken: ${error.message}`);
      return error;
    }
  }
}
