/** Measure from a moment until the frame that shows what was done has been painted. */
export function measurePaint(name: string, start: number): void {
  requestAnimationFrame(() => {
    // A task posted in a frame runs after that frame was painted.
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      performance.measure(name, { start, end: performance.now() });
    };
    channel.port2.postMessage(null);
  });
}
