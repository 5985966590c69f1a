import { describe, expect, it } from 'vitest';
import { cellAt, cornerOf, planCells } from './cells';

describe('planCells', () => {
  it.each([
    [[300, 1], 1100],
    [[100, 100, 100, 1], 340],
    [[50_000, 7, 3], 1100],
    [Array.from({ length: 40 }, () => 5), 700],
  ])('keeps every block within the width, and none over another: %#', (counts, width) => {
    const { blocks, height } = planCells(counts, width);
    for (const [index, a] of blocks.entries()) {
      expect(a.x + a.width).toBeLessThanOrEqual(width);
      expect(a.y + a.height).toBeLessThanOrEqual(height);
      for (const b of blocks.slice(index + 1)) {
        const apart =
          a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart).toBe(true);
      }
    }
  });
  it('draws a small fleet large, and a large one as high as a screen', () => {
    expect(planCells([20], 1100).size).toBe(24);
    expect(planCells([20_000], 1100).height).toBeLessThanOrEqual(560);
  });
});

describe('cellAt', () => {
  const plan = planCells([30, 3], 800);
  it('finds each cell where it is drawn', () => {
    for (const [index, block] of plan.blocks.entries()) {
      for (let cell = 0; cell < block.count; cell += 1) {
        const { x, y } = cornerOf(block, cell, plan.size);
        expect(cellAt(plan, x + 1, y + 1)).toEqual({ block: index, cell });
      }
    }
  });
  it('finds none on a name, or beside', () => {
    expect(cellAt(plan, 1, 1)).toBeNull();
    expect(cellAt(plan, 799, 400)).toBeNull();
  });
});
