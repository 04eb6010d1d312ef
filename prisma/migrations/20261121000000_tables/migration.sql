-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "verification_status" AS ENUM ('pending', 'approved', 'canceled', 'failed');

-- CreateEnum
CREATE TYPE "message_status" AS ENUM ('queued', 'sending', 'accepted', 'sent', 'delivered', 'undelivered', 'failed', 'unknown', 'canceled');

-- CreateEnum
CREATE TYPE "attempt_outcome" AS ENUM ('pending', 'accepted', 'not_sent', 'permanent', 'unknown');

-- CreateTable
CREATE TABLE "verifications" (
    "id" UUID NOT NULL,
    "purpose" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "locale" TEXT,
    "status" "verification_status" NOT NULL DEFAULT 'pending',
    "phone_key" BYTEA NOT NULL,
    "phone_sealed" BYTEA NOT NULL,
    "key_version" INTEGER NOT NULL,
    "code_length" INTEGER NOT NULL,
    "checks" INTEGER NOT NULL DEFAULT 0,
    "max_checks" INTEGER NOT NULL,
    "sends" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "next_send_at" TIMESTAMPTZ(6) NOT NULL,
    "ended_at" TIMESTAMPTZ(6),
    "approved_by" UUID,

    CONSTRAINT "verifications_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "messages" (
    "id" UUID NOT NULL,
    "verification_id" UUID,
    "phone_key" BYTEA NOT NULL,
    "phone_sealed" BYTEA NOT NULL,
    "key_version" INTEGER NOT NULL,
    "template" TEXT NOT NULL,
    "variables" JSONB NOT NULL DEFAULT '{}',
    "status" "message_status" NOT NULL,
    "lease_until" TIMESTAMPTZ(6),
    "turn" INTEGER NOT NULL DEFAULT 0,
    "followed_up" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "updated_at" TIMESTAMPTZ(6) NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attempts" (
    "id" UUID NOT NULL,
    "message_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "outcome" "attempt_outcome" NOT NULL DEFAULT 'pending',
    "fault" TEXT,
    "follow_up" BOOLEAN NOT NULL DEFAULT false,
    "provider_message_id" TEXT,
    "started_at" TIMESTAMPTZ(6) NOT NULL,
    "ended_at" TIMESTAMPTZ(6),
    "report" "message_status",
    "report_code" TEXT,
    "report_curable" BOOLEAN,
    "reported_at" TIMESTAMPTZ(6),
    "cost_micros" BIGINT,

    CONSTRAINT "attempts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "limit_windows" (
    "key" BYTEA NOT NULL,
    "hits" TIMESTAMPTZ(6)[],

    CONSTRAINT "limit_windows_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "phone_aliases" (
    "former" BYTEA NOT NULL,
    "current" BYTEA NOT NULL,

    CONSTRAINT "phone_aliases_pkey" PRIMARY KEY ("former")
);

-- CreateIndex
CREATE INDEX "phone_aliases_current_idx" ON "phone_aliases"("current");

-- CreateTable
CREATE TABLE "opt_outs" (
    "phone_key" BYTEA NOT NULL,
    "source" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "opt_outs_pkey" PRIMARY KEY ("phone_key")
);

-- CreateTable
CREATE TABLE "report_sources" (
    "provider" TEXT NOT NULL,
    "last_at" TIMESTAMPTZ(6) NOT NULL,
    "silent" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "report_sources_pkey" PRIMARY KEY ("provider")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "key" BYTEA NOT NULL,
    "request" BYTEA NOT NULL,
    "seed" UUID NOT NULL,
    "holder" UUID NOT NULL,
    "lease_until" TIMESTAMPTZ(6) NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "key_version" INTEGER,
    "answer_sealed" BYTEA,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "verifications_phone_key_created_at_idx" ON "verifications"("phone_key", "created_at");

-- CreateIndex
CREATE INDEX "messages_verification_id_idx" ON "messages"("verification_id");

-- CreateIndex
CREATE INDEX "messages_lease_until_idx" ON "messages"("lease_until");

-- CreateIndex
CREATE INDEX "attempts_message_id_idx" ON "attempts"("message_id");

-- CreateIndex
CREATE INDEX "attempts_provider_provider_message_id_idx" ON "attempts"("provider", "provider_message_id");

-- CreateIndex
CREATE INDEX "idempotency_keys_expires_at_idx" ON "idempotency_keys"("expires_at");

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_verification_id_fkey" FOREIGN KEY ("verification_id") REFERENCES "verifications"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;
