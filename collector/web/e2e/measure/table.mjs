// Figures beside their budgets, as a table that can be put into a document as it is.

const HEADS = ['budget', 'figure', 'measured', 'of'];

export class Figures {
  #rows = [];

  /** A figure, and the most that it may be; one without a budget is there to explain the others. */
  add(name, value, unit, budget) {
    const held = budget === undefined ? '-' : value <= budget ? 'held' : 'above';
    const of = budget === undefined ? '-' : `${budget} ${unit}`;
    this.#rows.push([held, name, `${rounded(value)} ${unit}`.trim(), of]);
    // Also told when what follows takes long, or fails.
    console.log(`${held.padEnd(5)} ${name}: ${rounded(value)} ${unit} (of ${of})`);
  }

  /** A part that ended before its time. */
  missed(name, error) {
    const [why] = String(error?.message ?? error).split('\n');
    this.#rows.push(['none', name, why, '-']);
    console.log(`none  ${name}: ${why}`);
  }

  print() {
    const rows = [HEADS, HEADS.map(() => '---'), ...this.#rows];
    const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    console.log('');
    for (const row of rows)
      console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`);
  }
}

const rounded = (value) => (Number.isInteger(value) ? value : Number(value.toPrecision(3)));
