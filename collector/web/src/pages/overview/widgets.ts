import type { ComponentType } from 'react';
import type { WidgetId } from '../../lib/layout';
import { AlertsWidget } from './AlertsWidget';
import { DriftWidget } from './DriftWidget';
import { FailingWidget } from './FailingWidget';
import { ScoreWidget } from './ScoreWidget';
import { SilentWidget } from './SilentWidget';
import { WaiversWidget } from './WaiversWidget';
import { WorstWidget } from './WorstWidget';

export const WIDGET: Record<WidgetId, ComponentType> = {
  score: ScoreWidget,
  silent: SilentWidget,
  alerts: AlertsWidget,
  drift: DriftWidget,
  waivers: WaiversWidget,
  failing: FailingWidget,
  worst: WorstWidget,
};

/** Who may not read what is in it does not see the part. */
export const PERMISSION: Record<WidgetId, string> = {
  score: 'results.read',
  silent: 'results.read',
  alerts: 'alerts.read',
  drift: 'drift.read',
  waivers: 'waivers.read',
  failing: 'results.read',
  worst: 'results.read',
};

/** What the API can tell as of another instant. */
export const HAS_PAST: ReadonlySet<WidgetId> = new Set<WidgetId>(['score', 'silent', 'failing', 'worst']);
