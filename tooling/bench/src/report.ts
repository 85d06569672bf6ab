export function drawReport(): void {
  console.log('not yet');
}
