-- A resend is written down with its message's id, and is no second chance to be approved: it is neither charged nor counted.
ALTER TABLE "send_decisions" ADD COLUMN "resend" BOOLEAN NOT NULL DEFAULT false;
