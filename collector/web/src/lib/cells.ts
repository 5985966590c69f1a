/** Where the cells of a map of hosts are: groups as blocks on shelves, every cell of one size. */

export type Block = { x: number; y: number; width: number; height: number; per: number; count: number };
export type Plan = { size: number; height: number; blocks: Block[] };

/** Pixels of a cell, the gap included; the largest with which all of them fit is taken. */
const SIZES = [24, 20, 16, 13, 10, 8, 6, 5, 4, 3];
const MOST_HEIGHT = 560;
export const HEAD = 22;
const GAP = 14;
/** A group's name needs some room, however few hosts it has. */
const LEAST_WIDTH = 190;
/** Blocks are this much wider than high, where they may be. */
const ASPECT = 2.5;

export function planCells(counts: readonly number[], width: number): Plan {
  for (const size of SIZES) {
    const plan = shelve(counts, width, size);
    if (plan.height <= MOST_HEIGHT || size === SIZES.at(-1)) return plan;
  }
  return { size: 0, height: 0, blocks: [] };
}

function shelve(counts: readonly number[], width: number, size: number): Plan {
  const blocks: Block[] = [];
  const most = Math.max(1, Math.floor(width / size));
  let [x, y, shelf] = [0, 0, 0];
  for (const count of counts) {
    const wanted = Math.max(Math.ceil(Math.sqrt(count * ASPECT)), Math.floor(LEAST_WIDTH / size));
    const per = Math.max(1, Math.min(most, wanted));
    const block = {
      width: Math.min(width, Math.max(per * size, LEAST_WIDTH)),
      height: HEAD + Math.ceil(count / per) * size,
    };
    if (x > 0 && x + block.width > width) [x, y, shelf] = [0, y + shelf + GAP, 0];
    blocks.push({ x, y, ...block, per, count });
    x += block.width + GAP;
    shelf = Math.max(shelf, block.height);
  }
  return { size, height: y + shelf, blocks };
}

/** The corner of a cell of a block. */
export const cornerOf = (block: Block, cell: number, size: number): { x: number; y: number } => ({
  x: block.x + (cell % block.per) * size,
  y: block.y + HEAD + Math.floor(cell / block.per) * size,
});

/** Which cell is at a point: the block's number and the cell's in it. */
export function cellAt({ blocks, size }: Plan, x: number, y: number): { block: number; cell: number } | null {
  const index = blocks.findIndex(
    (block) =>
      x >= block.x && x < block.x + block.per * size && y >= block.y + HEAD && y < block.y + block.height,
  );
  const block = blocks[index];
  if (!block) return null;
  const cell = Math.floor((y - block.y - HEAD) / size) * block.per + Math.floor((x - block.x) / size);
  return cell < block.count ? { block: index, cell } : null;
}
