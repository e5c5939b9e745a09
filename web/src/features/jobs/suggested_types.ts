/** What the simulated worker of a development server runs: Fast Task takes two seconds, the others five. */
export const SUGGESTED_TYPES = ["Fast Task", "Slow Task", "Send Email", "Render Video"];
