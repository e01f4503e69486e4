/** Passes a text on unless another was passed on within the time before. */
export function atMostOncePer(
  milliseconds: number,
  onNote: (text: string) => void,
): (text: string) => void {
  let quietUntil = 0;
  return (text) => {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + milliseconds;
    onNote(text);
  };
}
