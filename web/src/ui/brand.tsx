import classes from "./brand.module.css";

export function Brand() {
  return (
    <span className={classes.brand}>
      <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" fill="#4a55d6" />
        <path d="M8 10.5h16M16 10.5v12" stroke="#fff" strokeWidth="3.4" strokeLinecap="round" fill="none" />
        <circle cx="23" cy="21.5" r="2.6" fill="#9ef0c4" />
      </svg>
      Taskgate
    </span>
  );
}
