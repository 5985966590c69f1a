import { cornerOf, type Plan } from '../../lib/cells';
import type { Standing } from '../../lib/search/posture';
import type { Group } from './groups';

const TOKEN: Record<Standing, string> = {
  failing: '--cell-fail',
  warning: '--cell-warn',
  waived: '--cell-exception',
  silent: '--cell-stale',
  unknown: '--cell-unknown',
  passing: '--cell-pass',
};
/** Smaller cells have no room for a shape. */
const SHAPED_PX = 5;

/** Draws every cell: a colour, and from some pixels on a shape, for those who do not see the colour. */
export function paint(canvas: HTMLCanvasElement, groups: readonly Group[], plan: Plan, width: number): void {
  const scale = devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = plan.height * scale;
  const pen = canvas.getContext('2d');
  if (!pen) return;
  pen.scale(scale, scale);
  const look = getComputedStyle(document.documentElement);
  const token = (name: string) => look.getPropertyValue(name).trim();
  const colours = Object.fromEntries(
    Object.entries(TOKEN).map(([standing, name]) => [standing, token(name)]),
  ) as Record<Standing, string>;
  const ground = token('--surface');
  const side = plan.size - (plan.size >= 4 ? 1 : 0);
  for (const [index, block] of plan.blocks.entries()) {
    for (const [number, { standing }] of (groups[index]?.cells ?? []).entries()) {
      const { x, y } = cornerOf(block, number, plan.size);
      pen.fillStyle = colours[standing];
      pen.fillRect(x, y, side, side);
      if (side < SHAPED_PX) continue;
      pen.fillStyle = ground;
      shape(pen, standing, x, y, side);
    }
  }
}

function shape(pen: CanvasRenderingContext2D, standing: Standing, x: number, y: number, side: number): void {
  const third = side / 3;
  if (standing === 'failing') pen.fillRect(x + third, y + third, third, third);
  else if (standing === 'silent') pen.fillRect(x, y + side * 0.4, side, Math.max(1, side * 0.2));
  else if (standing === 'warning') {
    pen.beginPath();
    pen.moveTo(x + side, y);
    pen.lineTo(x + side, y + side / 2);
    pen.lineTo(x + side / 2, y);
    pen.fill();
  }
}
