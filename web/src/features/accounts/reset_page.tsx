import { Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { PasswordField } from "@/ui/password_field";
import { resetPassword } from "./api";
import { AuthCard } from "./auth_card";
import classes from "./auth_card.module.css";
import { ProblemNote } from "./problem_note";
import { newPasswordProblem, PASSWORD_HINT } from "./rules";
import { useSubmission } from "./submission";

const route = getRouteApi("/reset/$token");

export function ResetPage() {
  const { token } = route.useParams();
  const navigate = useNavigate();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { password: "" },
    validate: { password: newPasswordProblem },
  });
  const submission = useSubmission(form, ["password"]);
  const submit = (values: typeof form.values) =>
    submission.run(async () => {
      await resetPassword(token, values.password);
      await navigate({ to: "/sign-in", search: { done: "reset" } });
    });

  return (
    <AuthCard
      title="Set a new password"
      lead="All devices that are signed in to your account are signed out."
      footer={
        <Link to="/forgot" className={classes.link}>
          Ask for a new link
        </Link>
      }
    >
      <form className={classes.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        <ProblemNote problem={submission.problem} />
        <PasswordField
          label="New password"
          description={PASSWORD_HINT}
          autoComplete="new-password"
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <Button type="submit" loading={submission.busy} fullWidth>
          Set new password
        </Button>
      </form>
    </AuthCard>
  );
}
