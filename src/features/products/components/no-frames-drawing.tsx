/** An empty tray for frames; the words beside it say what it is. */
export function NoFramesDrawing() {
  return (
    <svg
      viewBox="0 0 120 80"
      width={120}
      height={80}
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d="M16 30h88l6 36H10z" />
      <path d="M20 48h80" opacity={0.4} />
      <g strokeDasharray="3 4" opacity={0.6}>
        <circle cx="46" cy="18" r="10" />
        <circle cx="74" cy="18" r="10" />
        <path d="M56 15q4-3 8 0" />
      </g>
      <path d="M52 57h16" className="text-accent" stroke="currentColor" />
    </svg>
  );
}
