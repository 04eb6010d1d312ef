-- CreateTable
CREATE TABLE "route_rules" (
    "country" TEXT NOT NULL,
    "network" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "providers" TEXT[],
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" TEXT NOT NULL,

    CONSTRAINT "route_rules_pkey" PRIMARY KEY ("country","network","channel")
);

-- CreateTable
CREATE TABLE "route_stats" (
    "bucket" TIMESTAMPTZ(6) NOT NULL,
    "country" TEXT NOT NULL,
    "network" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "tries" INTEGER NOT NULL,
    "accepted" INTEGER NOT NULL,
    "judged" INTEGER NOT NULL,
    "approved" INTEGER NOT NULL,
    "reported" INTEGER NOT NULL,
    "delivered" INTEGER NOT NULL,
    "latency_ms" BIGINT NOT NULL,
    "billed" INTEGER NOT NULL,
    "cost_micros" BIGINT NOT NULL,

    CONSTRAINT "route_stats_pkey" PRIMARY KEY ("bucket","country","network","channel","provider")
);

-- CreateTable
CREATE TABLE "route_shadows" (
    "hour" TIMESTAMPTZ(6) NOT NULL,
    "country" TEXT NOT NULL,
    "network" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "asked" TEXT NOT NULL,
    "chosen" TEXT NOT NULL,
    "texts" INTEGER NOT NULL,

    CONSTRAINT "route_shadows_pkey" PRIMARY KEY ("hour","country","network","channel","asked","chosen")
);

-- The MCC-MNC of a phone, where something has looked it up: whoever keeps that replaces this. Null costs nothing: it is inlined.
CREATE FUNCTION network_of(p_phone_key bytea) RETURNS text LANGUAGE sql STABLE AS $$ SELECT NULL::text $$;
