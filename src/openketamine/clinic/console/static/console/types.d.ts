// Shapes of what the server says (state_as_json and the page's own data). For the type checker only.

export type Source = { id: string; where?: string };
export type Waits = { rule: string; action: string; summary: string; evidence: string; sources: Source[] };
export type Gate = { open: boolean; waits_for: Waits[] };
export type Finding = {
  finding_id: string; rule: string; signal: string; priority: string; nature: string; summary: string;
  advice: string[]; raised_at: string; cleared_at: string | null; acknowledged_at: string | null;
  acknowledged_by: string | null; latched: boolean; sources: Source[]; evidence: string;
};
export type Segment = { start: string; end: string | null; rate_ul_per_h: number; concentration_ug_per_ml: number };
export type Infusion = {
  running: boolean; segments: Segment[]; rate_ml_per_h: number; mg_per_h: number; mg_per_kg_per_h: number | null;
  given_mg: number; volume_given_ml: number; volume_left_ml: number; started_at: string; stopped_at: string | null;
  planned_end: string | null; elapsed_s: number;
  said_ms?: number; // when these numbers were true, where this tablet reckoned them on
};
export type Doses = {
  given: { at: string; route: string; dose_ug: number; place: string; unit: string; lot: string }[]; given_mg: number;
  left_mg: number | null; started_at: string; ended_at: string | null; next_at: string | null;
};
export type Basis = { sources: Source[]; evidence: string };
export type Step = Basis & { step: string; text: string; does?: string };
export type Card = {
  title: string; about: string; steps: Step[]; rescue: (Basis & { medicine: string; route: string; typical: string; only: string })[];
  never?: (Basis & { text: string })[]; reviewed_by?: string | null;
};
export type Opened = {
  card: string; begun_at: string; done: { step: string; note: string; at: string; by: string }[];
  over_at: string | null; outcome: string | null;
};
export type Emergencies = { offered: string[]; opened: Opened[] };
export type Plan = {
  drug: string; route: string; dose_ug: number; over_s: number; concentration_ug_per_ml: number; volume_ul: number;
  rate_ul_per_h: number; weight_g: number; weight_basis: string; proposal: { draw_ml?: number; units?: number; unit_name?: string };
};
export type Event_ = { n: number; at: string; kind: string; text: string; by: string; fact: string; corrected: boolean; now_reads: string | null; mark: number;
  offline: { device_at: string; recorded_at: string } | null; waits?: string };
export type Item = { item: string; question: string; accept: string[]; answer: string | null; by: string | null };
export type Latest = { value: number; at: string; received_at: string; source: string; doubt: string | null; beside?: string | null };
export type Charted = { fact: string; at: string; values: Record<string, number>; note: string };
export type Due = { what: string; signal: string; at: string; overdue: boolean; every_s?: number };
export type State = {
  baseline?: Record<string, number>;
  phase: string; chair: string; last_number: number; plan: Plan | null; infusion: Infusion | null; doses: Doses | null; emergencies?: Emergencies;
  gates: Record<string, Gate>; findings: Finding[]; events: Event_[]; latest: Record<string, Latest>;
  checklists: Record<string, Item[]>; drug: { withdrawn_ug: number; given_ug: number; wasted_ug: number; tray_ug: number };
  devices: { device_id: string; kind: string; since: string }[]; due: Due[]; contradictions: string[];
  manual: Charted[]; reader: string; now: string; sound: Sound;
  calls: { finding_id: string; open: boolean; told: { at: string; names: string[] }[]; messages?: { at: string; name: string; channel: string; outcome: string; why: string }[]; answer: Answered | null; next_at: string | null }[];
};

export type Threshold = { value: number; compare: string };
export type Ages = Record<string, { old: Threshold; stale: Threshold }>;
/** Every limit of an alarm, for the colour of a number: `against` a baseline, in its unit or in per cent of it. */
export type Bounds = Record<string, { priority: string; compare: string; value: number; against: string }[]>;
export type Limits = Record<string, { low?: number; high?: number }>;
export type Instrument = { title: string; items: { number: number; label: string; text: string; choices: [number, string][] }[] };
export type ChartItem = {
  item: string; label: string; by: string; signals?: string[]; phrases?: string[]; then?: string[]; hint?: string;
  devices?: string[]; flows?: number[];
};
export type Rescue = { medicine: string; dose: string; route: string; typical: string; for: string };
export type Banner = {
  path: string; family: string; given: string; born: string; age: string; gender: string; mrn: string; clinical: boolean;
  allergies: { state: string; heading: string; names: string; updated: string } | null;
  weight: string; weight_on: string; session: string; escort: string;
};
export type Vial = { id: string; drug: string; lot: string; expiry: string; concentration_ug_per_ml: number; left_ul: number; form: string; unit_ug: number; left_units: number };
export type Page = {
  session: string; person: string; user: { id: string; name: string }; banner: Banner; idle_s: number; may: Record<string, boolean>; limits: Limits; bounds?: Bounds; ages: Ages; presentation: Record<string, Presentation>;
  instruments: Record<string, Instrument>; rescue: Rescue[]; emergencies: Record<string, Card>; charting: { items: ChartItem[]; order: Record<string, string[]> }; vials: Vial[]; waste_reasons: string[];
  wishes?: { title: string; text: string; by: string; on: string }[];
};

export type Point = { at: number; value: number; manual: boolean };
export type Doubted = { at: number; signal: string; value: number; why: string };
export type Newest = { value: number; receivedMs: number; atMs: number; doubt: string; manual?: boolean; beside?: string };
export type Tile = {
  session: string; path: string; initials: string; chair: string; nurse: string; phase: string; infusion: Infusion | null;
  due: Due | null; pressure: { systolic: number; diastolic: number; received_at: string; doubt: string | null } | null;
  alarm: { priority: string; nature: string; signal: string; summary: string; raised_at: string; acknowledged_at: string | null; latched: boolean; count: number } | null;
  doses: Doses | null; sound: Sound; call: { names: string[]; told_at: string; answer: Answered | null } | null;
};
export type Sound = { priority: string; nature: string; finding_id: string | null; paused_until: string | null };
export type Answered = { answer: string; by: string; at: string };
export type Presentation = { marks: string; word: string; tones: number; bursts: number; every_s: number; pause_s: number };
