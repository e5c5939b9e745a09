import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { usePrefetchQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { systemInfoQuery } from "@/lib/system_info";
import { PasswordField } from "@/ui/password_field";
import { signUp } from "./api";
import { AuthCard } from "./auth_card";
import classes from "./auth_card.module.css";
import { ProblemNote } from "./problem_note";
import { emailProblem, newPasswordProblem, PASSWORD_HINT } from "./rules";
import { useSubmission } from "./submission";

export function SignUpPage() {
  const navigate = useNavigate();
  // The next page says where the link is.
  usePrefetchQuery(systemInfoQuery);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "" },
    validate: { email: emailProblem, password: newPasswordProblem },
  });
  const submission = useSubmission(form, ["email", "password"]);
  const submit = (values: typeof form.values) =>
    submission.run(async () => {
      const email = values.email.trim();
      await signUp({ email, password: values.password });
      await navigate({ to: "/check-mail", search: { email } });
    });

  return (
    <AuthCard
      title="Create your account"
      lead="Submit jobs, watch them run, and talk to the others."
      footer={
        <span>
          Already have an account?{" "}
          <Link to="/sign-in" className={classes.link}>
            Sign in
          </Link>
        </span>
      }
    >
      <form className={classes.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        <ProblemNote problem={submission.problem} />
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
          description={PASSWORD_HINT}
          autoComplete="new-password"
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <Button type="submit" loading={submission.busy} fullWidth>
          Sign up
        </Button>
      </form>
    </AuthCard>
  );
}
