/** RFC 3339 with microseconds, as the collector writes it. @param {number} ms */
export const instant = (ms) => new Date(ms).toISOString().replace('Z', '000Z');
