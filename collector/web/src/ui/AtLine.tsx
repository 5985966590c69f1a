import { placeIn } from '../lib/place';

/** What is wrong with an expression, below the line where it is. */
export function AtLine({ source, message }: { source: string; message: string }) {
  const place = placeIn(message);
  const line = place && source.split('\n')[place.line - 1];
  return (
    <div className="at-line" role="alert">
      {place && line !== undefined && line !== null && (
        <pre className="mono" aria-hidden="true">
          <span className="muted">{place.line} </span>
          {line}
          {'\n'}
          {' '.repeat(String(place.line).length + place.column)}^
        </pre>
      )}
      <p className="error">{message}</p>
    </div>
  );
}
