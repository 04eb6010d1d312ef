export interface LintedTemplate {
  readonly name: string;
  readonly locale: string;
  readonly variant: string | null;
  readonly version: number | null;
  readonly source: string;
  readonly country: string;
  readonly text?: {
    readonly body: string;
    readonly encoding: string;
    readonly size: number;
    readonly capacity: number;
    readonly segments: number;
  };
  readonly prices: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

export interface Template {
  readonly name: string;
  readonly locale: string;
  readonly variant: string | null;
  readonly source: string;
  readonly version: number | null;
  readonly body: string;
  readonly versions: readonly {
    readonly version: number;
    readonly body: string;
    readonly createdBy: string;
    readonly createdAt: string;
    readonly deletedAt?: string;
  }[];
}

/** What would be sent of a draft, and what is wrong with it. */
export interface Preview {
  readonly body: string;
  readonly encoding: string;
  readonly size: number;
  readonly capacity: number;
  readonly segments: number;
  readonly flips: readonly { readonly character: string; readonly replacement: string | null }[];
  readonly reason?: string;
  readonly prices: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}
