/** A time as MicroTime: RFC 3339 in UTC with exactly six digits, which is the only form that the API server reads (apimachinery, MicroTime). */
export function toMicroTime(wallMs: number): string {
  const micros = Math.round((wallMs - Math.floor(wallMs)) * 1000);
  const whole = new Date(Math.floor(wallMs)).toISOString();
  return `${whole.slice(0, -1)}${String(Math.min(micros, 999)).padStart(3, '0')}Z`;
}

/** A time as Time: RFC 3339 in UTC, whole seconds. */
export function toTime(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}
