import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { getRouteApi, Link } from "@tanstack/react-router";
import { session } from "@/lib/client";
import { useStore } from "@/lib/store";
import { PasswordField } from "@/ui/password_field";
import { signIn } from "./api";
import { AuthCard } from "./auth_card";
import classes from "./auth_card.module.css";
import { Note } from "./note";
import { ProblemNote } from "./problem_note";
import { emailProblem } from "./rules";
import { useSubmission } from "./submission";

const route = getRouteApi("/sign-in");

export function SignInPage() {
  const search = route.useSearch();
  const state = useStore(session.state);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: search.email ?? "", password: "" },
    validate: {
      email: emailProblem,
      password: (password) => (password === "" ? "Enter your password" : null),
    },
  });
  const submission = useSubmission(form, ["email", "password"]);
  const submit = (values: typeof form.values) =>
    submission.run(() => signIn({ email: values.email.trim(), password: values.password }));
  const unverified = submission.problem?.code === "email_not_verified";

  return (
    <AuthCard
      title="Sign in to Taskgate"
      footer={
        <span>
          New here?{" "}
          <Link to="/sign-up" className={classes.link}>
            Create an account
          </Link>
        </span>
      }
    >
      <form className={classes.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        {state.status === "signed-out" && state.why === "ended" && !submission.problem && (
          <Note>Your session has ended. Sign in again to go on.</Note>
        )}
        {search.done === "verified" && <Note good>Your address is confirmed. You can sign in now.</Note>}
        {search.done === "reset" && <Note good>Your new password is set. Sign in with it.</Note>}
        <ProblemNote problem={submission.problem} />
        {unverified && (
          <Link to="/check-mail" search={{ email: form.getValues().email.trim() }} className={classes.link}>
            Send the verification link again
          </Link>
        )}
        <TextInput
          label="Email"
          type="email"
          autoComplete="username"
          inputMode="email"
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <PasswordField
          label="Password"
          autoComplete="current-password"
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <Link to="/forgot" className={`${classes.link} ${classes.aside}`}>
          Forgot it?
        </Link>
        <Button type="submit" loading={submission.busy} fullWidth>
          Sign in
        </Button>
      </form>
    </AuthCard>
  );
}
