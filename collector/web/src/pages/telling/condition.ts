/** A condition as it is typed: figures are texts until it is saved. */
import type { Condition } from '../../api/telling';

type Sort = Condition['sort'];

/** The whole numbers that a condition of each sort has, with what they begin with. */
export const FIGURES: Record<Sort, Record<string, number>> = {
  finding: {},
  score_drop: { points: 10, hours: 24 },
  score_below: { percent: 80 },
  falling: { days: 7 },
  unreachable: { seconds: 600 },
  silent: { hours: 24 },
  errors: { least: 1 },
  behind: { hosts: 10, minutes: 15 },
  event: { minutes: 60 },
  mass: { hosts: 10, minutes: 60 },
  stalled: { minutes: 5 },
  host_expression: {},
  event_expression: { minutes: 60 },
  waiver_requested: {},
  waiver_expiring: { days: 14 },
  waiver_expired: { minutes: 1_440 },
  drift: { minutes: 60 },
};
export const SORTS = Object.keys(FIGURES) as Sort[];

export const FINDING_SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
export const LEVELS = ['none', 'minor', 'major'] as const;
export const STANDS = ['unexplained', 'acknowledged', 'expected'] as const;

export type ConditionDraft = {
  sort: Sort;
  figures: Record<string, string>;
  severity: (typeof FINDING_SEVERITIES)[number];
  codes: readonly string[];
  when: string;
  level: (typeof LEVELS)[number];
  state: (typeof STANDS)[number];
};

export function toDraft(condition: Condition): ConditionDraft {
  const said: Partial<ConditionDraft> & Record<string, unknown> = { ...condition };
  const figures = Object.fromEntries(
    Object.entries(FIGURES[condition.sort]).map(([name, usual]) => [name, String(said[name] ?? usual)]),
  );
  return {
    sort: condition.sort,
    figures,
    severity: said.severity ?? 'critical',
    codes: said.codes ?? [],
    when: said.when ?? '',
    level: said.level ?? 'minor',
    state: said.state ?? 'unexplained',
  };
}

/** The same draft for another sort: what both have stays. */
export const resorted = (draft: ConditionDraft, sort: Sort): ConditionDraft => ({
  ...draft,
  sort,
  figures: Object.fromEntries(
    Object.entries(FIGURES[sort]).map(([name, usual]) => [name, draft.figures[name] ?? String(usual)]),
  ),
});

export function toCondition(draft: ConditionDraft): Condition {
  const { sort, severity, codes, when, level, state } = draft;
  const figures = Object.fromEntries(
    Object.entries(draft.figures).map(([name, text]) => [name, Number(text)]),
  );
  const rest: Partial<Record<Sort, object>> = {
    finding: { severity },
    event: { codes: [...codes] },
    host_expression: { when: when.trim() },
    event_expression: { when: when.trim() },
    drift: { level, state },
  };
  // Each sort has exactly these fields; a test holds it to that.
  return { sort, ...figures, ...rest[sort] } as Condition;
}

/** What a condition goes by, in short: "points 10, hours 24". */
export function figuresOf(condition: Condition, word: (name: string) => string): string {
  const { sort, ...rest } = condition;
  return Object.entries(rest)
    .map(([name, value]) => {
      const text = Array.isArray(value) ? value.join(', ') : String(value);
      return name in FIGURES[sort] ? `${word(name)} ${Number(value).toLocaleString('en')}` : text;
    })
    .join(', ');
}
