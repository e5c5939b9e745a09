export const PASSWORD_LENGTH_MIN = 8;
export const PASSWORD_HINT = `At least ${PASSWORD_LENGTH_MIN} characters. A few unrelated words are easy to remember and hard to guess.`;

/** Only what is certainly wrong; the server decides about everything else and says why. */
export function emailProblem(email: string): string | null {
  if (email.trim() === "") return "Enter your email address";
  return /^[^\s@]+@[^\s@]+$/.test(email.trim())
    ? null
    : "This is not an email address, such as ada@example.com";
}

export function newPasswordProblem(password: string): string | null {
  const length = [...password].length;
  if (length === 0) return "Choose a password";
  return length < PASSWORD_LENGTH_MIN ? `${length} of at least ${PASSWORD_LENGTH_MIN} characters` : null;
}
