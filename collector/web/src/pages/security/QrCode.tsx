/** Modules that stay light on each side, without which scanners do not find a code. */
const MARGIN = 4;

/** A QR code: dark on light in both themes, as scanners want it. */
export function QrCode({ size, path, label }: { size: number; path: string; label: string }) {
  const width = size + 2 * MARGIN;
  return (
    <svg
      className="qr"
      role="img"
      aria-label={label}
      viewBox={`${-MARGIN} ${-MARGIN} ${width} ${width}`}
      shapeRendering="crispEdges"
    >
      <rect x={-MARGIN} y={-MARGIN} width={width} height={width} />
      <path d={path} />
    </svg>
  );
}
